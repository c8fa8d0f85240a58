"""`torch.cuda`, answered by the simulated driver. PyTorch's own Python code stays; its C functions are replaced."""

import weakref
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch.utils._device import _device_constructors

from tests.simulated_gpu.driver import TOO_OLD, Driver
from tests.simulated_gpu.tensors import attention, generators_of_cards, indexed

OTHER_DEVICE = "Event device {event} does not match recording stream's device {stream}."
NOT_RECORDED = "Both events must be recorded before calculating elapsed time."


@dataclass(frozen=True)
class Stream:
    device_index: int
    driver: Driver

    @property
    def device(self) -> torch.device:
        return torch.device("cuda", self.device_index)

    def synchronize(self) -> None:
        self.driver.device(self.device_index)


class Event:
    """A moment by its device's clock; belongs to the device of the stream that it was first recorded on."""

    driver: Driver

    def __init__(self, enable_timing: bool = False, **_: Any) -> None:
        self.index: int | None = None
        self.seconds = 0.0

    def record(self, stream: Stream | None = None) -> None:
        on = self.driver.current if stream is None else stream.device_index
        if self.index not in (None, on):
            raise RuntimeError(OTHER_DEVICE.format(event=self.index, stream=on))
        self.driver.device(on)
        self.index, self.seconds = on, self.driver.now_s(on)

    def synchronize(self) -> None:
        self.driver.check()

    def query(self) -> bool:
        return True

    def elapsed_time(self, end: "Event") -> float:
        self.driver.check()
        if self.index is None or end.index is None:
            raise ValueError(NOT_RECORDED)
        if self.index != end.index:
            raise RuntimeError("CUDA error: invalid resource handle")
        return (end.seconds - self.seconds) * 1e3


class Generator(torch.Generator):
    """A generator of the card. Its numbers are the processor's, not those that a real card would draw."""

    def __new__(cls, device: Any = "cpu") -> Any:
        is_card = torch.device(device).type == "cuda"
        return torch._C.Generator.__new__(cls if is_card else torch._C.Generator, device="cpu")

    def __init__(self, device: Any = "cpu") -> None:
        self._device = indexed(device)
        generators_of_cards.add(self._cdata)
        weakref.finalize(self, generators_of_cards.discard, self._cdata)

    @property
    def device(self) -> torch.device:
        return self._device  # type: ignore[return-value]


def install(driver: Driver, patch: pytest.MonkeyPatch) -> None:
    """Replace what `torch.cuda` calls."""
    calls = Calls(driver)
    for name in dir(calls):
        if name.startswith("_cuda"):
            patch.setattr(torch._C, name, getattr(calls, name))
    events = type("Event", (Event,), {"driver": driver})
    cuda = {
        "_initialized": False,
        "_cached_device_count": None,
        "_queued_calls": list(torch.cuda._queued_calls),
        "default_generators": (),
        "_get_device_properties": calls.properties,
        "_cudart": SimpleNamespace(cudaMemGetInfo=calls.memory),
        "_exchange_device": calls._cuda_exchangeDevice,
        "_maybe_exchange_device": calls._cuda_maybeExchangeDevice,
        "_raw_device_count_nvml": lambda: -1 if driver.hides_library else len(driver.boards),
        "_raw_device_uuid_nvml": lambda: None if driver.hides_library else [board.uuid for board in driver.boards],
        "Event": events,
        "current_stream": calls.stream,
        "default_stream": calls.stream,
    }
    for name, value in cuda.items():
        patch.setattr(torch.cuda, name, value, raising=False)
    # Remembers the functions by which `with torch.device(…)` acts, which are about to be replaced.
    _device_constructors()
    patch.setattr(torch, "Generator", Generator)
    patch.setattr(torch, "compile", not_compiled)
    patch.setattr(torch.nn.functional, "scaled_dot_product_attention", attention)
    for owner, name in ((torch.Tensor, "to"), (torch, "tensor"), (torch, "as_tensor"), (torch, "asarray")):
        patch.setattr(owner, name, with_index(getattr(owner, name)))
    patch.setattr(torch.Tensor, "cuda", lambda tensor, device=None, *_, **__: tensor.to(device or "cuda"))


