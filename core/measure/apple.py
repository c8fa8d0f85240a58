"""Apple's GPUs, which torch calls `mps`. Written after PyTorch's documentation; nobody has tried it on a Mac yet.

Their memory is the machine's RAM. PyTorch says how much its tensors take and how much it holds of Metal's; a peak, a
clock of the device and what other programs take are not to be had.
"""

import platform
import sys
from typing import Any

DEVICE = "mps"
NO_PEAK = "Metal keeps no peak"
NOT_BEGUN = "PyTorch was not imported yet"
NO_DRIVER_METER = "Metal does not say what all programs take of the GPU"


def apple_gpu() -> str | None:
    """The name of this machine's Apple GPU; None where it has none."""
    is_apple = platform.system() == "Darwin" and platform.machine() == "arm64"
    return "Apple GPU" if is_apple else None


def synchronise() -> None:
    """Wait until the GPU has done everything that it was asked to do; before torch was imported that is nothing."""
    torch = _torch()
    if torch is not None:
        torch.mps.synchronize()


def empty_cache() -> None:
    """Give what PyTorch keeps for later back to Metal."""
    torch = _torch()
    if torch is not None and hasattr(torch, "backends") and torch.backends.mps.is_available():
        torch.mps.empty_cache()


def held() -> dict[str, int | str | None]:
    """What PyTorch's tensors take on the GPU, and what it holds of Metal's memory, as meters in bytes."""
    torch = _torch()
    if torch is None:
        return unread(NOT_BEGUN)
    return {
        "allocated_bytes": int(torch.mps.current_allocated_memory()),
        "reserved_bytes": int(torch.mps.driver_allocated_memory()),
    }


def unread(reason: str) -> dict[str, int | str | None]:
    """Both meters without a value."""
    empty: dict[str, int | str | None] = {"allocated_bytes": None, "allocated_bytes_reason": reason}
    return {**empty, "reserved_bytes": None, "reserved_bytes_reason": reason}


def free_bytes() -> int | None:
    """What PyTorch may still take before Metal slows down; None before it was imported."""
    torch = _torch()
    if torch is None:
        return None
    return max(0, int(torch.mps.recommended_max_memory()) - int(torch.mps.current_allocated_memory()))


def _torch() -> Any:
    """The web process reads this module's names, too, and never imports torch."""
    return sys.modules.get("torch")
