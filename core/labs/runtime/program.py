"""What is this machine? Processor, memory, disk, GPUs and software (the lesson's Q1 and Q2).

Needs: pip install torch psutil
"""

import platform
import shutil
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import psutil
import torch

PACKAGES = ["torch", "transformers", "diffusers", "ultralytics"]


def facts(disk: str = "/", stage: Callable[[str], None] = print) -> dict[str, Any]:
    """Everything that decides what this machine can run. Sizes are in bytes. `stage` is told what happens."""
    stage("Reading processor, memory and disk")
    memory, space = psutil.virtual_memory(), shutil.disk_usage(disk)
    found: dict[str, Any] = {
        "processor": platform.processor() or platform.machine(),
        "cores": psutil.cpu_count(),
        "ram_bytes": memory.total,
        "ram_available_bytes": memory.available,
        "disk_total_bytes": space.total,
        "disk_free_bytes": space.free,
        "os": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }
    stage("Asking PyTorch for GPUs")
    found["cuda_available"] = torch.cuda.is_available()
    found["torch_cuda"] = torch.version.cuda  # None: this PyTorch was built for the CPU only
    # A driver that is too old for this PyTorch lists GPUs that cannot be asked for anything.
    found["gpus"] = gpus() if found["cuda_available"] else []

    stage("Reading software versions")
    found["software"] = {name: installed(name) for name in PACKAGES}
    return found


def gpus() -> list[dict[str, Any]]:
    """Every GPU that PyTorch can use."""
    torch.cuda.init()  # only then it counts as CUDA does: of boards in slices (MIG) one slice in all
    return [gpu(index) for index in range(torch.cuda.device_count())]


def gpu(index: int) -> dict[str, Any]:
    """Name, memory and compute capability of one GPU, as PyTorch sees it."""
    properties = torch.cuda.get_device_properties(index)
    return {
        "name": properties.name,
        "memory_bytes": properties.total_memory,
        "compute_capability": [properties.major, properties.minor],
    }


def installed(name: str) -> str | None:
    """The version of a package, or None where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None
