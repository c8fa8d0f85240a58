"""GPUs as the CUDA driver lists them, for machines that hide NVIDIA's management library (NVML).

Some containers carry `libcuda` but not `libnvidia-ml`. Asking the driver through ctypes creates no context and so
takes no GPU memory. It has no meter of the memory in use: that needs a context.

    >>> driver_gpus()
    [(0, 'Tesla T4', 15828320256, (7, 5), 'CUDA 12.4', 'GPU-5a…')]
"""

import ctypes
import uuid

Facts = tuple[int, str, int, tuple[int, int], str, str]

COMPUTE_CAPABILITY_MAJOR = 75
COMPUTE_CAPABILITY_MINOR = 76
LIBRARIES = ("libcuda.so.1", "nvcuda.dll")


class DriverError(Exception):
    """The CUDA driver is missing, or refused to answer."""


def driver_gpus() -> list[Facts]:
    """Index, name, memory in bytes, compute capability, driver and UUID of every GPU that CUDA may use.

    Raises:
        DriverError: no driver, or no GPU; says which.
    """
    cuda = _library()
    _ask(cuda, "cuInit", 0)
    version, number = ctypes.c_int(), ctypes.c_int()
    _ask(cuda, "cuDriverGetVersion", ctypes.byref(version))
    _ask(cuda, "cuDeviceGetCount", ctypes.byref(number))
    if not number.value:
        raise DriverError("the CUDA driver lists no GPU")
    driver = f"CUDA {version.value // 1000}.{version.value % 1000 // 10}"
    return [_facts(cuda, index, driver) for index in range(number.value)]


def _library() -> ctypes.CDLL:
    for name in LIBRARIES:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise DriverError("no NVIDIA driver is installed")


def _ask(cuda: ctypes.CDLL, function: str, *arguments: object) -> None:
    status = getattr(cuda, function)(*arguments)
    if status != 0:
        raise DriverError(f"{function} of the CUDA driver answered with error {status}")


def _facts(cuda: ctypes.CDLL, index: int, driver: str) -> Facts:
    device, memory = ctypes.c_int(), ctypes.c_size_t()
    name, identity = ctypes.create_string_buffer(128), ctypes.create_string_buffer(16)
    _ask(cuda, "cuDeviceGet", ctypes.byref(device), index)
    _ask(cuda, "cuDeviceGetName", name, len(name), device)
    _ask(cuda, "cuDeviceTotalMem_v2", ctypes.byref(memory), device)
    _ask(cuda, "cuDeviceGetUuid", identity, device)
    capability = (
        _attribute(cuda, COMPUTE_CAPABILITY_MAJOR, device),
        _attribute(cuda, COMPUTE_CAPABILITY_MINOR, device),
    )
    return index, name.value.decode(), memory.value, capability, driver, f"GPU-{uuid.UUID(bytes=identity.raw)}"


def _attribute(cuda: ctypes.CDLL, attribute: int, device: ctypes.c_int) -> int:
    value = ctypes.c_int()
    _ask(cuda, "cuDeviceGetAttribute", ctypes.byref(value), attribute, device)
    return value.value
