"""Tensors of the simulated card: PyTorch takes them for CUDA's, and the processor computes with what they hold.

`DeviceTensor` says `cuda:N` to Python and to PyTorch's C++ alike; every operator comes to `__torch_dispatch__`, runs
on the tensors inside, and its results are wrapped again. Kernels of CUDA are replaced where an operator makes a tensor
from nothing (`empty`) or from one of the processor (`copy_`), for every thread, until the simulation ends.

With `computes=False` the driver leaves out what takes long: every operator on large tensors gives zeros. Memory, calls
and devices are the same, so models of full size run in a minute, and what they say means nothing.
"""

import ctypes
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from torch.utils._pytree import tree_flatten, tree_map, tree_unflatten

from tests.simulated_gpu.driver import ASSERTED, Driver

CPU = torch.device("cpu")
GUARDS = "_ZN3c104impl26device_guard_impl_registryE"
CUDA_SLOT, META_SLOT, SLOTS = 1, 14, 20
MIXED = "Expected all tensors to be on the same device, but found at least two devices, {found}!"
WRONG_GENERATOR = "Expected a 'cuda' device type for generator but found 'cpu'"
aten = torch.ops.aten
ATTENTION = aten.scaled_dot_product_attention.default
"""Left whole: C++ would ask the real card which kernel it has, and the processor has a fused one."""
LARGE = 2**16
"""Numbers of an input from which on an operator takes long."""
TAKES_BOTH = {
    "copy_",
    "_to_copy",
    "index",
    "index_put_",
    "_index_put_impl_",
    "set_",
    "lift_fresh",
    "_local_scalar_dense",
}
"""Operators that real kernels too take tensors of the processor with."""
LOOKUPS = {"embedding", "index_select", "gather", "index", "take"}
"""Kernels that check an index on the card: a wrong one asserts there, and the program hears of it at a later call."""
generators_of_cards: set[int] = set()
"""PyTorch hands an operator another Python object for the same generator."""
_driver: Driver | None = None


def driver() -> Driver:
    if _driver is None:
        raise RuntimeError("no simulation is on")
    return _driver


def indexed(device: Any) -> torch.device | None:
    """The device with its number; `cuda` alone is the current one."""
    found = torch.device(device) if device is not None else None
    return torch.device("cuda", driver().current) if found and found.type == "cuda" and found.index is None else found


class DeviceTensor(torch.Tensor):
    """A tensor on the simulated card; `inner` holds its numbers."""

    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, inner: torch.Tensor, device: torch.device) -> "DeviceTensor":
        shape = {"strides": inner.stride(), "storage_offset": inner.storage_offset(), "layout": inner.layout}
        # Never an inference tensor: of those PyTorch refuses views that it did not make itself.
        with torch.inference_mode(False):
            return torch.Tensor._make_wrapper_subclass(cls, inner.size(), dtype=inner.dtype, device=device, **shape)

    def __init__(self, inner: torch.Tensor, device: torch.device) -> None:
        self.inner = inner
        _account(inner, device)

    def __tensor_flatten__(self) -> tuple[list[str], torch.device]:
        return ["inner"], self.device

    @staticmethod
    def __tensor_unflatten__(parts: dict[str, Any], device: torch.device, *_: Any) -> "DeviceTensor":
        return DeviceTensor(parts["inner"], device)

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})

    def untyped_storage(self) -> Any:
        return self.inner.untyped_storage()

    def tolist(self) -> Any:
        return self.cpu().tolist()

    def numpy(self, **_: Any) -> Any:
        raise TypeError(
            f"can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host "
            "memory first."
        )

    def __array__(self, dtype: Any = None) -> Any:
        return self.numpy()

    def __repr__(self) -> str:
        return f"{self.inner!r} on {self.device}"


