"""Settings of the noise lab, and what there is to choose from: the ways from noise to a picture."""

from typing import Annotated, ClassVar, Literal, Self, get_args

from pydantic import AfterValidator, Field, model_validator

from core.runs.settings import ModelSettings, Picture, Seed, settled_picture

Way = Literal["ddpm", "no_noise"]
TITLES: dict[Way, str] = {
    "ddpm": "DDPM",
    "no_noise": "DDPM without σ",
}
STEPS, TWIN_STEPS = 1000, 512
"""Of the schedule that a network was trained with: the paper's, and our own."""
Steps = Annotated[int, Field(ge=1, le=TWIN_STEPS)]


def _in_order(chosen: tuple[Way, ...]) -> tuple[Way, ...]:
    """Each once, in the order of the table above."""
    return tuple(name for name in TITLES if name in chosen)


class Settings(ModelSettings):
    model: Literal["ddpm-cifar10-32"] = "ddpm-cifar10-32"
    dtype: Literal["float32"] = "float32"
    """Not a choice here: hundreds of small steps add up, and the network is small."""
    repeats: Literal[1] = 1
    """Of every way."""
    ways: Annotated[tuple[Way, ...], Field(max_length=len(get_args(Way))), AfterValidator(_in_order)] = ("ddpm",)
    """Ways that take every step of the schedule."""
    ddim_steps: tuple[Steps, ...] = Field(default=(10, 50), max_length=6)
    """The same network by DDIM, once with each of these numbers of steps."""
    pictures: int = Field(default=2, ge=1, le=16)
    """Drawn at once, in every way from the same noise."""
    seed: Seed = 7
    picture: Picture = "shipped"
    """What is turned into noise, at the network's own size."""

    cost_nothing: ClassVar[frozenset[str]] = frozenset(("seed", "picture"))

    @model_validator(mode="after")
    def _draws_something(self) -> Self:
        if not self.ways and not self.ddim_steps:
            raise ValueError("choose at least one of ways and ddim_steps, or nothing is drawn")
        return self

    @property
    def is_slow_on_cpu(self) -> bool:
        return True

    @property
    def num_train_timesteps(self) -> int:
        """How many steps the schedule of the network has, once the source is known."""
        return TWIN_STEPS if self.source == "embedded" else STEPS

    def settled(self) -> Self:
        """With the picture by its own word, once the source is known."""
        return self.model_copy(update={"picture": settled_picture(self.picture, self.source)})
