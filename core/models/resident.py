"""Keeps at most one large model loaded: the next one is loaded only after the last one has been let go.

>>> resident = Resident()
>>> model = resident.get(("qwen3-0.6b", "dummy", "cpu", "float32"), load)   # loads
>>> model = resident.get(("qwen3-0.6b", "dummy", "cpu", "float32"), load)   # the same object again
"""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from core.measure.memory import give_back

T = TypeVar("T")


class Resident:
    """Holds one object by its key. Whoever calls `get` must not keep the object beyond its run."""

    def __init__(self) -> None:
        self._key: Hashable | None = None
        self._held: Any = None

    def get(self, key: Hashable, load: Callable[[], T]) -> T:
        """The object of `key`: the held one, or what `load` returns after the held one was released."""
        if self._held is None or key != self._key:
            self.release()
            self._held = load()
            self._key = key
        held: T = self._held
        return held

    def release(self) -> None:
        """Let the held object go and give its memory back to the system and the GPU."""
        self._key = self._held = None
        give_back()

    @property
    def description(self) -> str | None:
        """What is held, in words, or None."""
        if self._held is None:
            return None
        return ", ".join(map(str, self._key)) if isinstance(self._key, tuple) else str(self._key)
