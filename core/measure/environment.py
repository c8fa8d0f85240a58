"""Under which circumstances a figure was measured: versions, processor, threads, driver, system.

Every run record carries it, so that a figure can be judged and repeated years later.
"""

import os
import sys
import tomllib
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from core.config import ROOT
from core.measure.machine import Machine

PACKAGES = (
    "torch",
    "torchvision",
    "transformers",
    "diffusers",
    "accelerate",
    "ultralytics",
    "bitsandbytes",
    "peft",
    "torchao",
    "safetensors",
    "tokenizers",
    "huggingface_hub",
    "numpy",
    "pillow",
)


@lru_cache
def app_version() -> str:
    """The version of VRAM Lab, as its pyproject.toml says."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


@lru_cache
def package_versions() -> dict[str, str | None]:
    """Installed versions of the libraries that decide a figure; None where one is not installed."""
    return {name: _version(name) for name in PACKAGES}


def environment(machine: Machine) -> dict[str, Any]:
    """The `environment` field of a run record."""
    return {
        "app": app_version(),
        "python": machine.python,
        "os": machine.os,
        "machine": machine.label,
        "cpu": machine.cpu_name,
        "cpu_cores": machine.cpu_cores,
        "ram_bytes": machine.ram_bytes,
        "gpus": [gpu.name for gpu in machine.gpus],
        "gpu_reason": machine.gpu_reason,
        "driver": machine.gpus[0].driver if machine.gpus else None,
        "load_average_1m": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "versions": package_versions(),
        **_of_torch(),
    }


def _of_torch() -> dict[str, Any]:
    torch = sys.modules.get("torch")
    if torch is None:
        return {"torch_threads": None, "torch_threads_reason": "torch was not imported in this run", "cuda": None}
    return {"torch_threads": torch.get_num_threads(), "cuda": torch.version.cuda}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
