"""Settings of the inpainting lab, with the lesson's values as defaults."""

from typing import Any, ClassVar, Literal, Self

from pydantic import Field

from core.runs.settings import Picture, Prompt, SavingSettings, Seed, is_asked_twice, settled_picture


class Settings(SavingSettings):
    model: Literal["sdxl-inpainting"] = "sdxl-inpainting"
    detector: Literal["yolov8n-seg"] = "yolov8n-seg"
    repeats: int = Field(default=1, ge=1, le=5)
    picture: Picture = "shipped"
    region: Literal["box", "mask"] = "box"
    """What of the found object is painted over: its bounding box, or its outline."""
    prompt: Prompt = (
        "A cute, fluffy, playful cartoon cat, vibrant colors, Pixar style, highly detailed, professional digital art"
    )
    negative_prompt: str = Field(
        default="blurry, ugly, deformed, text, watermark, bad anatomy, poorly drawn, disfigured, poor quality",
        max_length=1000,
    )
    num_inference_steps: int = Field(default=50, ge=2, le=150)
    guidance_scale: float = Field(default=7.5, ge=0, le=200)
    height: int | None = Field(default=None, ge=64, le=1024, multiple_of=8)
    width: int | None = Field(default=None, ge=64, le=1024, multiple_of=8)
    seed: Seed | None = None
    previews: bool = False
    """Show the picture while it forms. Costs time, so such a run measures none."""

    cost_nothing: ClassVar[frozenset[str]] = frozenset(("picture", "prompt", "negative_prompt", "seed"))

    def workload(self) -> dict[str, Any]:
        return super().workload() | {"guidance_scale": is_asked_twice(self.guidance_scale)}

    @property
    def loaded(self) -> tuple[str, ...]:
        return self.detector, self.model

    @property
    def is_slow_on_cpu(self) -> bool:
        return True

    def settled(self) -> Self:
        return self.model_copy(update={"picture": settled_picture(self.picture, self.source)})
