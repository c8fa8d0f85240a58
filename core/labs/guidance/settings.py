"""Settings of the guidance lab. No torch here."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field

from core.runs.settings import ModelSettings, Prompt, Seed

Scale = Annotated[float, Field(ge=0, le=200)]
STEPS, STEPS_TWIN, STEPS_FULL_SIZE_ON_CPU = 20, 15, 1
SIDE, SIDE_FULL_SIZE_ON_CPU, TWIN_SIDE = 512, 256, 128


class Settings(ModelSettings):
    model: Literal["stable-diffusion-1.5"] = "stable-diffusion-1.5"
    repeats: int = Field(default=3, ge=1, le=20)
    """Of the loop with both predictions and of the one with a single one, in turn; the first of each is cold."""
    prompt: Prompt = "A calm sea at sunset with a sailing boat, digital art"
    guidance_scale: Scale = 7.5
    scales: Annotated[tuple[Scale, ...], Field(max_length=8)] = (0, 1, 7.5, 20, 100)
    """One picture each, from the same noise."""
    looks: int = Field(default=4, ge=0, le=8)
    """At how many steps both predictions are shown; with 0 the attention is left out as well."""
    num_inference_steps: int | None = Field(default=None, ge=1, le=150)
    """None is 20, 15 for the small twin, 1 for the full size on a CPU."""
    side: int | None = Field(default=None, ge=64, le=1024, multiple_of=64)
    """Height and width in pixels; None is 512, 256 for the full size on a CPU, 128 for the small twin."""
    seed: Seed = 7

    cost_nothing: ClassVar[frozenset[str]] = frozenset(("prompt", "seed", "guidance_scale"))

    @property
    def is_slow_on_cpu(self) -> bool:
        return True

    def workload(self) -> dict[str, Any]:
        """Of the scales only how many pictures they make."""
        return super().workload() | {"scales": len(self.drawn())}

    def drawn(self) -> tuple[float, ...]:
        """The scales of all pictures of the run, from low to high."""
        return tuple(sorted({self.guidance_scale, *self.scales}))

    def settled(self) -> Self:
        """With size and steps, once source and device are known."""
        if self.source == "embedded":
            side, steps = TWIN_SIDE, STEPS_TWIN
        elif self.device == "cpu":
            side, steps = SIDE_FULL_SIZE_ON_CPU, STEPS_FULL_SIZE_ON_CPU
        else:
            side, steps = SIDE, STEPS
        return self.model_copy(
            update={"side": self.side or side, "num_inference_steps": self.num_inference_steps or steps}
        )
