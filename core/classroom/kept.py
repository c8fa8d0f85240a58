"""What many ask for at once, read once: a class of 300 looks at itself sixty times a second."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from core.config import config

T = TypeVar("T")
STILL_GOOD = 3
"""What is older than so many times `fresh_s` is not taken either; then everybody waits."""


class Kept(Generic[T]):
    """Keeps what was read by its id, for a while. While one reads anew, others take what was there, unless it is old.

    Args:
        read: by id.
        fresh_s: how old it may be before somebody reads it anew.
    """

    def __init__(self, read: Callable[[str], T], fresh_s: float) -> None:
        self._read, self._fresh_s = read, fresh_s
        self._held: dict[tuple[str, str], tuple[float, T]] = {}
        self._reading = threading.Lock()

    def now(self, name: str) -> T:
        """As it was at most `fresh_s` ago; while somebody reads it anew, at most `STILL_GOOD` times that."""
        key = config().url, name
        held = self._held.get(key)
        age_s = time.monotonic() - held[0] if held else float("inf")
        if held and age_s <= self._fresh_s:
            return held[1]
        if not self._reading.acquire(blocking=age_s > STILL_GOOD * self._fresh_s) and held:
            return held[1]
        try:
            held = self._held.get(key)
            if held is None or time.monotonic() - held[0] > self._fresh_s:
                held = self._held[key] = (time.monotonic(), self._read(name))
            return held[1]
        finally:
            self._reading.release()

    def forget(self) -> None:
        """Read everything anew at the next look: whoever changes something wants to see it at once."""
        with self._reading:
            self._held.clear()
