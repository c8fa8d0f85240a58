"""Under which conditions a run was measured: what else this machine did, and how the GPU stood.

The processor's load by other programs is the time that all cores were busy, less that of this process and its children.
A figure that was measured beside other work is flagged, not thrown away: the sentence says how much there was.

A GPU lowers its clock while it works, and has raised it again when the run is over; so it is read four times a second
during the run, from a thread that waits in between. One reading asks the driver four things.

    conditions = Conditions("cpu", this_machine())
    conditions.begin()
    …
    conditions.end()       # {"foreign_cores": 0.04, "gpu_before": None, "gpu_before_reason": "…", …}
    conditions.warnings    # []
"""

from threading import Event, Thread
from time import monotonic
from typing import Any

import psutil

from core.measure.gpus import Gpu
from core.measure.machine import Machine, gpu_of
from core.measure.memory import has_context, nvml_handle
from core.units import significant

FOREIGN_CORES = 0.25
"""From so many cores' worth of other work on, a run is flagged."""
READ_EVERY_S = 0.25
SHORTEST_S = 0.5
"""Processor time is counted in hundredths of a second, so a shorter run cannot be told from its neighbours."""
BUSY = ("user", "nice", "system", "irq", "softirq")
SLOWED = {
    0x4: "power cap",
    0x8: "hardware slowdown",
    0x20: "temperature",
    0x40: "hardware temperature",
    0x80: "power brake",
}
"""NVML's reasons for a lower clock that hold a measurement back; idle and chosen clocks are none."""
LOADED = "Other programs used {cores} of {all} cores while this ran, so the times may be too long. Run it again alone."
SHARED = "Other programs used this GPU too ({count} of them), so times and device_used are not this run's alone."
THROTTLED = (
    "The GPU had lowered its clock at {slowed} of {readings} readings during this run ({why}), so the times are longer "
    "than it can do."
)
NOT_READ = "the run was over before the first reading"
UNKNOWN_OTHERS = (
    "this process is not among those that the driver lists, as in a container with process numbers of its own"
)


class Conditions:
    """Reads the machine before and after a run."""

    def __init__(self, device: str, machine: Machine) -> None:
        self.warnings: list[str] = []
        self._cores = machine.cpu_cores
        self._gpu = gpu_of(device, machine) if device.startswith("cuda") else None
        self._found: dict[str, Any] = {}
        self._start: tuple[float, float, float, float] | None = None
        self._during: list[dict[str, Any]] = []
        self._over = Event()
        self._reader = Thread(target=self._read_on, name="GPU conditions", daemon=True)

    def begin(self) -> None:
        """Read the counters before the run."""
        self._found |= _with_reason("gpu_before", *self._read_gpu())
        if self._gpu is not None:
            self._reader.start()
        self._start = _counters()

    def end(self) -> dict[str, Any]:
        """The `conditions` field of a run record; fills `warnings`."""
        if self._start is None:
            return self._found
        foreign, stolen, reason = self._foreign(self._start, _counters())
        self._found |= _with_reason("foreign_cores", foreign, reason) | _with_reason("stolen_cores", stolen, reason)
        self._found |= _with_reason("gpu_during", *self._stop_reading())
        self._found |= _with_reason("gpu_after", *self._read_gpu())
        self._warn(foreign)
        return self._found

    def _read_on(self) -> None:
        while not self._over.wait(READ_EVERY_S):
            handle, _ = nvml_handle(self._gpu.uuid if self._gpu else None)
            if handle is not None:
                self._during.append(_clock(handle))

    def _stop_reading(self) -> tuple[dict[str, Any] | None, str]:
        """What the readings during the run say together, or why there is none."""
        if self._gpu is None:
            return None, "the run is not on a GPU"
        self._over.set()
        self._reader.join()
        return (_together(self._during), "") if self._during else (None, NOT_READ)

    def _foreign(self, start: tuple[float, ...], end: tuple[float, ...]) -> tuple[float | None, float | None, str]:
        wall_s, busy_s, own_s, stolen_s = (after - before for before, after in zip(start, end, strict=True))
        if wall_s < SHORTEST_S:
            return None, None, f"the run took less than {significant(SHORTEST_S)} s, too short to tell"
        if self._cores < (psutil.cpu_count() or 0):
            told = f"this process may use {self._cores} of {psutil.cpu_count()} cores; who uses the others is not seen"
            return None, None, told
        return max(0.0, busy_s - own_s) / wall_s, max(0.0, stolen_s) / wall_s, ""

    def _read_gpu(self) -> tuple[dict[str, Any] | None, str]:
        if self._gpu is None:
            return None, "the run is not on a GPU"
        return gpu_state(self._gpu)

    def _warn(self, foreign: float | None) -> None:
        if foreign is not None and foreign >= FOREIGN_CORES:
            self.warnings.append(LOADED.format(cores=significant(foreign, 2), all=self._cores))
        states = [state for name in ("gpu_before", "gpu_after") if (state := self._found.get(name))]
        others = max((state["other_processes"] or 0 for state in states), default=0)
        if others:
            self.warnings.append(SHARED.format(count=others))
        during = self._found.get("gpu_during")
        if during and during["slowed_by"]:
            why = ", ".join(during["slowed_by"])
            self.warnings.append(
                THROTTLED.format(slowed=during["slowed_readings"], readings=during["readings"], why=why)
            )


