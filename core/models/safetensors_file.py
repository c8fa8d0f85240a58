"""Writes a safetensors file of random weights, tensor by tensor.

The format is an 8-byte length, a JSON header and the raw values, so a file of any size can be written through
a buffer of a few megabytes: SDXL's 5.1 GB UNet never stands in memory. Values come from one seeded block of
normally distributed numbers that is scaled once per standard deviation and then copied, which is as fast as the
disk's cache takes it.

    >>> tensors = [TensorSpec("head.weight", (151_936, 1024), std=0.02)]
    >>> write_safetensors(Path("model.safetensors"), tensors, RandomValues("bfloat16"), print)
"""

import json
import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from core.models.catalog import DTYPE_BYTES

FORMAT_NAMES = {"float32": "F32", "float16": "F16", "bfloat16": "BF16"}
# A prime: rows of a matrix, whose lengths are powers of two, do not repeat.
BLOCK_VALUES = 1_048_573


@dataclass(frozen=True)
class TensorSpec:
    """One tensor: its name in the file, its shape, and the normal distribution of its values."""

    name: str
    shape: tuple[int, ...]
    mean: float = 0.0
    std: float = 0.0
    key: str = ""
    """Tensors of one key get the same values (a tied head that is stored twice)."""

    @property
    def values(self) -> int:
        """Number of values."""
        return math.prod(self.shape)


class RandomValues:
    """Seeded random values as bytes of one dtype."""

    def __init__(self, dtype: str, seed: int = 0) -> None:
        self.dtype = dtype
        self.itemsize = DTYPE_BYTES[dtype]
        self._normal = torch.randn(BLOCK_VALUES, generator=torch.Generator().manual_seed(seed))
        self._scaled: dict[tuple[float, float], memoryview] = {}

    def _block(self, mean: float, std: float) -> memoryview:
        if (mean, std) not in self._scaled:
            values = (self._normal * std + mean).to(getattr(torch, self.dtype))
            self._scaled[mean, std] = memoryview(values.view(torch.uint8).numpy())
        return self._scaled[mean, std]

    def pieces(self, tensor: TensorSpec) -> Iterator[memoryview]:
        """The bytes of `tensor`, in pieces of at most 4 MB."""
        block = self._block(tensor.mean, tensor.std)
        start = zlib.crc32((tensor.key or tensor.name).encode()) % BLOCK_VALUES
        missing = tensor.values
        while missing:
            taken = min(missing, BLOCK_VALUES - start)
            yield block[start * self.itemsize : (start + taken) * self.itemsize]
            start, missing = 0, missing - taken


def header(tensors: Sequence[TensorSpec], dtype: str) -> bytes:
    """The header with its length in front, padded to 8 bytes."""
    entries: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for tensor in tensors:
        start, end = end, end + tensor.values * DTYPE_BYTES[dtype]
        entries[tensor.name] = {"dtype": FORMAT_NAMES[dtype], "shape": tensor.shape, "data_offsets": (start, end)}
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def write_safetensors(
    path: Path, tensors: Sequence[TensorSpec], values: RandomValues, written: Callable[[int], None]
) -> None:
    """Write `tensors` to `path`.

    Args:
        written: called with the number of bytes after every piece; what it raises ends the writing.

    Raises:
        OSError: the disk is full or cannot be written.
    """
    with path.open("wb") as file:
        file.write(header(tensors, values.dtype))
        for tensor in tensors:
            for piece in values.pieces(tensor):
                file.write(piece)
                written(len(piece))
