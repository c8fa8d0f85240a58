"""Has a worker keep to `memory_limit_gib`, so that a machine plays one with less memory: beyond it, memory is full.

On a GPU PyTorch refuses what is more; what CUDA keeps for itself is not in it. Where a worker has no GPU, the system
refuses what the process has of its own beyond the limit: read-only files that are mapped do not count, those that are
mapped to be changed do.
"""

import os
import resource
import sys
from collections.abc import Sequence

from core.config import config
from core.measure.gpus import visible_gpus
from core.units import GIB

CONFIGURATION = "PYTORCH_CUDA_ALLOC_CONF"


def keep_to_limit(devices: Sequence[str]) -> None:
    """Limit this process, before torch is imported; nothing where no limit is set."""
    limit_bytes = round(config().memory_limit_gib * GIB)
    if not limit_bytes:
        return
    sizes = [gpu.memory_bytes for gpu in visible_gpus()[0] if f"cuda:{gpu.index}" in devices]
    if sizes:
        share = min(1.0, limit_bytes / min(sizes))
        told = [os.environ.get(CONFIGURATION, ""), f"per_process_memory_fraction:{share:.6f}"]
        os.environ[CONFIGURATION] = ",".join(filter(None, told))
    elif sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (limit_bytes, limit_bytes))