def _together(states: list[dict[str, Any]]) -> dict[str, Any]:
    clocks = [state["sm_clock_mhz"] for state in states if state["sm_clock_mhz"] is not None]
    temperatures = [state["temperature_c"] for state in states if state["temperature_c"] is not None]
    told = [state["slowed_by"] for state in states if state["slowed_by"] is not None]
    return {
        "readings": len(states),
        "slowed_readings": sum(bool(reasons) for reasons in told) if told else None,
        "slowed_by": sorted({reason for reasons in told for reason in reasons}) if told else None,
        "lowest_sm_clock_mhz": min(clocks, default=None),
        "highest_temperature_c": max(temperatures, default=None),
    }


def gpu_state(gpu: Gpu) -> tuple[dict[str, Any] | None, str]:
    """Clock in MHz, temperature in °C, what slows it and how many other programs use it; or why that is hidden."""
    import pynvml

    handle, reason = nvml_handle(gpu.uuid)
    if handle is None:
        return None, reason
    try:
        processes = pynvml.nvmlDeviceGetComputeRunningProcesses(handle)
    except (pynvml.NVMLError, pynvml.NVMLLibraryMismatchError):
        processes = None
    return _clock(handle) | _with_reason("other_processes", *_others(processes, f"cuda:{gpu.index}")), ""


def _clock(handle: Any) -> dict[str, Any]:
    """Clock, temperature and what slows it; None for what the driver does not say."""
    import pynvml

    def asked(name: str, *arguments: Any) -> Any:
        try:
            return getattr(pynvml, name)(handle, *arguments)
        except pynvml.NVMLError:
            return None

    slowed = asked("nvmlDeviceGetCurrentClocksEventReasons")
    if slowed is None:
        slowed = asked("nvmlDeviceGetCurrentClocksThrottleReasons")  # its name before driver 535
    return {
        "sm_clock_mhz": asked("nvmlDeviceGetClockInfo", pynvml.NVML_CLOCK_SM),
        "temperature_c": asked("nvmlDeviceGetTemperature", pynvml.NVML_TEMPERATURE_GPU),
        "slowed_by": None if slowed is None else [name for bit, name in SLOWED.items() if slowed & bit],
    }


def _others(processes: list[Any] | None, device: str) -> tuple[int | None, str]:
    """How many other programs compute on the GPU, or why that cannot be told."""
    if processes is None:
        return None, "the driver does not list the programs on this GPU"
    own = {psutil.Process().pid, *(child.pid for child in psutil.Process().children(recursive=True))}
    listed = {process.pid for process in processes}
    if has_context(device) and not listed & own:
        return None, UNKNOWN_OTHERS
    return len(listed - own), ""


def _counters() -> tuple[float, float, float, float]:
    """Seconds: the clock, all cores busy, this process and its children busy, taken away by the host."""
    times, process = psutil.cpu_times(), psutil.Process()
    own = sum(_seconds_of(each) for each in (process, *process.children(recursive=True)))
    busy = sum(getattr(times, name, 0.0) for name in BUSY)
    return monotonic(), busy, own, getattr(times, "steal", 0.0)


def _seconds_of(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


def _with_reason(name: str, value: Any, reason: str) -> dict[str, Any]:
    return {name: value} if value is not None else {name: None, f"{name}_reason": reason}