def with_index(function: Any) -> Any:
    """C++ would ask a real card for the current device where `cuda` comes without a number."""

    def call(*args: Any, **kwargs: Any) -> Any:
        args = tuple(indexed(each) if _names_cuda(each) else each for each in args)
        return function(*args, **{key: indexed(each) if _names_cuda(each) else each for key, each in kwargs.items()})

    return call


def _names_cuda(value: Any) -> bool:
    return str(value) == "cuda" if isinstance(value, str | torch.device) else False


def not_compiled(model: Any = None, **_: Any) -> Any:
    """There is no compiler for a card that is not there: the model runs as it is."""
    return model if model is not None else lambda function: function


class Calls:
    """The C functions, by their names in `torch._C`."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def _cuda_init(self) -> None:
        if not self._driver.is_usable:
            raise RuntimeError(TOO_OLD.format(found=self._driver.cuda_version))
        if not self._driver.devices:
            raise RuntimeError("No CUDA GPUs are available")
        torch.cuda.default_generators = tuple(Generator(f"cuda:{each.index}") for each in self._driver.devices)

    def _cuda_getDeviceCount(self) -> int:  # noqa: N802
        return len(self._driver.devices) if self._driver.is_usable else 0

    def _cuda_hasPrimaryContext(self, index: int) -> bool:  # noqa: N802
        if not 0 <= index < self._cuda_getDeviceCount():
            raise RuntimeError(f"hasPrimaryContext expects a valid device index, but got device_index={index}")
        return self._driver.devices[index].has_context

    def _cuda_getDevice(self) -> int:  # noqa: N802
        return self._driver.current

    def _cuda_setDevice(self, index: int) -> None:  # noqa: N802
        """Since CUDA 12 a device sets itself up when it becomes the current one."""
        self._driver.device(index)
        self._driver.current = index

    def _cuda_exchangeDevice(self, index: int) -> int:  # noqa: N802
        before = self._driver.current
        if index >= 0 and index != before:
            self._cuda_setDevice(index)
        return before

    def _cuda_maybeExchangeDevice(self, index: int) -> int:  # noqa: N802
        """The way back from a `with`: PyTorch remembers the device, and sets it only where a context is."""
        before = self._driver.current
        if index >= 0:
            self._driver.current = index
        return before

    def _cuda_synchronize(self) -> None:
        self._driver.device()

    def _cuda_emptyCache(self) -> None:  # noqa: N802
        self._driver.check()
        for device in self._driver.devices:
            device.empty_cache()

    def _cuda_memoryStats(self, index: int) -> dict[str, Any]:  # noqa: N802
        device = self._driver.devices[index]
        return {
            "allocated_bytes": {"all": {"current": device.allocated_bytes, "peak": device.peak_allocated_bytes}},
            "reserved_bytes": {"all": {"current": device.reserved_bytes, "peak": device.peak_reserved_bytes}},
        }

    def _cuda_resetPeakMemoryStats(self, index: int) -> None:  # noqa: N802
        self._driver.devices[index].reset_peaks()

    def memory(self, index: int) -> tuple[int, int]:
        """Free and all, as `cudaMemGetInfo`; makes the context."""
        device = self._driver.device(index)
        return device.free_bytes, device.card.memory_bytes

    def properties(self, index: int) -> SimpleNamespace:
        card = self._driver.devices[index].card
        return SimpleNamespace(
            name=card.full_name,
            major=card.compute_capability[0],
            minor=card.compute_capability[1],
            total_memory=card.memory_bytes,
            L2_cache_size=card.cache_bytes,
            multi_processor_count=1,
            uuid=card.uuid,
        )

    def stream(self, device: Any = None) -> Stream:
        torch.cuda._lazy_init()
        index = torch.cuda._utils._get_device_index(device, optional=True)
        return Stream(index, self._driver)
