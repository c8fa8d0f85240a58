"""The memory meters, always named, in bytes.

    allocated_bytes     tensors that PyTorch holds on the GPU
    reserved_bytes      what PyTorch keeps from the driver, tensors and its cache
    device_used_bytes   what the driver counts on the whole GPU, as nvidia-smi and Colab show it
    process_rss_bytes   host RAM of this process

A meter that is not there reads None, with `<meter>_reason` beside it. `device_used` comes from NVML, which answers
without creating a CUDA context, so that a baseline can be read before CUDA takes its share.

One reading takes about 30 microseconds on a CPU-only machine.
"""

import ctypes
import gc
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from core.measure import apple
from core.measure.machine import Machine, gpu_of

Reading = dict[str, int | str | None]

METERS = ("allocated_bytes", "reserved_bytes", "device_used_bytes", "process_rss_bytes")
NO_GPU_RUN = "no CUDA device in this run"
NOT_YET = "CUDA has not been initialised yet"
NO_PEAK = "this operating system keeps no resettable peak of a process's memory"
STATUS = Path("/proc/self/status")
CLEAR_REFS = Path("/proc/self/clear_refs")
RESET_PEAK_RSS = "5"
NVML_SAYS = "NVIDIA's management library says: {error}"
CUDA_ANSWERED = "CUDA was asked before, and counts differently from NVIDIA's management library"
_handles: dict[str | None, Any] = {}
"""NVML's handle of each GPU that has answered."""


@dataclass(frozen=True)
class Room:
    """A device's memory: what a process could still take of it (None where no meter says), and all of it."""

    free_bytes: int | None
    total_bytes: int


class Meters:
    """The four meters for one run.

    Args:
        device: `cpu`, `cuda[:N]` or `mps`; where the run computes.
        machine: this machine. On a CPU run `device_used` is read from the first GPU, to show that it stays as it is.
    """

    def __init__(self, device: str, machine: Machine) -> None:
        self.device = device
        self.is_cuda = device.startswith("cuda")
        self.is_mps = device == apple.DEVICE
        self.gpu_reason = machine.gpu_reason or "this machine has no GPU"
        self.gpu = gpu_of(device, machine)
        self._total_bytes = self.gpu.memory_bytes if self.is_cuda and self.gpu else machine.ram_bytes
        self.highest_device_used: int | None = None
        self._process = psutil.Process()
        self._peak_rss_is_ours = False
        self._nvml_has_answered = self._cuda_has_answered = False

    def read(self) -> Reading:
        """All four meters now."""
        reading: Reading = {"process_rss_bytes": int(self._process.memory_info().rss)}
        reading |= self._device_used()
        reading |= self._of_torch("memory_allocated", "memory_reserved")
        return reading

    def reset_peaks(self) -> None:
        """Start the peak meters again from here."""
        self.highest_device_used = None
        if self.is_cuda and has_context(self.device):
            import torch

            torch.cuda.reset_peak_memory_stats(self.device)
        self._peak_rss_is_ours = _reset_peak_rss()

    def peaks(self) -> Reading:
        """The highest value of each meter since `reset_peaks`; device_used only as high as it was seen."""
        self.read()
        peak = _peak_rss() if self._peak_rss_is_ours else None
        reading: Reading = {"process_rss_bytes": peak}
        if peak is None:
            reading["process_rss_bytes_reason"] = NO_PEAK
        reading["device_used_bytes"] = self.highest_device_used
        if self.highest_device_used is None:
            reading["device_used_bytes_reason"] = str(self._device_used().get("device_used_bytes_reason"))
        else:
            reading["device_used_bytes_basis"] = "the highest of the readings; the driver keeps no peak"
        if self.is_mps:
            return reading | apple.unread(apple.NO_PEAK)
        return reading | self._of_torch("max_memory_allocated", "max_memory_reserved")

    def room(self) -> Room:
        """What this process could still take of the run's device, freed blocks that PyTorch keeps included."""
        return Room(self._free(), self._total_bytes)

    def _free(self) -> int | None:
        if self.is_mps:
            return apple.free_bytes()
        if not self.is_cuda:
            # In a container the machine's own figure can be more than the container may take.
            own = int(self._process.memory_info().rss)
            return max(0, min(int(psutil.virtual_memory().available), self._total_bytes - own))
        if has_context(self.device):
            import torch

            kept = torch.cuda.memory_reserved(self.device) - torch.cuda.memory_allocated(self.device)
            return int(torch.cuda.mem_get_info(self.device)[0] + kept)
        used, _ = self._ask_driver()
        return None if used is None else max(0, self._total_bytes - used)

    def _device_used(self) -> Reading:
        used, reason = self._ask_driver()
        if used is None:
            return {"device_used_bytes": None, "device_used_bytes_reason": reason}
        self.highest_device_used = max(used, self.highest_device_used or 0)
        return {"device_used_bytes": used}

    def _ask_driver(self) -> tuple[int | None, str]:
        if self.is_mps:
            return None, apple.NO_DRIVER_METER
        if self.gpu is None:
            return None, self.gpu_reason
        # Two meters that count differently must not be subtracted from each other: the first that answers is kept.
        used, reason = (None, CUDA_ANSWERED) if self._cuda_has_answered else nvml_used(self.gpu.uuid)
        if used is not None or self._nvml_has_answered:
            self._nvml_has_answered = True
            return used, reason
        if self.is_cuda and has_context(self.device):
            import torch

            self._cuda_has_answered = True
            free, total = torch.cuda.mem_get_info(self.device)
            return int(total - free), ""
        return None, f"{reason}, and CUDA cannot say before it is initialised"

    def _of_torch(self, allocated: str, reserved: str) -> Reading:
        if self.is_mps:
            return apple.held()
        if not (self.is_cuda and has_context(self.device)):
            reason = NOT_YET if self.is_cuda else NO_GPU_RUN
            empty = {"allocated_bytes": None, "allocated_bytes_reason": reason}
            return {**empty, "reserved_bytes": None, "reserved_bytes_reason": reason}
        import torch

        return {
            "allocated_bytes": int(getattr(torch.cuda, allocated)(self.device)),
            "reserved_bytes": int(getattr(torch.cuda, reserved)(self.device)),
        }


