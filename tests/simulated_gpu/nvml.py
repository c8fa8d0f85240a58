"""NVIDIA's management library (pynvml), answered by the simulated driver, with its errors."""

from time import perf_counter
from types import SimpleNamespace
from typing import Any

import pynvml

from tests.simulated_gpu.cards import Card
from tests.simulated_gpu.driver import Device, Driver

BUSY_S = 0.05
IDLE_BIT = 0x1


class Library:
    """The library's functions, by their names; a handle is a card or a slice of one."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def functions(self) -> dict[str, Any]:
        names = [name for name in dir(self) if name.startswith("nvml")]
        return {name: self._guarded(name) for name in names}

    def _guarded(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            if self._driver.hides_library:
                raise pynvml.NVMLError_LibraryNotFound
            if name in self._driver.denies:
                raise pynvml.NVMLError_NoPermission
            if self._driver.is_lost and name.startswith("nvmlDevice"):
                raise pynvml.NVMLError_GpuIsLost
            return getattr(self, name)(*args, **kwargs)

        return call

    def nvmlInit(self) -> None:  # noqa: N802
        pass

    def nvmlSystemGetDriverVersion(self) -> str:  # noqa: N802
        return self._driver.version

    def nvmlSystemGetCudaDriverVersion(self) -> int:  # noqa: N802
        return self._driver.cuda_version

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return len(self._driver.boards)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> Card:  # noqa: N802
        return self._driver.boards[index]

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> Card:  # noqa: N802
        cards = [card for board in self._driver.boards for card in (board, *board.slices)]
        found = next((card for card in cards if card.uuid == uuid), None)
        if found is None:
            raise pynvml.NVMLError_NotFound
        return found

    def nvmlDeviceGetName(self, card: Card) -> str:  # noqa: N802
        return card.full_name

    def nvmlDeviceGetUUID(self, card: Card) -> str:  # noqa: N802
        return card.uuid

    def nvmlDeviceGetCudaComputeCapability(self, card: Card) -> tuple[int, int]:  # noqa: N802
        return card.compute_capability

    def nvmlDeviceGetMemoryInfo(self, card: Card, version: int | None = None) -> Any:  # noqa: N802
        used = sum(device.used_bytes for device in self._devices(card))
        return SimpleNamespace(total=card.memory_bytes, used=used, free=card.memory_bytes - used)

    def nvmlDeviceGetMigMode(self, card: Card) -> list[int]:  # noqa: N802
        if card.compute_capability < (8, 0):
            raise pynvml.NVMLError_NotSupported
        return [int(bool(card.slices))] * 2

    def nvmlDeviceGetMaxMigDeviceCount(self, card: Card) -> int:  # noqa: N802
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, card: Card, index: int) -> Card:  # noqa: N802
        if index >= len(card.slices):
            raise pynvml.NVMLError_NotFound
        return card.slices[index]

    def nvmlDeviceGetClockInfo(self, card: Card, kind: int) -> int:  # noqa: N802
        self._refuse_slice(card)
        return 1410

    def nvmlDeviceGetTemperature(self, card: Card, sensor: int) -> int:  # noqa: N802
        return 61

    def nvmlDeviceGetCurrentClocksEventReasons(self, card: Card) -> int:  # noqa: N802
        self._refuse_slice(card)
        is_busy = any(perf_counter() - device.launched_at < BUSY_S for device in self._devices(card))
        return self._driver.slowed_while_busy if is_busy else IDLE_BIT

    nvmlDeviceGetCurrentClocksThrottleReasons = nvmlDeviceGetCurrentClocksEventReasons  # noqa: N815

    def nvmlDeviceGetComputeRunningProcesses(self, card: Card) -> list[Any]:  # noqa: N802
        own = [self._driver.own_pid] if any(device.has_context for device in self._devices(card)) else []
        return [SimpleNamespace(pid=pid) for pid in (*own, *self._driver.foreign_pids)]

    def _devices(self, card: Card) -> list[Device]:
        return [device for device in self._driver.devices if card.uuid in (device.card.uuid, device.board.uuid)]

    def _refuse_slice(self, card: Card) -> None:
        if card.uuid.startswith("MIG-"):
            raise pynvml.NVMLError_NotSupported
