import sys
from typing import Any

import pytest

from core.measure import memory
from core.measure.machine import gpu_of
from core.measure.memory import METERS, Meters
from tests.core.measure.machines import COLAB, L4, LAPTOP, SERVER, T4

MIB = 2**20


def test_a_meter_that_is_not_there_reads_none_with_a_reason() -> None:
    reading = Meters("cpu", LAPTOP).read()
    for meter in METERS:
        assert (reading[meter] is None) == (f"{meter}_reason" in reading)
    assert reading["device_used_bytes_reason"] == "no NVIDIA driver is installed"
    assert reading["allocated_bytes_reason"] == "no CUDA device in this run"


def test_process_rss_grows_with_what_the_process_holds() -> None:
    meters = Meters("cpu", LAPTOP)
    before = meters.read()["process_rss_bytes"]
    held = bytearray(64 * MIB)
    after = meters.read()["process_rss_bytes"]
    assert isinstance(before, int) and isinstance(after, int)
    assert after - before > 60 * MIB
    assert len(held) == 64 * MIB


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

    def handle(uuid: str | None) -> tuple[object, str]:
        asked.append(uuid)
        return object(), ""

    monkeypatch.setattr(memory, "nvml_handle", handle)
    monkeypatch.setattr(memory, "_nvml_used", lambda handle: 300 * MIB)
    reading = Meters("cuda:1", SERVER).read()
    assert reading["device_used_bytes"] == 300 * MIB
    assert reading["allocated_bytes_reason"] == "CUDA has not been initialised yet"
    assert asked == [L4.uuid]


def test_the_peak_of_device_used_is_the_highest_reading_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    used = iter([100, 700, 400])
    monkeypatch.setattr(memory, "nvml_handle", lambda uuid: (object(), ""))
    monkeypatch.setattr(memory, "_nvml_used", lambda handle: next(used))
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