def has_context(device: str | None = None) -> bool:
    """Whether CUDA's part of this process exists on a GPU, without creating it and without importing torch.

    Imports of bitsandbytes and torchao initialise `torch.cuda`, which counts the GPUs and takes no memory. Only the
    first tensor, stream or synchronise makes a context on one GPU, and that takes hundreds of megabytes.

    Args:
        device: `cuda[:N]`; None asks for any GPU.
    """
    torch = sys.modules.get("torch")
    # A module that is still being imported has no `cuda` yet, and has made no context.
    if torch is None or not hasattr(torch, "cuda") or not torch.cuda.is_initialized():
        return False
    indices = range(torch.cuda.device_count()) if device is None else [int(device.partition(":")[2] or 0)]
    return any(torch._C._cuda_hasPrimaryContext(index) for index in indices)


def give_back() -> None:
    """Return everything that is free to the operating system and the driver.

    The C library keeps freed blocks for later: 0.6 to 1.8 GiB after Qwen3-0.6B in float32, in trials on Linux.
    """
    gc.collect()
    if has_context():
        import torch

        torch.cuda.empty_cache()
    apple.empty_cache()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def nvml_handle(uuid: str | None) -> tuple[Any, str]:
    """NVML's handle of a GPU or a slice of one, or None and why. A failure is asked again the next time."""
    import pynvml

    if uuid is None:
        return None, "the GPU's UUID is unknown"
    try:
        pynvml.nvmlInit()
        return pynvml.nvmlDeviceGetHandleByUUID(uuid), ""
    except pynvml.NVMLError as error:
        return None, NVML_SAYS.format(error=error)


def nvml_used(uuid: str | None) -> tuple[int | None, str]:
    """Bytes in use on a GPU as NVML counts them, or None and why."""
    import pynvml

    handle, reason = _kept_handle(uuid)
    if handle is None:
        return None, reason
    try:
        # Version 2 counts as nvidia-smi does: without the part that the driver keeps for itself.
        return int(pynvml.nvmlDeviceGetMemoryInfo(handle, version=pynvml.nvmlMemory_v2).used), ""
    except (pynvml.NVMLError_FunctionNotFound, pynvml.NVMLError_NotSupported, pynvml.NVMLError_ArgumentVersionMismatch):
        return _used_as_before(handle)
    except pynvml.NVMLError as error:
        return None, NVML_SAYS.format(error=error)


def _used_as_before(handle: Any) -> tuple[int | None, str]:
    """The first version of the meter, where a driver or a slice has no other."""
    import pynvml

    try:
        return int(pynvml.nvmlDeviceGetMemoryInfo(handle).used), ""
    except pynvml.NVMLError as error:
        return None, NVML_SAYS.format(error=error)


def _kept_handle(uuid: str | None) -> tuple[Any, str]:
    """As `nvml_handle`, quick enough for ten readings a second: what was found is kept, a failure is not."""
    if uuid not in _handles:
        handle, reason = nvml_handle(uuid)
        if handle is None:
            return None, reason
        _handles[uuid] = handle
    return _handles[uuid], ""


def _reset_peak_rss() -> bool:
    if not CLEAR_REFS.exists():
        return False
    try:
        CLEAR_REFS.write_text(RESET_PEAK_RSS)
    except OSError:
        return False
    return True


def _peak_rss() -> int | None:
    for line in STATUS.read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None
