"""The CUDA driver's C functions, as `ctypes` would call them, answered by the simulated driver."""

from typing import Any
from uuid import UUID

from tests.simulated_gpu.driver import Device, Driver

SUCCESS, INVALID_DEVICE, NO_DEVICE = 0, 101, 100
MAJOR = 75


class Libcuda:
    """Every argument that the driver fills is what `ctypes.byref` or a buffer gave."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def cuInit(self, flags: int) -> int:  # noqa: N802
        return SUCCESS if self._driver.devices else NO_DEVICE

    def cuDriverGetVersion(self, version: Any) -> int:  # noqa: N802
        version._obj.value = self._driver.cuda_version
        return SUCCESS

    def cuDeviceGetCount(self, number: Any) -> int:  # noqa: N802
        number._obj.value = len(self._driver.devices)
        return SUCCESS

    def cuDeviceGet(self, device: Any, index: int) -> int:  # noqa: N802
        device._obj.value = index
        return SUCCESS if index < len(self._driver.devices) else INVALID_DEVICE

    def cuDeviceGetName(self, name: Any, room: int, device: Any) -> int:  # noqa: N802
        name.value = self._device(device).card.full_name.encode()[: room - 1]
        return SUCCESS

    def cuDeviceTotalMem_v2(self, memory: Any, device: Any) -> int:  # noqa: N802
        memory._obj.value = self._device(device).card.memory_bytes
        return SUCCESS

    def cuDeviceGetUuid(self, identity: Any, device: Any) -> int:  # noqa: N802
        """The first version names the board, also for a slice of it."""
        return self._identity(identity, self._device(device).board.uuid)

    def cuDeviceGetUuid_v2(self, identity: Any, device: Any) -> int:  # noqa: N802
        return self._identity(identity, self._device(device).card.uuid)

    def cuDeviceGetAttribute(self, value: Any, attribute: int, device: Any) -> int:  # noqa: N802
        value._obj.value = self._device(device).card.compute_capability[attribute - MAJOR]
        return SUCCESS

    def _device(self, device: Any) -> Device:
        return self._driver.devices[device.value]

    @staticmethod
    def _identity(identity: Any, uuid: str) -> int:
        identity.raw = UUID(uuid.partition("-")[2]).bytes
        return SUCCESS
