"""Counts what a network keeps of its way there for the way back: the activations."""

from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

import torch
from torch import Tensor


class Kept:
    """Inside the block, counts every storage that autograd keeps, once, except those of the given tensors.

    >>> with Kept(unet.parameters()) as kept:
    ...     loss = loss_of(unet, …)
    >>> kept.bytes
    """

    def __init__(self, apart: Iterable[Tensor]) -> None:
        self._apart = {_key(tensor) for tensor in apart}
        self._seen: dict[int, Any] = {}
        self._hooks = torch.autograd.graph.saved_tensors_hooks(self._pack, lambda tensor: tensor)

    def __enter__(self) -> Self:
        self._hooks.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hooks.__exit__(kind, value, trace)

    @property
    def bytes(self) -> int:
        """What was kept so far."""
        return sum(storage.nbytes() for storage in self._seen.values())

    def _pack(self, tensor: Tensor) -> Tensor:
        key = _key(tensor)
        if key not in self._apart:
            self._seen[key] = tensor.untyped_storage()  # held, so that its key is not given to another
        return tensor


def _key(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)
