"""Which GPUs this process may use, on simulated machines."""

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from core.measure import cuda_driver, gpus
from core.measure.gpus import unusable, visible_gpus
from core.measure.machine import this_machine
from tests.core.measure.machines import T4 as SOME_T4
from tests.simulated_gpu import A100, H200, H200_MIG, T4, Driver

Simulate = Callable[..., Driver]
SLICES = [part.uuid for part in H200_MIG.slices]


def uuids() -> list[str | None]:
    return [gpu.uuid for gpu in visible_gpus()[0]]


@pytest.mark.parametrize(
    ("visible", "cards"),
    [
        (None, [T4, A100]),
        ("1", [A100]),
        ("1,0", [A100, T4]),
        ("0,7,1", [T4]),
        (A100.uuid, [A100]),
        ("", []),
        ("-1", []),
    ],
)
def test_visible_devices_choose_and_order_the_gpus_as_cuda_does(
    visible: str | None, cards: list[Any], simulate: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    driver = simulate(T4, A100)
    assert uuids() == [card.uuid for card in cards] == [device.card.uuid for device in driver.devices]
    assert [gpu.index for gpu in visible_gpus()[0]] == list(range(len(cards)))


def test_a_gpu_says_what_it_is(simulate: Simulate) -> None:
    simulate(T4)
    gpu = this_machine().gpus[0]
    assert (gpu.memory_bytes, gpu.compute_capability, gpu.driver) == (15 * 2**30, (7, 5), "580.82.07")
    assert gpu.cuda == (13, 2)
    assert gpu.name == "Tesla T4 (simulated)"


@pytest.mark.parametrize("hides_library", [False, True])
def test_of_a_board_in_slices_cuda_counts_the_first_slice(hides_library: bool, simulate: Simulate) -> None:
    simulate(H200_MIG, hides_library=hides_library)
    (gpu,) = visible_gpus()[0]
    assert (gpu.uuid, gpu.memory_bytes, gpu.compute_capability) == (SLICES[0], 16 * 2**30, (9, 0))
    assert "MIG 1g.18gb" in gpu.name


def test_a_slice_can_be_named_and_hides_whole_boards(simulate: Simulate, monkeypatch: pytest.MonkeyPatch) -> None:
    simulate(T4, H200_MIG)
    assert uuids() == [SLICES[0]]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", SLICES[1])
    assert uuids() == [SLICES[1]]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert uuids() == [T4.uuid]


def test_a_board_in_slices_without_a_slice_says_so(simulate: Simulate, monkeypatch: pytest.MonkeyPatch) -> None:
    simulate(T4)
    monkeypatch.setattr(gpus, "_slices", lambda board: [])
    monkeypatch.setattr(cuda_driver, "LIBRARIES", ())
    monkeypatch.setattr(gpus, "driver_gpus", cuda_driver_lists_none)
    assert visible_gpus() == ((), "the GPU is cut into slices (MIG), and none was made")


def cuda_driver_lists_none() -> None:
    raise cuda_driver.DriverError("the CUDA driver lists no GPU")


def test_the_driver_is_asked_where_nvml_is_hidden(simulate: Simulate) -> None:
    simulate(T4, A100, hides_library=True)
    found, reason = visible_gpus()
    assert [(gpu.name, gpu.uuid, gpu.driver) for gpu in found] == [
        (T4.full_name, T4.uuid, "CUDA 13.2"),
        (A100.full_name, A100.uuid, "CUDA 13.2"),
    ]
    assert reason is None


def test_nvmls_own_reason_wins_over_the_drivers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(gpus, "driver_gpus", cuda_driver_lists_none)
    monkeypatch.setattr(gpus, "_nvml_gpus", lambda: ((), "NVIDIA's management library says: busy"))
    assert visible_gpus() == ((), "NVIDIA's management library says: busy")
    monkeypatch.setattr(gpus, "_nvml_gpus", lambda: ((), None))
    assert visible_gpus() == ((), "the CUDA driver lists no GPU")


@pytest.mark.parametrize(
    "denied", ["nvmlDeviceGetMemoryInfo", "nvmlDeviceGetCudaComputeCapability", "nvmlDeviceGetUUID"]
)
def test_what_the_library_may_not_say_the_driver_says(denied: str, simulate: Simulate) -> None:
    simulate(T4, denies={denied})
    assert uuids() == [T4.uuid]


def test_a_library_that_does_not_tell_the_drivers_cuda_hides_nothing(simulate: Simulate) -> None:
    simulate(T4, denies={"nvmlSystemGetCudaDriverVersion", "nvmlDeviceGetMigMode"})
    assert visible_gpus()[0][0].cuda is None


@pytest.mark.parametrize("hides_library", [False, True])
def test_a_driver_too_old_for_this_pytorch_is_named_with_the_one_that_is_needed(
    hides_library: bool, simulate: Simulate
) -> None:
    driver = simulate(T4, version="550.54.15", cuda_version=12040, hides_library=hides_library)
    found, reason = visible_gpus()
    assert found == () and not driver.is_usable
    assert "CUDA 12.4" in str(reason) and "install driver 580 or newer" in str(reason)


def test_a_card_too_old_for_this_pytorch_is_left_out_and_the_next_keeps_its_number(simulate: Simulate) -> None:
    old = replace(T4, name="Tesla V100", compute_capability=(7, 0), uuid="GPU-00000000-0000-0000-0000-000000000070")
    simulate(old, A100)
    assert [(gpu.index, gpu.uuid) for gpu in visible_gpus()[0]] == [(1, A100.uuid)]
    assert "compute capability 7.0" in str(unusable(replace(SOME_T4, compute_capability=(7, 0))))


def test_a_pytorch_without_cuda_uses_no_gpu(simulate: Simulate, monkeypatch: pytest.MonkeyPatch) -> None:
    simulate(H200)
    monkeypatch.setattr(gpus, "wheel_cuda", lambda: (True, None))
    assert "built without CUDA" in str(visible_gpus()[1])
    monkeypatch.setattr(gpus, "wheel_cuda", lambda: (False, None))
    assert uuids() == [H200.uuid]


def test_the_order_is_the_librarys_whatever_the_user_had_set(
    simulate: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "FASTEST_FIRST")
    simulate(T4, A100)
    visible_gpus()
    assert os.environ["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"


@pytest.mark.parametrize("state", [{"hides_library": True}, {"denies": {"nvmlDeviceGetMemoryInfo"}}])
def test_a_card_whose_memory_cannot_be_read_before_cuda_says_so(state: dict[str, Any], simulate: Simulate) -> None:
    simulate(T4, **state)
    assert visible_gpus()[0][0].no_meter
