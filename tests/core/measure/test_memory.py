import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from core.measure import memory
from core.measure.machine import gpu_of, this_machine
from core.measure.memory import METERS, Meters, Room, has_context
from tests.core.measure.machines import COLAB, L4, LAPTOP, SERVER, T4
from tests.simulated_gpu import A100, H200_MIG, Driver
from tests.simulated_gpu import T4 as T4_CARD

MIB = 2**20
Simulate = Callable[..., Driver]


def test_a_meter_that_is_not_there_reads_none_with_a_reason() -> None:
    reading = Meters("cpu", LAPTOP).read()
    for meter in METERS:
        assert (reading[meter] is None) == (f"{meter}_reason" in reading)
    assert reading["device_used_bytes_reason"] == "no NVIDIA driver is installed"
    assert reading["allocated_bytes_reason"] == "no CUDA device in this run"


def test_process_rss_grows_with_what_the_process_holds() -> None:
    meters = Meters("cpu", LAPTOP)
    before = meters.read()["process_rss_bytes"]
    held = bytearray(256 * MIB)
    after = meters.read()["process_rss_bytes"]
    assert isinstance(before, int) and isinstance(after, int)
    assert after - before > 240 * MIB  # what the process gives back meanwhile is a few
    assert len(held) == 256 * MIB


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a resettable peak")
def test_the_peak_catches_what_came_and_went_and_starts_anew() -> None:
    meters = Meters("cpu", LAPTOP)
    meters.reset_peaks()
    held = bytearray(128 * MIB)
    del held
    after = meters.read()["process_rss_bytes"]
    peak = meters.peaks()["process_rss_bytes"]
    assert isinstance(peak, int) and isinstance(after, int)
    assert peak - after > 100 * MIB
    meters.reset_peaks()
    lower = meters.peaks()["process_rss_bytes"]
    assert isinstance(lower, int) and peak - lower > 100 * MIB


def test_a_peak_that_cannot_be_had_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(memory, "CLEAR_REFS", tmp_path / "not_there")
    meters = Meters("cpu", LAPTOP)
    meters.reset_peaks()
    peaks = meters.peaks()
    assert peaks["process_rss_bytes"] is None
    assert "peak" in str(peaks["process_rss_bytes_reason"])


def test_device_used_comes_from_nvml_by_uuid_before_cuda_is_initialised(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []

    def used(uuid: str | None) -> tuple[int, str]:
        asked.append(uuid)
        return 300 * MIB, ""

    monkeypatch.setattr(memory, "nvml_used", used)
    reading = Meters("cuda:1", SERVER).read()
    assert reading["device_used_bytes"] == 300 * MIB
    assert reading["allocated_bytes_reason"] == "CUDA has not been initialised yet"
    assert asked == [L4.uuid]


def test_the_peak_of_device_used_is_the_highest_reading_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    used = iter([100, 700, 400])
    monkeypatch.setattr(memory, "nvml_used", lambda uuid: (next(used), ""))
    meters = Meters("cuda", COLAB)
    meters.read()
    meters.read()
    peaks = meters.peaks()
    assert peaks["device_used_bytes"] == 700
    assert "readings" in str(peaks["device_used_bytes_basis"])


def test_a_hidden_nvml_is_said_where_cuda_cannot_be_asked_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "nvml_handle", lambda uuid: (None, "NVML is hidden"))
    reading = Meters("cuda", COLAB).read()
    assert reading["device_used_bytes"] is None
    assert str(reading["device_used_bytes_reason"]).startswith("NVML is hidden")


def test_the_device_names_its_gpu() -> None:
    assert gpu_of("cuda", SERVER) == T4
    assert gpu_of("cuda:1", SERVER) == L4
    assert gpu_of("cuda:2", SERVER) is None
    assert gpu_of("cuda", LAPTOP) is None


def test_giving_memory_back_lowers_process_rss() -> None:
    meters = Meters("cpu", LAPTOP)
    blocks = [bytearray(100_000) for _ in range(2000)]
    keeps_the_heap_long = bytearray(100_000)
    full = meters.read()["process_rss_bytes"]
    del blocks
    memory.give_back()
    empty = meters.read()["process_rss_bytes"]
    assert isinstance(full, int) and isinstance(empty, int)
    assert full - empty > 150_000_000
    assert keeps_the_heap_long is not None


def test_importing_libraries_is_no_context(simulate: Simulate) -> None:
    import torch

    driver = simulate(T4_CARD)
    meters = Meters("cuda", this_machine())
    torch.cuda.get_device_capability()
    assert torch.cuda.is_initialized() and not has_context()
    before = meters.read()
    assert (before["device_used_bytes"], before["allocated_bytes_reason"]) == (0, memory.NOT_YET)
    assert not driver.devices[0].has_context
    held = torch.zeros(MIB, device="cuda")
    after = meters.read()
    assert has_context("cuda") and after["allocated_bytes"] == held.nbytes
    assert after["device_used_bytes"] == T4_CARD.context_bytes + after["reserved_bytes"]


def test_a_context_on_one_gpu_is_none_on_the_other(simulate: Simulate) -> None:
    import torch

    simulate(T4_CARD, A100)
    held = torch.zeros(1, device="cuda:1")
    assert (has_context("cuda:0"), has_context("cuda:1"), has_context()) == (False, True, True)
    assert Meters("cuda:0", this_machine()).read()["allocated_bytes"] is None
    assert Meters("cuda:1", this_machine()).read()["allocated_bytes"] == 512 and held.is_cuda


