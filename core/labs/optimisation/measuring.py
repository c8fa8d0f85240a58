"""What the two subjects of the lab, text and pictures, have in common: one pass, one way to run a variant.

A subject prepares a variant, hands out a function that makes one pass, and puts everything back as it was.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from core.labs.optimisation.settings import Variant
from core.measure.clocks import Timing
from core.measure.memory import give_back
from core.measure.recorder import Recorder

Entry = dict[str, Any]
NO_PEAK = "this system does not keep the highest memory of a process"


@dataclass
class Pass:
    """One timed pass: its figures for `repeats`, and what came out (token ids, or a picture)."""

    timing: Timing
    figures: Entry
    output: Any


@dataclass
class Way:
    """A variant that is ready to run.

    Attributes:
        once: makes the pass of that number.
        memory: bytes that it took, asked after the last pass.
        warm: called after the first pass, which compiles and tries kernels: what that takes is no part of the variant.
    """

    once: Callable[[int], Pass]
    memory: Callable[[], Entry]
    warm: Callable[[], None] = lambda: None


class Subject(Protocol):
    """Text or pictures."""

    compiled: tuple[Variant, ...]
    """Variants whose first pass compiles."""

    def obstacle(self, name: Variant) -> str | None:
        """Why this machine cannot run the variant, without trying."""

    def prepared(self, name: Variant) -> AbstractContextManager[Way]:
        """The model in this variant; afterwards it is as it was."""

    def summary(self, name: Variant, passes: list[Pass]) -> Entry:
        """Speed, limit and output of a variant, from its passes; the first is cold."""

    def compared(self, entry: Entry, first: Entry) -> Entry:
        """Speed and output of a variant against those of eager."""

    def keep(self) -> None:
        """Put the limit and the outputs into the record; called also where the run was stopped."""


class OwnMemory:
    """Memory of a variant that runs in this process: the weights, and what came on top while it ran.

    On a GPU by `reserved`: recorded CUDA graphs keep memory that holds no tensor between two passes.

    Args:
        weights_bytes: of the loaded model, which the variant uses.
    """

    def __init__(self, recorder: Recorder, weights_bytes: int) -> None:
        self._recorder, self._weights_bytes = recorder, weights_bytes
        self._meter = "reserved" if recorder.clock.is_cuda else "process_rss"
        give_back()  # what the variant before has freed must not serve this one
        recorder.meters.reset_peaks()
        self._before = self._now(recorder.meters.read())

    def __call__(self) -> Entry:
        """Peak of the meter, and the bytes needed."""
        peak = self._now(self._recorder.raise_peak())
        if peak is None or self._before is None:
            return {"meter": self._meter, "peak_bytes": None, "needed_bytes": None, "reason": NO_PEAK}
        needed = self._weights_bytes + max(0, peak - self._before)
        return {"meter": self._meter, "peak_bytes": peak, "needed_bytes": needed}

    def warm(self) -> None:
        """Leave the first pass out of the variant's peak; the run's own peak keeps it."""
        self._recorder.raise_peak()
        give_back()
        self._recorder.meters.reset_peaks()

    def _now(self, reading: dict[str, Any]) -> int | None:
        value: int | None = reading[f"{self._meter}_bytes"]
        return value
