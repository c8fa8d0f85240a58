"""GPUs as the CUDA driver lists them, for machines that hide NVIDIA's management library (NVML).

Some containers carry `libcuda` but not `libnvidia-ml`. Asking the driver through ctypes creates no context and so
takes no GPU memory. It has no meter of the memory in use: that needs a context.

    >>> driver_gpus()
    [(0, 'Tesla T4', 15828320256, (7, 5), 'CUDA 12.4', 'GPU-5a…', (12, 4))]
"""

import ctypes
import uuid

Facts = tuple[int, str, int, tuple[int, int], str, str, tuple[int, int]]

COMPUTE_CAPABILITY_MAJOR = 75
COMPUTE_CAPABILITY_MINOR = 76
LIBRARIES = ("libcuda.so.1", "nvcuda.dll")


class DriverError(Exception):
    """The CUDA driver is missing, or refused to answer."""


def driver_gpus() -> list[Facts]:
    """Index, name, memory in bytes, compute capability, driver, UUID and the driver's CUDA of every GPU.

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
    known = version.value // 1000, version.value % 1000 // 10
    return [_facts(cuda, index, known) for index in range(number.value)]


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


def _facts(cuda: ctypes.CDLL, index: int, known: tuple[int, int]) -> Facts:
    device, memory = ctypes.c_int(), ctypes.c_size_t()
    name = ctypes.create_string_buffer(128)
    _ask(cuda, "cuDeviceGet", ctypes.byref(device), index)
    _ask(cuda, "cuDeviceGetName", name, len(name), device)
    _ask(cuda, "cuDeviceTotalMem_v2", ctypes.byref(memory), device)
    capability = (
        _attribute(cuda, COMPUTE_CAPABILITY_MAJOR, device),
        _attribute(cuda, COMPUTE_CAPABILITY_MINOR, device),
    )
    driver = f"CUDA {known[0]}.{known[1]}"
    return index, name.value.decode(), memory.value, capability, driver, _uuid(cuda, device), known


def _uuid(cuda: ctypes.CDLL, device: ctypes.c_int) -> str:
    """As NVML writes it. Of a slice (MIG) the older function names the board, the newer one the slice."""
    board = _identity(cuda, "cuDeviceGetUuid", device)
    own = _identity(cuda, "cuDeviceGetUuid_v2", device) if hasattr(cuda, "cuDeviceGetUuid_v2") else board
    return f"GPU-{own}" if own == board else f"MIG-{own}"


def _identity(cuda: ctypes.CDLL, function: str, device: ctypes.c_int) -> uuid.UUID:
    identity = ctypes.create_string_buffer(16)
    _ask(cuda, function, identity, device)
    return uuid.UUID(bytes=identity.raw)


def _attribute(cuda: ctypes.CDLL, attribute: int, device: ctypes.c_int) -> int:
    value = ctypes.c_int()
    _ask(cuda, "cuDeviceGetAttribute", ctypes.byref(value), attribute, device)
    return value.value
