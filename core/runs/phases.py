"""Which network of a pipeline works when, read off hooks: text encoding, denoising, decoding.

A phase starts when its network is called for the first time and ends when the next phase starts, so that the phases
of one picture add up to its time. The hooks only drop a stamp (on CUDA an event in the stream), they never wait.

    with Phases(clock, {"Denoising": pipe.unet, "Decoding the picture": pipe.vae.decoder}) as phases:
        …
    phases.stages(start, end)       # [{"name": "Denoising", "wall_s": 81.2}, …]
    phases.calls["Denoising"]       # 51: with some schedulers more than the number of steps
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from types import TracebackType
from typing import Any, Self

from core.measure.clocks import Clock, Stamp


class Phases:
    """Stamps at the first call of each network, and the number of calls.

    Args:
        networks: phase name -> module, in the order in which they work.
    """

    def __init__(self, clock: Clock, networks: dict[str, Any]) -> None:
        self.calls = dict.fromkeys(networks, 0)
        self._clock = clock
        self._networks = networks
        self._first: dict[str, Stamp] = {}
        self._asides: list[tuple[Stamp, Stamp]] = []
        self._is_aside = False
        self._handles: list[Any] = []

    def __enter__(self) -> Self:
        for name, network in self._networks.items():
            self._handles.append(network.register_forward_pre_hook(lambda *_, name=name: self._called(name)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for handle in self._handles:
            handle.remove()

    def stages(self, start: Stamp, end: Stamp) -> list[dict[str, Any]]:
        """Seconds of each phase between two stamps; what comes before the first network belongs to its phase.

        What was done aside is taken out of the phase in which it was done.
        """
        names = sorted(self._first, key=lambda name: self._first[name].ns)
        borders = [start, *(self._first[name] for name in names[1:]), end]
        return [
            {"name": name, "wall_s": self._clock.seconds(first, last) - self._aside_s(first, last)}
            for name, first, last in zip(names, borders, borders[1:], strict=False)
        ]

    def steps(self, name: str, ends: Sequence[Stamp]) -> list[float]:
        """Seconds of each step of a phase, from its first call to the stamp at the end of each step."""
        borders = [self._first[name], *ends]
        return [self._clock.seconds(*span) - self._aside_s(*span) for span in pairwise(borders)]

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Work that is no part of any phase, though it may call the same networks."""
        start, self._is_aside = self._clock.stamp(), True
        try:
            yield
        finally:
            self._is_aside = False
            self._asides.append((start, self._clock.stamp()))

    @property
    def aside_s(self) -> float:
        """Seconds spent aside; on CUDA only after a synchronise."""
        return sum(self._clock.seconds(*span) for span in self._asides)

    def _aside_s(self, first: Stamp, last: Stamp) -> float:
        within = [span for span in self._asides if first.ns <= span[0].ns < last.ns]
        return sum(self._clock.seconds(*span) for span in within)

    def begin(self, name: str) -> None:
        """Start a phase by hand, where what works is no network whose call could be watched."""
        if name not in self._first:
            self._first[name] = self._clock.stamp()

    def _called(self, name: str) -> None:
        if self._is_aside:
            return
        self.calls[name] += 1
        self.begin(name)