def attention(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    """Takes the place of `torch.nn.functional.scaled_dot_product_attention`."""
    if isinstance(query, DeviceTensor):
        return _run(ATTENTION, (query, key, value, *args), kwargs)
    return ATTENTION(query, key, value, *args, **kwargs)


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """One operator: on the tensors inside, with the checks of a real card before and its books after."""
    parts = NotImplemented if func is ATTENTION else func.decompose(*args, **kwargs)
    if parts is not NotImplemented:
        return parts  # outside of autograd an operator that is made of others comes whole
    flat, shape = tree_flatten((args, kwargs))
    device = _device_of(func, flat, kwargs)
    name = func._schema.name.partition("::")[2]
    if name == "copy_":
        return _copy(*args, **kwargs)
    driver().check()
    inside = [each.inner if isinstance(each, DeviceTensor) else _on_host(each) for each in flat]
    inner_args, inner_kwargs = tree_unflatten(inside, shape)
    started = perf_counter()
    try:
        out = _computed(func, name, inner_args, inner_kwargs)
    except IndexError:
        if name not in LOOKUPS:
            raise
        driver().sticky = ASSERTED
        out = func(*_in_range(inner_args), **inner_kwargs)
    source = next((each.device for each in flat if isinstance(each, DeviceTensor)), device)
    driver().launched(int(source.index), perf_counter() - started)
    if device.type != "cuda":
        return out
    written = _written(func, args, kwargs)
    if isinstance(out, torch.Tensor):
        return written[0] if written else DeviceTensor(out, device)
    return written or tree_map(lambda each: DeviceTensor(each, device) if type(each) is torch.Tensor else each, out)


def _written(func: Any, args: Any, kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """The arguments that an operator writes into and returns; none where it makes new tensors."""
    if not all(each.alias_info and each.alias_info.is_write for each in func._schema.returns):
        return ()
    given = dict(zip((each.name for each in func._schema.arguments), args, strict=False)) | kwargs
    written = [each.name for each in func._schema.arguments if each.alias_info and each.alias_info.is_write]
    return tuple(given[name] for name in written)


def _device_of(func: Any, flat: list[Any], kwargs: dict[str, Any]) -> torch.device:
    """Where the result goes; refuses tensors of different places, as CUDA does."""
    own = {each.device for each in flat if isinstance(each, DeviceTensor)}
    name = func._schema.name.partition("::")[2]
    foreign = {
        each.device for each in flat if isinstance(each, torch.Tensor) and each.device.type == "cpu" and each.dim()
    }
    if len(own | foreign) > 1 and name not in TAKES_BOTH:
        raise RuntimeError(MIXED.format(found=" and ".join(sorted(map(str, own | foreign)))))
    target = indexed(kwargs.get("device")) or next(iter(own), CPU)
    generator = kwargs.get("generator")
    if target.type == "cuda" and generator is not None and generator._cdata not in generators_of_cards:
        raise RuntimeError(WRONG_GENERATOR)
    return target


def _on_host(value: Any) -> Any:
    return CPU if isinstance(value, torch.device) and value.type == "cuda" else value


def _computed(func: Any, name: str, args: Any, kwargs: dict[str, Any]) -> Any:
    """What the processor makes of it, where its kernels differ from a card's as the card's would."""
    if not driver().computes and name not in TAKES_BOTH and _takes_long(func, args):
        return _zeros(func, args, kwargs)
    if name in ("_softmax", "_log_softmax") and args[2]:
        return func(args[0].float(), args[1], False)  # a card widens half precision on the way
    return func(*args, **kwargs)


def _takes_long(func: Any, args: Any) -> bool:
    """Whether an operator computes new numbers from large tensors; views of them cost nothing."""
    if any(each.alias_info and not each.alias_info.is_write for each in func._schema.returns):
        return False
    given = (each for each in tree_flatten(args)[0] if isinstance(each, torch.Tensor))
    return any(each.is_floating_point() and each.numel() >= LARGE for each in given)


def _zeros(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """Zeros of the shapes that the operator would give; what it writes into stays as it is."""
    meant = tree_map(lambda each: each.to("meta") if isinstance(each, torch.Tensor) else each, (args, kwargs))
    shapes = func(*meant[0], **meant[1])
    return tree_map(lambda each: torch.zeros_like(each, device=CPU) if isinstance(each, torch.Tensor) else each, shapes)


def _in_range(args: Any) -> Any:
    """Indices that the processor takes, so that the failed kernel leaves some result."""
    return tree_map(lambda each: torch.zeros_like(each) if _is_index(each) else each, args)


def _is_index(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.dtype in (torch.int32, torch.int64)


def _copy(destination: torch.Tensor, source: torch.Tensor, non_blocking: bool = False) -> torch.Tensor:
    driver().check()
    pair = [each.inner if isinstance(each, DeviceTensor) else each for each in (destination, source)]
    started = perf_counter()
    pair[0].copy_(pair[1])
    on_card = next(each for each in (destination, source) if isinstance(each, DeviceTensor))
    driver().launched(int(on_card.device.index), perf_counter() - started)
    return destination


def _account(inner: torch.Tensor, device: torch.device) -> None:
    """Write a storage into the books of its device once, and out when the last tensor of it is gone."""
    storage = inner.untyped_storage()
    if storage in _known:
        return
    torch.cuda._lazy_init()  # C++ calls it once per process, and this may be its second simulation
    books = driver().devices[int(device.index)]
    books.has_context = True
    size = books.allocate(storage.nbytes())
    _known[storage] = size
    weakref.finalize(storage, books.free, size)


_known: "weakref.WeakKeyDictionary[Any, int]" = weakref.WeakKeyDictionary()


def _empty(size: Any, *, dtype: Any = None, layout: Any = None, device: Any = None, pin_memory: Any = None,
           memory_format: Any = None) -> torch.Tensor:  # fmt: skip
    driver().check()
    inner = torch.empty(size, dtype=dtype, memory_format=memory_format or torch.contiguous_format)
    return DeviceTensor(inner, indexed(device) or torch.device("cuda", driver().current))


def _empty_strided(size: Any, stride: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
                   pin_memory: Any = None) -> torch.Tensor:  # fmt: skip
    driver().check()
    inner = torch.empty_strided(size, stride, dtype=dtype)
    return DeviceTensor(inner, indexed(device) or torch.device("cuda", driver().current))


@contextmanager
def tensors_of(simulated: Driver) -> Iterator[None]:
    """Replace CUDA's kernels and device guard while the block runs."""
    global _driver
    library = torch.library.Library("aten", "IMPL")
    for name, kernel in {"empty.memory_format": _empty, "empty_strided": _empty_strided, "copy_": _copy}.items():
        library.impl(name, kernel, "CUDA", allow_override=True)
    # C++ asks the guard for the current device; that of the meta device does nothing and needs no driver.
    c10 = ctypes.CDLL(str(Path(torch.__file__).parent / "lib" / "libc10.so"))
    guards = (ctypes.c_void_p * SLOTS).in_dll(c10, GUARDS)
    real, guards[CUDA_SLOT] = guards[CUDA_SLOT], guards[META_SLOT]
    swaps = torch.__future__.get_swap_module_params_on_conversion()
    torch.__future__.set_swap_module_params_on_conversion(True)
    _driver = simulated
    try:
        yield
    finally:
        torch.__future__.set_swap_module_params_on_conversion(swaps)
        guards[CUDA_SLOT] = real
        library._destroy()
