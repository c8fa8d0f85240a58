"""Where the time of a pass goes: in matrix products, in other operators, or between them in the program itself.

A profiler slows what it watches, so it watches an extra pass after the timed ones, and only shares are read off it. On
CUDA the time of the kernels is the device's own and is set beside an unprofiled pass. PyTorch lists each kernel twice
there, by its own name and under the operator that started it; the operators are read.

    profiler = Profiler("cpu")
    profiler.start()
    model(...)
    profiler.stop()
    profiler.result("8 tokens", unprofiled_s=1.3)
    {'of': '8 tokens', 'wall_s': 1.4, 'busy_s': 1.3, 'products_s': 1.2, 'reference_s': 1.4, 'top': [...]}
"""

from time import perf_counter_ns
from typing import Any

from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile

from core.measure.clocks import Clock

PRODUCTS = ("mm", "addmm", "bmm", "baddbmm", "mv", "linear", "convolution", "conv2d", "attention", "_int_mm")
"""Parts of the names of operators that multiply matrices; convolutions and attention are products too."""
TOP = 5
NOTHING = "no operator ran while the profiler watched"
NOT_SEEN = "the profiler saw no kernel of the GPU: its counters may be closed to this user, or used by another program"


class Profiler:
    """Watches what runs between `start` and `stop`, both called by the thread that computes."""

    def __init__(self, device: str) -> None:
        self._clock = Clock(device)
        activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if self._clock.is_cuda else [])]
        self._profile = profile(activities=activities)
        self._begun_ns = self._ended_ns = 0
        self._is_on = False

    def start(self) -> None:
        """Begin to watch, from an idle device."""
        self._clock.synchronise()
        self._profile.start()
        self._is_on = True
        self._begun_ns = perf_counter_ns()

    def stop(self) -> None:
        """Stop when the device has finished; a second time does nothing. Has to be called whatever happened between."""
        if not self._is_on:
            return
        self._is_on = False
        try:
            self._clock.synchronise()
            self._ended_ns = perf_counter_ns()
        finally:
            self._profile.stop()

    def result(self, of: str, unprofiled_s: float) -> dict[str, Any] | str:
        """What was seen, as it stands in a run record, or the reason why nothing was.

        Args:
            of: what the pass was, in words.
            unprofiled_s: how long the same took in the timed passes.
        """
        events = [event for event in self._profile.key_averages() if event.device_type == DeviceType.CPU]
        found = [(event.key, self._self_s(event), event.count) for event in events]
        operators = [each for each in found if each[1] > 0 and _is_operator(each[0])]
        if not operators:
            return NOT_SEEN if self._clock.is_cuda else NOTHING
        wall_s = (self._ended_ns - self._begun_ns) / 1e9
        longest = sorted(operators, key=lambda each: -each[1])[:TOP]
        return {
            "of": of,
            "wall_s": wall_s,
            "reference_s": unprofiled_s if self._clock.is_cuda else wall_s,
            "busy_s": sum(each[1] for each in operators),
            "products_s": sum(each[1] for each in operators if _is_product(each[0])),
            "top": [{"name": name, "busy_s": busy_s, "calls": calls} for name, busy_s, calls in longest],
        }

    def _self_s(self, event: Any) -> float:
        """Seconds in the operator itself, without those that it calls: the device's on CUDA, else the thread's."""
        return float(event.self_device_time_total if self._clock.is_cuda else event.self_cpu_time_total) / 1e6


def _is_operator(name: str) -> bool:
    return "::" in name


def _is_product(name: str) -> bool:
    return any(part in name.partition("::")[2] for part in PRODUCTS)


def unprofiled(reason: str) -> dict[str, Any]:
    """The fields of a run record without a profiled pass."""
    return {"profile": None, "profile_reason": reason}
