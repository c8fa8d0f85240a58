"""Keeps models loaded under a budget; the one that was not used for longest goes first.

The budget is a share of each device's memory, and what counts is what is free as well: a load that finds too little
lets others go, on its own device only. Share 0 keeps just the model in use.

>>> resident = Resident(share=0.5)
>>> model = resident.get(("qwen3-0.6b", "dummy", "cpu", "float32"), load)   # loads
>>> model = resident.get(("qwen3-0.6b", "dummy", "cpu", "float32"), load)   # the same object again
"""

import gc
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

from core.measure.memory import Room, give_back
from core.units import gib

T = TypeVar("T")


@dataclass(frozen=True)
class Need:
    """What a run is going to take of its device, as far as it can be computed before.

    Attributes:
        title: of its models, as a student knows them.
        device: as torch names it.
        weights_bytes: of its models.
        beside_bytes: what the pass and the libraries take at the least.
    """

    title: str = ""
    device: str = "cpu"
    weights_bytes: int = 0
    beside_bytes: int = 0

    @property
    def place(self) -> str:
        """The device by its full name: `cuda` is the first GPU."""
        return "cuda:0" if self.device == "cuda" else self.device


@dataclass
class Held:
    """A model in memory: for whom it was loaded, and the bytes that it takes there."""

    need: Need
    size_bytes: int
    model: Any


@dataclass(frozen=True)
class Shortage:
    """Too little room for a run while others are loaded.

    Attributes:
        first: key of the model to let go first.
        reason: what is needed and what is there, in words.
    """

    first: Hashable
    reason: str


class Resident:
    """Holds models by their keys. Whoever calls `get` must not keep the object beyond its run.

    Args:
        share: of a device's memory that all models there may take together.
    """

    def __init__(self, share: float = 0.0) -> None:
        self._share = share
        self._held: dict[Hashable, Held] = {}
        """By last use, the latest at the end."""

    def get(self, key: Hashable, load: Callable[[], T], need: Need | None = None) -> T:
        """The object of `key`: the held one, or what `load` returns. Without a share everything else on its device
        goes first; with one the caller asks for `shortage` before.
        """
        need = need or Need()
        for other in self._others(key, need) if self._share == 0 else ():
            self.let_go(other)
        if key not in self._held:
            self._held[key] = Held(need, need.weights_bytes, load())
        self._held[key] = self._held.pop(key)
        model: T = self._held[key].model
        return model

    def shortage(self, key: Hashable, need: Need, room: Room) -> Shortage | None:
        """What keeps a run with `key` from having room beside the other models on its device; None where it has."""
        others = self._others(key, need)
        if not others:
            return None
        needed = need.beside_bytes + (0 if key in self._held else need.weights_bytes)
        if room.free_bytes is not None and needed > room.free_bytes:
            return Shortage(others[0], f"Needs {gib(needed)}, {gib(room.free_bytes)} free")
        kept = need.weights_bytes + sum(self._held[other].size_bytes for other in others)
        budget = self._share * room.total_bytes
        if kept > budget or self._share == 0:
            told = f"Needs {gib(needed)}, and models may keep {gib(budget)} together"
            return Shortage(others[0], told if self._share else "One model stays loaded at a time")
        return None

    def beside(self, key: Hashable, need: Need) -> tuple[Held, ...]:
        """The other models on the device of `need`."""
        return tuple(self._held[other] for other in self._others(key, need))

    def measured(self, key: Hashable, size_bytes: int) -> None:
        """Say what a model really takes, now that it is loaded."""
        self._held[key].size_bytes = size_bytes

    def let_go(self, key: Hashable) -> Held:
        """Let one model go and give its memory back; gives what is left to say about it."""
        gone = self._held.pop(key)
        gone.model = None
        _collect()
        return gone

    def release(self) -> None:
        """Let everything go and give its memory back to the system and the GPU."""
        self._held.clear()
        _collect()

    @property
    def keys(self) -> tuple[Hashable, ...]:
        """Of everything that is held, the one that was not used for longest first."""
        return tuple(self._held)

    def title(self, key: Hashable) -> str:
        """What is held by `key`, as a student knows it."""
        return self._held[key].need.title or (", ".join(map(str, key)) if isinstance(key, tuple) else str(key))

    @property
    def description(self) -> str | None:
        """What is held, in words and with sizes, or None."""
        return "; ".join(self._described(key) for key in self._held) or None

    def _described(self, key: Hashable) -> str:
        held = self._held[key]
        return self.title(key) + (f" ({gib(held.size_bytes)} on {held.need.device})" if held.need.title else "")

    def _others(self, key: Hashable, need: Need) -> list[Hashable]:
        return [other for other, held in self._held.items() if other != key and held.need.place == need.place]


def _collect() -> None:
    """Give back what was let go, also where the collector was told to pass over it together with the libraries."""
    frozen = gc.get_freeze_count()
    gc.unfreeze()
    give_back()
    if frozen:
        gc.freeze()
