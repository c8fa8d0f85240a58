"""Clocks: the wall's, and on CUDA the device's own.

A GPU works behind the program's back: a call returns before the work is done. So a measured pass starts and ends with
a synchronise, and inside it only events are dropped into the device's stream, which costs microseconds and stops
nothing. On the CPU the wall clock is the device's clock.

    clock = Clock("cpu")
    with clock.measure() as timing:
        work()
    timing.wall_s, timing.device_s      # 1.63, None
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Any

from core.measure import apple
from core.measure.memory import has_context

NO_DEVICE_CLOCK = "the run is on the CPU, whose time is the wall clock"


@dataclass(frozen=True)
class Stamp:
    """A moment: host nanoseconds, and on CUDA an event in the device's stream."""

    ns: int
    event: Any = None


@dataclass
class Timing:
    """Seconds of one measured pass; `device_s` is None on the CPU."""

    start: Stamp
    end: Stamp
    wall_s: float = 0.0
    device_s: float | None = None


def _index(device: str) -> int:
    return int(device.partition(":")[2] or 0)


class Clock:
    """The clock of one device, `cpu`, `cuda[:N]` or `mps`."""

    def __init__(self, device: str) -> None:
        self.is_cuda = device.startswith("cuda")
        self.is_mps = device == apple.DEVICE
        self.device = device

    def synchronise(self) -> None:
        """Wait until the device has done everything that it was asked to do."""
        if self.is_cuda:
            import torch

            torch.cuda.synchronize(self.device)
        elif self.is_mps:
            apple.synchronise()

    def settle(self) -> None:
        """Wait for the device if it was asked to do anything yet: a synchronise would make it set itself up."""
        if self.is_cuda and has_context(self.device):
            self.synchronise()

    def touch(self) -> None:
        """Have the device set itself up, where it does so only with its first tensor."""
        if self.is_cuda:
            import torch

            # The run's device is the current one from here on, also for libraries that name none. Not earlier: CUDA
            # sets a device up when it becomes the current one.
            torch.cuda.set_device(_index(self.device))
            torch.zeros(1, device=self.device)
            self.synchronise()
            # The block of that tensor would be counted as CUDA's own, and again when PyTorch uses it.
            torch.cuda.empty_cache()

    def stamp(self) -> Stamp:
        """Now, without waiting for the device; on an Apple GPU, which has no event that was tried, after waiting."""
        if self.is_mps:
            apple.synchronise()
        # The host first: a program held up between the two must not get more time on the device than on the wall.
        ns, event = perf_counter_ns(), None
        if self.is_cuda:
            import torch

            event = torch.cuda.Event(enable_timing=True)
            event.record(torch.cuda.current_stream(self.device))
        return Stamp(ns, event)

    def seconds(self, start: Stamp, end: Stamp) -> float:
        """Seconds between two stamps by the device's own clock; on CUDA only after a synchronise."""
        if self.is_cuda:
            return float(start.event.elapsed_time(end.event)) / 1000
        return (end.ns - start.ns) / 1e9

    @contextmanager
    def measure(self) -> Iterator[Timing]:
        """Time what happens inside, from an idle device to an idle device."""
        self.synchronise()
        start = self.stamp()
        timing = Timing(start, start)
        yield timing
        timing.end = self.stamp()
        self.synchronise()
        timing.wall_s = (perf_counter_ns() - start.ns) / 1e9
        timing.device_s = self.seconds(start, timing.end) if self.is_cuda else None
