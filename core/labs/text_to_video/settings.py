"""Settings of the lab on moving pictures. No torch here."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field

from core.runs.settings import ModelSettings, Prompt, Seed, is_asked_twice

MOTION = "animatediff-motion-adapter-v1-5-2"
MOST_FRAMES = 32
"""As many as the motion modules have places for."""
FRAMES: tuple[int, ...] = (1, 4, 16)
FRAMES_TWIN, FRAMES_FULL_SIZE_ON_CPU = (1, 4, 8), (1, 8)
STEPS, STEPS_TWIN, STEPS_FULL_SIZE_ON_CPU = 25, 10, 2
SIDE, SIDE_FULL_SIZE_ON_CPU, TWIN_SIDE = 512, 256, 128
Frames = Annotated[int, Field(ge=1, le=MOST_FRAMES)]
Films = Annotated[
    tuple[Frames, ...],
    Field(max_length=8),
    AfterValidator(lambda counts: tuple(sorted(set(counts)))),
]
"""Numbers of frames, each once, from few to many."""


class Settings(ModelSettings):
    model: Literal["stable-diffusion-1.5"] = "stable-diffusion-1.5"
    repeats: Literal[1] = 1
    prompt: Prompt = "A sea by day with a boat, digital art"
    negative_prompt: str = Field(default="", max_length=1000)
    num_frames: Films = ()
    """Clips of so many frames. The longest is drawn once more without the motion modules.

    None named is 1, 4 and 16; 1, 4 and 8 for the small twin; 1 and 8 for the full size on a CPU.
    """
    num_inference_steps: int | None = Field(default=None, ge=2, le=150)
    """None is 25, 10 for the small twin, 2 for the full size on a CPU."""
    guidance_scale: float = Field(default=7.5, ge=0, le=200)
    side: int | None = Field(default=None, ge=64, le=1024, multiple_of=64)
    """Height and width in pixels; None is 512, 256 for the full size on a CPU, 128 for the small twin."""
    seed: Seed = 7

    cost_nothing: ClassVar[frozenset[str]] = frozenset(("prompt", "negative_prompt", "seed"))
    not_loaded: ClassVar[frozenset[str]] = frozenset(("safety_checker",))

    @property
    def loaded(self) -> tuple[str, ...]:
        """The motion modules, then what they stand in."""
        return (MOTION, self.model)

    @property
    def is_slow_on_cpu(self) -> bool:
        return True

    def workload(self) -> dict[str, Any]:
        return super().workload() | {"guidance_scale": is_asked_twice(self.guidance_scale)}

    def settled(self) -> Self:
        """With frames, steps and size, once source and device are known."""
        frames, steps, side = FRAMES, STEPS, SIDE
        if self.source == "embedded":
            frames, steps, side = FRAMES_TWIN, STEPS_TWIN, TWIN_SIDE
        elif self.device == "cpu":
            frames, steps, side = FRAMES_FULL_SIZE_ON_CPU, STEPS_FULL_SIZE_ON_CPU, SIDE_FULL_SIZE_ON_CPU
        return self.model_copy(
            update={
                "num_frames": self.num_frames or frames,
                "num_inference_steps": self.num_inference_steps or steps,
                "side": self.side or side,
            }
        )
