"""Settings of the inpainting lab, with the lesson's values as defaults."""

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from core.runs.settings import UNFINISHED, Picture, Prompt, SavingSettings, Seed, is_asked_twice, settled_picture

CELLS = 64 * 64
"""Of the grid that a region is painted on; tests compare it with the program's."""
MOST_CHARACTERS = 2 * CELLS
"""What a chessboard takes, the longest there is."""
TO_PAINT = "Paint over what is to be replaced, or let the detector find it."


class Settings(SavingSettings):
    model: Literal["sdxl-inpainting"] = "sdxl-inpainting"
    detector: Literal["yolov8n-seg"] = "yolov8n-seg"
    repeats: int = Field(default=1, ge=1, le=5)
    picture: Picture = "shipped"
    region: Literal["box", "mask", "painted"] = "box"
    """What is painted over: a found object's bounding box or its outline, or what somebody painted by hand."""
    painted: str = Field(default="", max_length=MOST_CHARACTERS)
    """The region painted by hand, on a grid of 64 x 64 cells: row by row, how many are not painted, how many are, …"""
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

    cost_nothing: ClassVar[frozenset[str]] = frozenset(("picture", "painted", "prompt", "negative_prompt", "seed"))

    @model_validator(mode="after")
    def _something_is_painted(self) -> Self:
        if self.region != "painted":
            return self
        runs = self.painted.split()
        if not runs:
            raise PydanticCustomError(UNFINISHED, "No region is there yet.", {"remedy": TO_PAINT})
        if wrong := [run for run in runs if not (run.isascii() and run.isdigit())]:
            raise ValueError(f"painted holds {wrong[0][:20]!r}, where only whole numbers can stand")
        if (found := sum(int(run[:9]) for run in runs)) != CELLS:
            raise ValueError(f"painted says something of {found:,} cells, and the grid has {CELLS:,}")
        if not any(int(run) for run in runs[1::2]):
            raise PydanticCustomError(UNFINISHED, "What you painted is empty.", {"remedy": TO_PAINT})
        return self

    def workload(self) -> dict[str, Any]:
        return super().workload() | {"guidance_scale": is_asked_twice(self.guidance_scale)}

    @property
    def loaded(self) -> tuple[str, ...]:
        return (self.model,) if self.region == "painted" else (self.detector, self.model)

    @property
    def is_slow_on_cpu(self) -> bool:
        return True

    def settled(self) -> Self:
        return self.model_copy(update={"picture": settled_picture(self.picture, self.source)})
