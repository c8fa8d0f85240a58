"""Settings of the picture lab, with the lesson's values as defaults."""

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, ValidationError, model_validator

from core.runs.settings import ModelSettings, Prompt, Seed, is_asked_twice

NUM_INFERENCE_STEPS = (1, 150)
GUIDANCE_SCALE = (0.0, 200.0)


class Settings(ModelSettings):
    model: Literal["stable-diffusion-1.5"] = "stable-diffusion-1.5"
    repeats: int = Field(default=1, ge=1, le=20)
    prompt: Prompt = "A futuristic city skyline at sunset, digital art"
    negative_prompt: str = Field(default="", max_length=1000)
    num_inference_steps: int = Field(default=50, ge=NUM_INFERENCE_STEPS[0], le=NUM_INFERENCE_STEPS[1])
    guidance_scale: float = Field(default=7.5, ge=GUIDANCE_SCALE[0], le=GUIDANCE_SCALE[1])
    height: int | None = Field(default=None, ge=64, le=1024, multiple_of=8)
    """Pixels; None is the model's own size (512, or 64 for the embedded twin)."""
    width: int | None = Field(default=None, ge=64, le=1024, multiple_of=8)
    seed: Seed | None = None
    previews: bool = False
    """Show the picture while it forms. Costs time, so such a run measures none."""
    sweep: Literal["seed", "num_inference_steps", "guidance_scale"] | None = None
    """What changes from picture to picture; None repeats the same settings `repeats` times."""
    sweep_values: tuple[float, ...] = Field(default=(), max_length=12)

    cost_nothing: ClassVar[frozenset[str]] = frozenset(("prompt", "negative_prompt", "seed"))

    @model_validator(mode="after")
    def _sweep_is_whole(self) -> Self:
        if (self.sweep is None) != (not self.sweep_values):
            raise ValueError("set both sweep (what changes) and sweep_values (its values), or neither of them")
        for value in self.sweep_values:
            try:
                self.model_validate(self.variant(value))
            except ValidationError as error:
                raise ValueError(f"{self.sweep} cannot be {value:g}: {error.errors()[0]['msg']}") from error
        return self

    def workload(self) -> dict[str, Any]:
        """Of the seeds only how many, of a guidance scale only whether it asks twice."""
        swept: dict[str, Any] = {}
        if self.sweep == "seed":
            swept = {"sweep_values": len(self.sweep_values)}
        if self.sweep == "guidance_scale":
            swept = {"sweep_values": [is_asked_twice(value) for value in self.sweep_values]}
        return super().workload() | {"guidance_scale": is_asked_twice(self.guidance_scale)} | swept

    @property
    def is_slow_on_cpu(self) -> bool:
        return True

    def variant(self, value: float) -> dict[str, object]:
        """The settings of one picture of the sweep, as a dict without the sweep itself."""
        whole = value if self.sweep == "guidance_scale" else int(value) if value == int(value) else value
        return {**self.model_dump(), "sweep": None, "sweep_values": (), str(self.sweep): whole}
