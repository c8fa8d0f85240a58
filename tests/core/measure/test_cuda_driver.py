import ctypes
from typing import Any

import pytest

from core.measure import cuda_driver
from core.measure.cuda_driver import DriverError, driver_gpus


class FakeDriver:
    """Answers like libcuda for one T4."""

    def __init__(self, count: int = 1, status: int = 0) -> None:
        self.count, self.status = count, status

    def cuInit(self, flags: int) -> int:  # noqa: N802
        return self.status

    def cuDriverGetVersion(self, version: Any) -> int:  # noqa: N802
        version._obj.value = 12040
        return 0

    def cuDeviceGetCount(self, number: Any) -> int:  # noqa: N802
        number._obj.value = self.count
        return 0

    def cuDeviceGet(self, device: Any, index: int) -> int:  # noqa: N802
        device._obj.value = index
        return 0

    def cuDeviceGetName(self, name: Any, size: int, device: Any) -> int:  # noqa: N802
        name.value = b"Tesla T4"
        return 0

    def cuDeviceTotalMem_v2(self, memory: Any, device: Any) -> int:  # noqa: N802
        memory._obj.value = 15 * 2**30
        return 0

    def cuDeviceGetUuid(self, identity: Any, device: Any) -> int:  # noqa: N802
        ctypes.memmove(identity, bytes(range(16)), 16)
        return 0

    def cuDeviceGetAttribute(self, value: Any, attribute: int, device: Any) -> int:  # noqa: N802
        value._obj.value = {75: 7, 76: 5}[attribute]
        return 0


def test_every_gpu_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda_driver, "_library", FakeDriver)
    uuid = "GPU-00010203-0405-0607-0809-0a0b0c0d0e0f"
    assert driver_gpus() == [(0, "Tesla T4", 15 * 2**30, (7, 5), "CUDA 12.4", uuid, (12, 4))]


def test_a_driver_without_gpus_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda_driver, "_library", lambda: FakeDriver(count=0))
    with pytest.raises(DriverError, match="lists no GPU"):
        driver_gpus()


def test_a_refusal_is_passed_on_with_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda_driver, "_library", lambda: FakeDriver(status=999))
    with pytest.raises(DriverError, match=r"cuInit .* 999"):
        driver_gpus()


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda_driver, "LIBRARIES", ("libcuda_that_is_not_there.so",))
    with pytest.raises(DriverError, match="no NVIDIA driver"):
        driver_gpus()
