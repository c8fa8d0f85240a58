"""Settings of the training lab: how long, how large, and the switches that change what it takes. No torch here."""

from typing import Annotated, ClassVar, Literal, Self, get_args

from pydantic import AfterValidator, Field, model_validator

from core.runs.settings import LabSettings, Seed

Network = Literal["small", "medium", "paper"]
SIDES: dict[Network, int] = {"small": 16, "medium": 32, "paper": 32}
"""Pixels of a picture, by network."""
Switch = Literal["mixed_precision", "checkpointing", "accumulation"]
SWITCHES: dict[Switch, str] = {
    "mixed_precision": "Mixed precision",
    "checkpointing": "Gradient checkpointing",
    "accumulation": "Accumulation over 4",
}
"""What the comparison can switch on, one at a time."""
MOST_S = 600
"""A training takes a device for so long at most; it can go on in another run."""


def _in_order(chosen: tuple[Switch, ...]) -> tuple[Switch, ...]:
    """Each once, in the order of the table above."""
    return tuple(name for name in SWITCHES if name in chosen)


class Settings(LabSettings):
    network: Network = "small"
    steps: int = Field(default=400, ge=1, le=50_000)
    """To which the learning rate falls; a run that goes on counts from the first one's beginning."""
    time_limit_s: int = Field(default=60, ge=1, le=MOST_S)
    """Of the training itself; what was trained until then is kept."""
    batch: int = Field(default=32, ge=1, le=512)
    learning_rate: float = Field(default=0.002, ge=0.0001, le=0.1, multiple_of=0.0001)
    warm_up: int = Field(default=30, ge=0, le=5_000)
    """Steps in which the learning rate rises."""
    accumulate: int = Field(default=1, ge=1, le=64)
    """Parts of a batch that go through the network one after the other."""
    mixed_precision: bool = False
    checkpointing: bool = False
    compare: Annotated[tuple[Switch, ...], Field(max_length=len(get_args(Switch))), AfterValidator(_in_order)] = tuple(
        SWITCHES
    )
    """Switches whose price is measured after the training, a few steps each."""
    go_on_from: Annotated[str, Field(pattern=r"^([0-9a-f]{32})?$")] = ""
    """A run of this lab, whose network is trained on."""
    seed: Seed = 7

    cost_nothing: ClassVar[frozenset[str]] = frozenset(("seed", "learning_rate", "warm_up", "go_on_from"))

    @model_validator(mode="after")
    def _parts_have_pictures(self) -> Self:
        if self.accumulate > self.batch:
            raise ValueError(f"a batch of {self.batch} cannot be cut into {self.accumulate} parts")
        return self
