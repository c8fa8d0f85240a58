"""Settings of the memory savers' lab, and what there is to choose from: name, title, and what each one needs."""

from typing import Annotated, ClassVar, Literal, Self, get_args

from pydantic import AfterValidator, Field

from core.runs.settings import ModelSettings, Prompt, Seed

Saver = Literal[
    "plain",
    "half_precision",
    "vae_tiling",
    "vae_slicing",
    "attention_slicing",
    "int8_unet",
    "model_offload",
    "group_offload",
    "sequential_offload",
    "together",
]
BASELINE: Saver = "plain"
"""What the others are compared with, so it is measured in every run, and first."""
TITLES: dict[Saver, str] = {
    "plain": "nothing saved",
    "half_precision": "half precision",
    "vae_tiling": "VAE tiling",
    "vae_slicing": "VAE slicing",
    "attention_slicing": "attention slicing",
    "int8_unet": "UNet in int8",
    "model_offload": "model offload",
    "group_offload": "group offload",
    "sequential_offload": "sequential offload",
    "together": "half, tiling, slicing",
}
OFFLOADS: frozenset[Saver] = frozenset(("model_offload", "group_offload", "sequential_offload"))
SIDES = (64, 128, 192, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 2048)
"""What is tried to find the largest picture, in pixels."""
SIDE, TWIN_SIDE = 512, 256
"""Of a picture; the twin's is twice its own, as with fewer pixels the libraries' own needs hide what a saver saves."""
STEPS, STEPS_TWIN, STEPS_FULL_SIZE_ON_CPU = 20, 4, 1


def _in_order(chosen: tuple[Saver, ...]) -> tuple[Saver, ...]:
    """Each once, in the order of the table above, with the baseline."""
    return tuple(name for name in TITLES if name in (BASELINE, *chosen))


class Settings(ModelSettings):
    model: Literal["stable-diffusion-1.5"] = "stable-diffusion-1.5"
    dtype: Literal["float32"] = "float32"
    """Not a choice here: what the plain program computes in. Half precision is one of the savers."""
    savers: Annotated[tuple[Saver, ...], Field(max_length=len(TITLES)), AfterValidator(_in_order)] = get_args(Saver)
    prompt: Prompt = "A futuristic city skyline at sunset, digital art"
    pictures: int = Field(default=2, ge=1, le=8)
    """Drawn in one call."""
    side: int | None = Field(default=None, ge=64, le=2048, multiple_of=64)
    """Height and width in pixels; None is 512, or 256 for the small twin."""
    num_inference_steps: int | None = Field(default=None, ge=1, le=150)
    """None is 20, 4 for the small twin, 1 for the full size on a CPU."""
    seed: Seed = 7
    repeats: int = Field(default=2, ge=2, le=10)
    """Of every saver; the first of each is cold."""
    memory_limit_gib: float | None = Field(default=None, ge=0.05, le=1024)
    """What the run may add to the memory in use: plays a smaller machine, and finds the largest picture in it."""

    cost_nothing: ClassVar[frozenset[str]] = frozenset(("prompt", "seed"))

    @property
    def is_slow_on_cpu(self) -> bool:
        return True

    def settled(self) -> Self:
        """With size and steps, once source and device are known."""
        is_twin = self.source == "embedded"
        steps = STEPS_TWIN if is_twin else STEPS_FULL_SIZE_ON_CPU if self.device == "cpu" else STEPS
        return self.model_copy(
            update={
                "side": self.side or (TWIN_SIDE if is_twin else SIDE),
                "num_inference_steps": self.num_inference_steps or steps,
            }
        )
