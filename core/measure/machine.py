"""What this machine is, read without torch: processor, memory, disk, GPUs.

The web process and the planner read it, so it has to be quick and must not create a CUDA context.

    >>> this_machine().label
    'AMD EPYC, 2 cores, 23.5 GiB RAM, no GPU'
"""

import os
import platform
import shutil
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import psutil

from core.config import config
from core.measure.cuda_driver import DriverError, driver_gpus
from core.units import gib

CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Gpu:
    """One GPU that this process may use; `index` counts as CUDA counts, from 0 among the visible ones."""

    index: int
    name: str
    memory_bytes: int
    compute_capability: tuple[int, int] | None
    driver: str
    uuid: str | None = None


@dataclass(frozen=True)
class Machine:
    """Facts of one machine; sizes in bytes. `gpu_reason` says why no GPU is listed."""

    cpu_name: str
    cpu_cores: int
    ram_bytes: int
    disk_total_bytes: int
    disk_free_bytes: int
    gpus: tuple[Gpu, ...]
    gpu_reason: str | None
    os: str
    python: str

    @property
    def label(self) -> str:
        """One line that names the machine beside a figure."""
        cores = "1 core" if self.cpu_cores == 1 else f"{self.cpu_cores} cores"
        gpus = ", ".join(gpu.name for gpu in self.gpus) or "no GPU"
        return f"{self.cpu_name}, {cores}, {gib(self.ram_bytes)} RAM, {gpus}"


@lru_cache
def this_machine() -> Machine:
    """The machine that this process runs on, read once."""
    return read_machine()


def read_machine() -> Machine:
    """The machine as it is now; the disk is the one that weights are written to."""
    disk = shutil.disk_usage(_existing(config().cache_dir))
    gpus, reason = visible_gpus()
    return Machine(
        cpu_name=cpu_name(),
        cpu_cores=usable_cores(),
        ram_bytes=ram_bytes(),
        disk_total_bytes=disk.total,
        disk_free_bytes=disk.free,
        gpus=gpus,
        gpu_reason=reason,
        os=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
    )


def gpu_of(device: str, machine: Machine) -> Gpu | None:
    """The GPU that `device` names, or the first one; None where there is none."""
    index = int(device.partition(":")[2] or 0)
    return machine.gpus[index] if index < len(machine.gpus) else None


def cpu_name() -> str:
    """The processor's name as it gives it itself."""
    if CPUINFO.exists():
        for line in CPUINFO.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def usable_cores() -> int:
    """Cores that this process may run on, which can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def ram_bytes() -> int:
    """RAM of the machine, or the container's limit where that is lower."""
    total = int(psutil.virtual_memory().total)
    limit = CGROUP_LIMIT.read_text().strip() if CGROUP_LIMIT.exists() else "max"
    return min(total, int(limit)) if limit.isdigit() else total


def visible_gpus() -> tuple[tuple[Gpu, ...], str | None]:
    """The GPUs that CUDA_VISIBLE_DEVICES leaves, in its order, and why there are none."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") == "":
        return (), "CUDA_VISIBLE_DEVICES is empty, which hides every GPU"
    gpus, reason = _nvml_gpus()
    if not gpus:
        try:
            return tuple(Gpu(*facts) for facts in driver_gpus()), None
        except DriverError as error:
            return (), reason or str(error)
    return gpus, reason


def _nvml_gpus() -> tuple[tuple[Gpu, ...], str | None]:
    import pynvml

    try:
        pynvml.nvmlInit()
        driver = str(pynvml.nvmlSystemGetDriverVersion())
        handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        found = [_nvml_gpu(handle, driver) for handle in handles]
    except pynvml.NVMLError_LibraryNotFound:
        return (), None
    except pynvml.NVMLError as error:
        return (), f"NVIDIA's management library says: {error}"
    visible = _in_order(found, os.environ.get("CUDA_VISIBLE_DEVICES"))
    if found and not visible:
        return (), f"CUDA_VISIBLE_DEVICES={os.environ['CUDA_VISIBLE_DEVICES']!r} hides every GPU"
    return visible, None if visible else "the NVIDIA driver lists no GPU"


def _nvml_gpu(handle: Any, driver: str) -> Gpu:
    import pynvml

    major, minor = pynvml.nvmlDeviceGetCudaComputeCapability(handle)
    return Gpu(
        index=0,
        name=str(pynvml.nvmlDeviceGetName(handle)),
        memory_bytes=int(pynvml.nvmlDeviceGetMemoryInfo(handle).total),
        compute_capability=(int(major), int(minor)),
        driver=driver,
        uuid=str(pynvml.nvmlDeviceGetUUID(handle)),
    )


def _in_order(found: list[Gpu], visible: str | None) -> tuple[Gpu, ...]:
    """Apply CUDA_VISIBLE_DEVICES as CUDA does: numbers or UUIDs, cut off at the first that does not exist."""
    chosen: list[Gpu] = []
    names = [str(i) for i in range(len(found))] if visible is None else [part.strip() for part in visible.split(",")]
    for name in names:
        by_uuid = [gpu for gpu in found if name and gpu.uuid and gpu.uuid.startswith(name)]
        by_index = [found[int(name)]] if name.isdigit() and int(name) < len(found) else []
        match = by_index or by_uuid
        if not match:
            break
        gpu = match[0]
        chosen.append(
            Gpu(len(chosen), gpu.name, gpu.memory_bytes, gpu.compute_capability, gpu.driver, gpu.uuid),
        )
    return tuple(chosen)


def _existing(path: Path) -> Path:
    """The path itself or its nearest parent that exists."""
    return next(parent for parent in (path, *path.parents) if parent.exists())
