"""Settings of the classification lab."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, field_validator

from core.runs.settings import ModelSettings, Picture, settled_picture

BatchSize = Annotated[int, Field(ge=1, le=64)]


class Settings(ModelSettings):
    model: Literal["resnet50", "resnet18", "mobilenet_v2"] = "resnet50"
    picture: Picture = "shipped"
    batch_sizes: tuple[BatchSize, ...] = Field(default=(1, 2, 4, 8, 16, 32), min_length=1, max_length=8)
    """How many pictures go through the network at once, one after the other."""
    repeats: int = Field(default=5, ge=2, le=20)
    """Passes per batch size; the first of each is cold."""
    normalise: bool = True
    """Take the training set's mean off every colour value, and divide by its standard deviation."""
    eval_mode: bool = True
    """Call model.eval() before the first pass."""
    inference_mode: bool = True
    """Run without keeping what a training step would need."""

    cost_nothing: ClassVar[frozenset[str]] = frozenset(("picture",))

    @field_validator("batch_sizes")
    @classmethod
    def _each_once(cls, sizes: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(sizes)) < len(sizes):
            raise ValueError("each batch size is timed once, so name it once")
        return sizes

    def settled(self) -> Self:
        return self.model_copy(update={"picture": settled_picture(self.picture, self.source)})
