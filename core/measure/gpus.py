"""The GPUs that CUDA would count in this process, read without torch and without creating a CUDA context.

    >>> visible_gpus()
    ((Gpu(index=0, name='Tesla T4', memory_bytes=15828320256, compute_capability=(7, 5), …),), None)

NVIDIA's management library (NVML) is asked first, the CUDA driver where NVML is hidden. A GPU that this installation's
PyTorch cannot use is left out, with the reason. Of boards that are cut into slices (MIG) CUDA counts a single slice.
"""

import importlib.util
import os
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.measure.cuda_driver import DriverError, driver_gpus

Version = tuple[int, int]

SIMULATED = "(simulated)"
"""In the name of a card that tests simulate. What was measured on it counts nowhere."""
DRIVER_FOR = {12: "525", 13: "580"}
"""First driver for each CUDA generation: NVIDIA, "CUDA compatibility", minor version compatibility."""
CAPABILITY_FOR = {12: (5, 0), 13: (7, 5)}
"""First compute capability that PyTorch's builds of a CUDA generation have kernels for."""
NO_LIBRARY = "NVIDIA's management library is not here"
NO_CUDA_BUILD = "the installed PyTorch was built without CUDA; install one with CUDA to use {name}"
OLD_DRIVER = (
    "{name} is here, but its driver {driver} knows CUDA {known} and the installed PyTorch needs CUDA {needed}: install "
    "driver {wanted} or newer"
)
OLD_GPU = "{name} has compute capability {had}, and the installed PyTorch (CUDA {needed}) begins at {first}"


@dataclass(frozen=True)
class Gpu:
    """One GPU that this process may use; `index` counts as CUDA counts, from 0 among the visible ones.

    Attributes:
        driver: its version as NVIDIA numbers it, or `CUDA 12.4` where only the driver itself could be asked.
        uuid: begins with `GPU-`, or with `MIG-` for a slice.
        cuda: the newest CUDA that the driver knows; None where it does not say.
        no_meter: why the memory in use on it cannot be read before CUDA has begun; None where it can.
    """

    index: int
    name: str
    memory_bytes: int
    compute_capability: Version | None
    driver: str
    uuid: str | None = None
    cuda: Version | None = None
    no_meter: str | None = None


