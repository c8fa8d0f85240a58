import os
import subprocess
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from core.measure import conditions
from core.measure.conditions import Conditions, gpu_state
from core.measure.machine import read_machine, this_machine
from tests.core.measure.machines import COLAB, LAPTOP
from tests.simulated_gpu import T4, Driver
from tests.simulated_gpu.nvml import BUSY_S

Simulate = Callable[..., Driver]

BUSY = "import time; end = time.time() + 2\nwhile time.time() < end: pass"
COUNTERS = "_counters"


def counted(monkeypatch: pytest.MonkeyPatch, *readings: tuple[float, float, float, float]) -> dict[str, Any]:
    """Conditions of a run between two readings: seconds of the clock, busy, our own, stolen."""
    monkeypatch.setattr(psutil, "cpu_count", lambda: LAPTOP.cpu_cores)
    values = iter(readings)
    monkeypatch.setattr(conditions, COUNTERS, lambda: next(values))
    found = Conditions("cpu", LAPTOP)
    found.begin()
    return found.end() | {"warnings": found.warnings}


def test_foreign_work_is_what_all_cores_did_less_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    found = counted(monkeypatch, (0, 100, 10, 0), (10, 125, 28, 1))
    assert (found["foreign_cores"], found["stolen_cores"]) == (0.7, 0.1)
    assert len(found["warnings"]) == 1 and "0.70 of" in found["warnings"][0]


def test_a_quiet_machine_gives_no_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    found = counted(monkeypatch, (0, 0, 0, 0), (10, 19, 18.5, 0))
    assert found["foreign_cores"] == pytest.approx(0.05) and found["warnings"] == []


def test_our_own_counter_may_run_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    assert counted(monkeypatch, (0, 0, 0, 0), (10, 9, 9.5, 0))["foreign_cores"] == 0


def test_a_moment_is_too_short_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    found = counted(monkeypatch, (0, 0, 0, 0), (0.1, 5, 0, 0))
    assert found["foreign_cores"] is None and "too short" in found["foreign_cores_reason"]


def test_work_of_another_process_is_seen_and_our_own_is_not() -> None:
    machine = read_machine()
    if machine.cpu_cores < (psutil.cpu_count() or 0):
        pytest.skip("this process may not use every core, so foreign work cannot be told")
    watch = Conditions("cpu", machine)
    # A grandchild that is nobody's child any more is foreign.
    command = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {BUSY!r}])"
    subprocess.run([sys.executable, "-c", command], check=True)
    watch.begin()
    time.sleep(1)
    found = watch.end()
    assert found["foreign_cores"] > 0.2


def test_without_a_gpu_its_state_has_a_reason() -> None:
    watch = Conditions("cpu", LAPTOP)
    watch.begin()
    assert watch.end()["gpu_before_reason"] == "the run is not on a GPU"


def test_what_the_driver_says_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    import pynvml

    monkeypatch.setattr(conditions, "nvml_handle", lambda uuid: ("handle", ""))
    monkeypatch.setattr(pynvml, "nvmlDeviceGetClockInfo", lambda *_: 1410)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetTemperature", lambda *_: 61)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetCurrentClocksEventReasons", lambda *_: 0x20 | 0x1)
    strangers = [SimpleNamespace(pid=psutil.Process().pid), SimpleNamespace(pid=999_999_999)]
    monkeypatch.setattr(pynvml, "nvmlDeviceGetComputeRunningProcesses", lambda *_: strangers)
    assert gpu_state(COLAB.gpus[0])[0] == {
        "sm_clock_mhz": 1410,
        "temperature_c": 61,
        "slowed_by": ["temperature"],
        "other_processes": 1,
    }
    monkeypatch.setattr(conditions, "READ_EVERY_S", 0.01)
    watch = Conditions("cuda", COLAB)
    watch.begin()
    time.sleep(0.1)
    watch.end()
    assert [warning.split(" ")[0] for warning in watch.warnings if "GPU" in warning] == ["Other", "The"]


def test_what_the_platform_hides_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    import pynvml

    def hidden(*_: Any) -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)

    monkeypatch.setattr(conditions, "nvml_handle", lambda uuid: ("handle", ""))
    clocks = ("CurrentClocksEventReasons", "CurrentClocksThrottleReasons")
    for name in ("ClockInfo", "Temperature", *clocks, "ComputeRunningProcesses"):
        monkeypatch.setattr(pynvml, f"nvmlDeviceGet{name}", hidden)
    state, _ = gpu_state(COLAB.gpus[0])
    assert state is not None and "does not list" in state.pop("other_processes_reason")
    assert set(state.values()) == {None}


def test_in_a_container_with_process_numbers_of_its_own_other_programs_are_unknown(simulate: Simulate) -> None:
    import torch

    driver = simulate(T4, own_pid=999_999)
    held = torch.zeros(1, device="cuda")
    state, _ = gpu_state(this_machine().gpus[0])
    assert held.is_cuda and state is not None
    assert state["other_processes"] is None and "process numbers of its own" in state["other_processes_reason"]
    driver.own_pid = os.getpid()
    state, _ = gpu_state(this_machine().gpus[0])
    assert state is not None and state["other_processes"] == 0


def test_other_programs_on_the_gpu_are_counted(simulate: Simulate) -> None:
    simulate(T4, foreign_pids=(999_998, 999_999))
    watch = Conditions("cuda", this_machine())
    watch.begin()
    assert watch.end()["gpu_after"]["other_processes"] == 2
    assert any("2 of them" in warning for warning in watch.warnings)


def test_a_clock_that_is_lowered_only_under_load_is_seen(simulate: Simulate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conditions, "READ_EVERY_S", 0.02)
    driver = simulate(T4, slowed_while_busy=0x4)
    watch = Conditions("cuda", this_machine())
    watch.begin()
    for _ in range(20):
        driver.launched(0, 0.01)
        time.sleep(0.01)
    time.sleep(2 * BUSY_S)
    found = watch.end()
    assert found["gpu_before"]["slowed_by"] == found["gpu_after"]["slowed_by"] == []
    during = found["gpu_during"]
    assert during["slowed_by"] == ["power cap"] and 0 < during["slowed_readings"] <= during["readings"]
    assert during["lowest_sm_clock_mhz"] == 1410 and during["highest_temperature_c"] == 61
    assert any("power cap" in warning for warning in watch.warnings)


def test_a_driver_that_knows_only_the_older_name_is_asked_by_it(simulate: Simulate) -> None:
    simulate(T4, denies={"nvmlDeviceGetCurrentClocksEventReasons"})
    state, _ = gpu_state(this_machine().gpus[0])
    assert state is not None and state["slowed_by"] == []


def test_a_run_too_short_for_a_reading_says_so(simulate: Simulate) -> None:
    simulate(T4)
    watch = Conditions("cuda", this_machine())
    watch.begin()
    assert watch.end()["gpu_during_reason"] == conditions.NOT_READ


def test_without_the_library_the_state_of_the_gpu_has_its_reason(simulate: Simulate) -> None:
    simulate(T4, hides_library=True)
    assert "library says" in gpu_state(this_machine().gpus[0])[1]


def test_a_library_without_the_newer_list_of_programs_hides_them(
    simulate: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pynvml

    def mismatched(*_: Any) -> None:
        raise pynvml.NVMLLibraryMismatchError("no _v3")

    simulate(T4)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetComputeRunningProcesses", mismatched)
    state, _ = gpu_state(this_machine().gpus[0])
    assert state is not None and "does not list" in state["other_processes_reason"]
