"""One evaluation of a picture model beside what this device could do at best: and what takes its time.

The device is measured before the first picture and after the last. Then one more evaluation is started and watched: its
arguments give the number of operations, a profiler says where the time went, and the rest of the picture is left out.

    rates = DeviceRates(settings, pipe.unet)
    rates.measure()
    …                    # the timed pictures
    rates.measure()
    look_closer(recorder, pipe.unet, rates, draw)
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import torch
from torch import nn

from core.measure.limits import convolves_in_tf32, fits_the_cache, product_rate, read_bandwidth, work_limit
from core.measure.profile import Profiler
from core.measure.recorder import Recorder
from core.measure.work import flops, shapes_of
from core.runs.settings import ModelSettings
from core.units import seconds

LOOKING = "Looking where the time goes"
TF32 = "this GPU convolves float32 in TF32, faster than the matrix product that a limit is measured with"
BELOW = (
    "{measured} per {what} is less than the limit of {limit} that was measured around this run: the device must "
    "have been slower then, because something else used it. Run it again."
)


class Seen(Exception):
    """Ends a pass when everything of interest has been seen."""


class DeviceRates:
    """Operations and bytes per second that the device delivers, measured as often as asked for.

    Measuring takes memory for a moment, so the peak meters are to be reset after it and read before it.
    """

    def __init__(self, settings: ModelSettings, network: nn.Module) -> None:
        self.flops_per_s: list[float] = []
        self.read_bytes_per_s: list[float] = []
        self._settings, self._network = settings, network

    def measure(self) -> None:
        """Take both rates now, about a quarter of a second on a CPU."""
        self.flops_per_s.append(product_rate(self._settings.device, getattr(torch, self._settings.dtype)))
        if not fits_the_cache(self._network.parameters()):
            self.read_bytes_per_s.append(read_bandwidth(self._network))

    def set_beside(self, recorder: Recorder, operations: int, what: str, measured_s: float, **more: Any) -> None:
        """Put the limit of one pass into the record, and say so where the pass was faster.

        Args:
            what: `evaluation` or the like, one of which took `measured_s`.
            more: further fields of the limit.
        """
        limit = self.limit(operations, what)
        if isinstance(limit, str):
            recorder.limit(limit)
            return
        recorder.limit(limit | more)
        if measured_s < limit["value"]:
            told = {"measured": seconds(measured_s), "what": what, "limit": seconds(limit["value"])}
            recorder.note(BELOW.format(**told))

    def limit(self, operations: int, what: str, last: int | None = None) -> dict[str, Any] | str:
        """The least seconds of one pass, or why there is no such limit.

        Args:
            last: how many of the measured rates count, all if None.
        """
        if convolves_in_tf32(self._settings.device, self._settings.dtype):
            return TF32
        weights_bytes = sum(value.numel() * value.element_size() for value in self._network.parameters())
        rates = self.flops_per_s[-last:] if last else self.flops_per_s
        bandwidths = self.read_bytes_per_s[-last:] if last else self.read_bytes_per_s
        return work_limit(operations, weights_bytes, rates, bandwidths, f"s/{what}")


def look_closer(recorder: Recorder, network: nn.Module, rates: DeviceRates, draw: Callable[[], Any]) -> None:
    """Set the run's evaluations beside the limit, and profile one.

    Args:
        network: what is evaluated.
        draw: starts a picture; it is ended after its first evaluation.
    """
    recorder.begin_stage(LOOKING)
    measured_s = min(repeat["seconds_per_evaluation"] for repeat in recorder.record["repeats"])
    profiler = Profiler(recorder.clock.device)
    operations = flops(network, *first_call(network, draw, profiler))
    recorder.profile(profiler.result("1 evaluation", measured_s), flops=operations)
    rates.set_beside(recorder, operations, "evaluation", measured_s)
    recorder.end_stage()


def first_call(network: nn.Module, draw: Callable[[], Any], profiler: Profiler | None = None) -> tuple[Any, Any]:
    """The arguments of the first call of `network`, without their content; `draw` is ended there.

    Args:
        profiler: watches the call; without one the call is ended before it computes.
    """
    seen: list[tuple[Any, Any]] = []

    def before(_: nn.Module, args: Any, kwargs: Any) -> None:
        seen.append((shapes_of(args), shapes_of(kwargs)))
        if profiler is None:
            raise Seen
        profiler.start()

    def after(*_: Any) -> None:
        if profiler is not None:
            profiler.stop()
        raise Seen

    handles = [network.register_forward_pre_hook(before, with_kwargs=True), network.register_forward_hook(after)]
    try:
        with suppress(Seen):
            draw()
    finally:
        if profiler is not None:
            profiler.stop()
        for handle in handles:
            handle.remove()
    return seen[0]