def visible_gpus() -> tuple[tuple[Gpu, ...], str | None]:
    """The usable GPUs that CUDA_VISIBLE_DEVICES leaves, in its order, and why there are none."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") == "":
        return (), "CUDA_VISIBLE_DEVICES is empty, which hides every GPU"
    # Physical order, as NVML counts; CUDA's own puts the fastest first. Read when CUDA is first asked.
    os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    gpus, reason = _nvml_gpus()
    if not gpus:
        try:
            gpus = tuple(Gpu(*facts, no_meter=reason or NO_LIBRARY) for facts in driver_gpus())
        except DriverError as error:
            return (), reason or str(error)
    problems = [problem for gpu in gpus if (problem := unusable(gpu))]
    usable = tuple(gpu for gpu in gpus if not unusable(gpu))
    return usable, None if usable else problems[0]


def unusable(gpu: Gpu) -> str | None:
    """Why the installed PyTorch cannot compute on a GPU, and what would help; None where nothing speaks against it."""
    installed, wheel = wheel_cuda()
    if not installed:
        return None
    if wheel is None:
        return NO_CUDA_BUILD.format(name=gpu.name)
    told = {"name": gpu.name, "driver": gpu.driver, "needed": _dotted(wheel)}
    if gpu.cuda and gpu.cuda[0] < wheel[0]:
        return OLD_DRIVER.format(known=_dotted(gpu.cuda), wanted=DRIVER_FOR.get(wheel[0], "of that CUDA"), **told)
    first = CAPABILITY_FOR.get(wheel[0])
    if first and gpu.compute_capability and gpu.compute_capability < first:
        return OLD_GPU.format(had=_dotted(gpu.compute_capability), first=_dotted(first), **told)
    return None


@lru_cache
def wheel_cuda() -> tuple[bool, Version | None]:
    """Whether PyTorch is installed, and the CUDA that it was built with; read from its files, not imported."""
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None:
        return False, None
    text = (Path(found.origin).parent / "version.py").read_text(encoding="utf-8")
    version = re.search(r"^cuda\b.*?=\s*['\"](\d+)\.(\d+)", text, re.MULTILINE)
    return True, (int(version[1]), int(version[2])) if version else None


def _nvml_gpus() -> tuple[tuple[Gpu, ...], str | None]:
    import pynvml

    try:
        pynvml.nvmlInit()
        boards = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        found = [(_nvml_gpu(board, board), _slices(board)) for board in boards]
    except pynvml.NVMLError_LibraryNotFound:
        return (), None
    except pynvml.NVMLError as error:
        return (), f"NVIDIA's management library says: {error}"
    visible = in_order(found, os.environ.get("CUDA_VISIBLE_DEVICES"))
    if found and not visible:
        return (), _why_hidden()
    return visible, None if visible else "the NVIDIA driver lists no GPU"


def _why_hidden() -> str:
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    return (
        "the GPU is cut into slices (MIG), and none was made"
        if named is None
        else (f"CUDA_VISIBLE_DEVICES={named!r} hides every GPU")
    )


def _nvml_gpu(handle: Any, board: Any) -> Gpu:
    import pynvml

    # A slice does not say what it can compute; its board does.
    major, minor = pynvml.nvmlDeviceGetCudaComputeCapability(board)
    return Gpu(
        index=0,
        name=str(pynvml.nvmlDeviceGetName(handle)),
        memory_bytes=int(pynvml.nvmlDeviceGetMemoryInfo(handle).total),
        compute_capability=(int(major), int(minor)),
        driver=str(pynvml.nvmlSystemGetDriverVersion()),
        uuid=str(pynvml.nvmlDeviceGetUUID(handle)),
        cuda=_nvml_cuda(),
    )


def _nvml_cuda() -> Version | None:
    import pynvml

    try:
        number = int(pynvml.nvmlSystemGetCudaDriverVersion())
    except pynvml.NVMLError:
        return None
    return number // 1000, number % 1000 // 10


def _slices(board: Any) -> list[Gpu] | None:
    """The slices of a board in MIG mode, which is then no device itself; None for a whole board."""
    import pynvml

    try:
        if not pynvml.nvmlDeviceGetMigMode(board)[0]:
            return None
    except pynvml.NVMLError:
        return None
    slices = []
    for index in range(pynvml.nvmlDeviceGetMaxMigDeviceCount(board)):
        try:
            slices.append(_nvml_gpu(pynvml.nvmlDeviceGetMigDeviceHandleByIndex(board, index), board))
        except pynvml.NVMLError_NotFound:
            continue
    return slices


def in_order(found: list[tuple[Gpu, list[Gpu] | None]], visible: str | None) -> tuple[Gpu, ...]:
    """Apply CUDA_VISIBLE_DEVICES as CUDA does: numbers or UUIDs, cut off at the first that does not exist.

    CUDA counts one slice at most, and no whole board beside it (NVIDIA's MIG user guide, "Device enumeration").

    Args:
        found: every board with its slices, None where it is whole.
    """
    names = [str(i) for i in range(len(found))] if visible is None else [part.strip() for part in visible.split(",")]
    chosen: list[Gpu] = []
    for name in names:
        match = _named(name, found)
        if match is None and visible is not None:
            break
        chosen += [match] if match else []
    if sliced := [gpu for gpu in chosen if _is_slice(gpu)]:
        chosen = sliced[:1]
    return tuple(replace(gpu, index=index) for index, gpu in enumerate(chosen))


def _named(name: str, found: list[tuple[Gpu, list[Gpu] | None]]) -> Gpu | None:
    devices = [[board] if slices is None else slices for board, slices in found]
    if name.isdigit():
        return next(iter(devices[int(name)]), None) if int(name) < len(devices) else None
    everything = [gpu for each in devices for gpu in each]
    return next((gpu for gpu in everything if name and gpu.uuid and gpu.uuid.startswith(name)), None)


def _is_slice(gpu: Gpu) -> bool:
    return bool(gpu.uuid and gpu.uuid.startswith("MIG-"))


def _dotted(version: Version) -> str:
    return f"{version[0]}.{version[1]}"