def test_the_meters_of_a_slice_are_its_own(simulate: Simulate) -> None:
    driver = simulate(H200_MIG)
    driver.devices[0].foreign_bytes = 3 * MIB
    assert Meters("cuda", this_machine()).read()["device_used_bytes"] == 3 * MIB


def test_peaks_are_of_the_time_since_they_were_reset(simulate: Simulate) -> None:
    import torch

    simulate(T4_CARD)
    meters = Meters("cuda", this_machine())
    torch.zeros(100 * MIB, dtype=torch.uint8, device="cuda")
    meters.reset_peaks()
    torch.zeros(10 * MIB, dtype=torch.uint8, device="cuda")
    assert meters.peaks()["allocated_bytes"] == 10 * MIB


def test_a_failure_of_nvml_that_passes_is_forgotten(simulate: Simulate) -> None:
    driver = simulate(T4_CARD)
    meters = Meters("cuda", this_machine())
    driver.denies.add("nvmlDeviceGetHandleByUUID")
    assert meters.read()["device_used_bytes"] is None
    driver.denies.clear()
    assert meters.read()["device_used_bytes"] == 0


def test_without_nvml_cuda_says_what_is_used_once_it_is_there(simulate: Simulate) -> None:
    import torch

    driver = simulate(T4_CARD, hides_library=True)
    meters = Meters("cuda", this_machine())
    assert "before it is initialised" in str(meters.read()["device_used_bytes_reason"])
    held = torch.zeros(MIB, device="cuda")
    assert meters.read()["device_used_bytes"] == driver.devices[0].used_bytes > held.nbytes


def test_two_ways_of_counting_are_never_mixed_in_one_run(simulate: Simulate) -> None:
    import torch

    driver = simulate(T4_CARD)
    meters = Meters("cuda", this_machine())
    assert meters.read()["device_used_bytes"] == 0
    torch.zeros(MIB, device="cuda")
    driver.denies.add("nvmlDeviceGetMemoryInfo")
    reading = meters.read()
    assert reading["device_used_bytes"] is None and "ermission" in str(reading["device_used_bytes_reason"])


def test_once_cuda_has_said_what_is_used_it_is_asked_for_the_whole_run(
    simulate: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    driver = simulate(T4_CARD, hides_library=True)
    meters = Meters("cuda", this_machine())
    held = torch.zeros(MIB, device="cuda")
    assert meters.read()["device_used_bytes"] == driver.devices[0].used_bytes > held.nbytes
    monkeypatch.setattr(memory, "nvml_used", lambda uuid: (7, ""))
    assert meters.read()["device_used_bytes"] == driver.devices[0].used_bytes


def test_a_driver_without_the_newer_meter_is_read_by_the_older(
    simulate: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pynvml

    driver = simulate(T4_CARD)
    driver.devices[0].foreign_bytes = 5 * MIB
    meter = pynvml.nvmlDeviceGetMemoryInfo

    def older(handle: Any, version: int | None = None) -> Any:
        if version is not None:
            raise pynvml.NVMLError_FunctionNotFound
        return meter(handle)

    monkeypatch.setattr(pynvml, "nvmlDeviceGetMemoryInfo", older)
    assert Meters("cuda", this_machine()).read()["device_used_bytes"] == 5 * MIB
    driver.denies.add("nvmlDeviceGetMemoryInfo")
    assert "ermission" in str(Meters("cuda", this_machine()).read()["device_used_bytes_reason"])


def test_a_gpu_that_is_lost_has_no_reading(simulate: Simulate) -> None:
    driver = simulate(T4_CARD)
    meters = Meters("cuda", this_machine())
    driver.is_lost = True
    assert "lost" in str(meters.read()["device_used_bytes_reason"])


def test_giving_back_empties_the_gpus_cache_and_makes_no_context(simulate: Simulate) -> None:
    import torch

    driver = simulate(T4_CARD)
    memory.give_back()
    assert not driver.devices[0].has_context
    torch.zeros(10 * MIB, dtype=torch.uint8, device="cuda")
    assert driver.devices[0].reserved_bytes >= 10 * MIB
    memory.give_back()
    assert driver.devices[0].reserved_bytes == 0


def test_a_gpu_that_does_not_say_which_it_is_has_no_meter() -> None:
    assert memory.nvml_handle(None) == (None, "the GPU's UUID is unknown")


def test_the_room_on_a_cpu_is_what_the_system_has_and_a_container_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    free = type("Memory", (), {"available": 3 * 2**30})
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: free)
    assert Meters("cpu", LAPTOP).room() == Room(3 * 2**30, LAPTOP.ram_bytes)
    container = Meters("cpu", replace(LAPTOP, ram_bytes=2 * 2**30)).room()
    assert container.free_bytes is not None and 0 < container.free_bytes < 2 * 2**30


def test_the_room_on_a_gpu_counts_what_pytorch_keeps_and_makes_no_context(simulate: Simulate) -> None:
    import torch

    driver = simulate(T4_CARD)
    meters = Meters("cuda", this_machine())
    driver.devices[0].foreign_bytes = 2**30
    assert meters.room() == Room(T4_CARD.memory_bytes - 2**30, T4_CARD.memory_bytes)
    assert not has_context("cuda")
    held = torch.zeros(64 * MIB, device="cuda")
    with_it = meters.room().free_bytes
    del held
    kept = torch.cuda.memory_reserved()
    assert kept > 0 and meters.room().free_bytes == with_it + 256 * MIB == torch.cuda.mem_get_info()[0] + kept


def test_without_nvml_the_room_before_cuda_is_not_known(simulate: Simulate) -> None:
    simulate(T4_CARD, hides_library=True)
    assert Meters("cuda", this_machine()).room().free_bytes is None
