"""What this machine is, read without torch: processor, memory, disk, GPUs.

The web process and the planner read it, so it has to be quick and must not create a CUDA context.

    >>> this_machine().label
    'AMD EPYC, 2 cores, 23.5 GiB RAM, no GPU'
"""

import os
import platform
import shutil
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import psutil

from core.config import config
from core.measure.apple import apple_gpu
from core.measure.gpus import Gpu, visible_gpus
from core.units import GIB, gib

CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Machine:
    """Facts of one machine; sizes in bytes.

    Attributes:
        gpu_reason: why no GPU of NVIDIA's is listed.
        limit_bytes: what a worker may take of each GPU, or of the RAM where there is none, if that is less than all;
            the sizes of the RAM and the GPUs are then no more than this.
    """

    cpu_name: str
    cpu_cores: int
    ram_bytes: int
    disk_total_bytes: int
    disk_free_bytes: int
    gpus: tuple[Gpu, ...]
    gpu_reason: str | None
    os: str
    python: str
    limit_bytes: int | None = None
    apple_gpu: str | None = None

    @property
    def gpu_names(self) -> list[str]:
        """The GPUs as torch names them."""
        return [f"cuda:{gpu.index}" for gpu in self.gpus] or (["mps"] if self.apple_gpu else [])

    @property
    def label(self) -> str:
        """One line that names the machine beside a figure."""
        cores = "1 core" if self.cpu_cores == 1 else f"{self.cpu_cores} cores"
        gpus = ", ".join(gpu.name for gpu in self.gpus) or self.apple_gpu or "no GPU"
        limit = f", limited to {gib(self.limit_bytes)}" if self.limit_bytes else ""
        return f"{self.cpu_name}, {cores}, {gib(self.ram_bytes)} RAM, {gpus}{limit}"


@lru_cache
def this_machine() -> Machine:
    """The machine that this process runs on, read once."""
    return read_machine()


def read_machine() -> Machine:
    """The machine as it is now; the disk is the one that weights are written to."""
    disk = shutil.disk_usage(_existing(config().cache_dir))
    gpus, reason = visible_gpus()
    found = Machine(
        cpu_name=cpu_name(),
        cpu_cores=usable_cores(),
        ram_bytes=ram_bytes(),
        disk_total_bytes=disk.total,
        disk_free_bytes=disk.free,
        gpus=gpus,
        gpu_reason=reason,
        os=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        apple_gpu=apple_gpu(),
    )
    limit_gib = config().memory_limit_gib
    return _limited(found, round(limit_gib * GIB)) if limit_gib else found


def _limited(machine: Machine, limit_bytes: int) -> Machine:
    """The machine as one whose GPUs, or whose RAM where it has none, are no larger than this."""
    gpus = tuple(replace(gpu, memory_bytes=min(gpu.memory_bytes, limit_bytes)) for gpu in machine.gpus)
    ram = machine.ram_bytes if gpus else min(machine.ram_bytes, limit_bytes)
    return replace(machine, gpus=gpus, ram_bytes=ram, limit_bytes=limit_bytes)


def gpu_of(device: str, machine: Machine) -> Gpu | None:
    """NVIDIA's GPU that `device` names, `cuda` and `cpu` meaning CUDA's first; None where none is there or usable."""
    index = int(device.partition(":")[2] or 0)
    return next((gpu for gpu in machine.gpus if gpu.index == index), None)


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


def _existing(path: Path) -> Path:
    """The path itself or its nearest parent that exists."""
    return next(parent for parent in (path, *path.parents) if parent.exists())
