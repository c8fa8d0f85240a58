"""What the simulated driver knows: cards, contexts, memory, clocks, other programs, and what goes wrong."""

import os
from dataclasses import dataclass, field
from importlib import import_module
from itertools import takewhile
from time import perf_counter

from core.measure.gpus import wheel_cuda
from tests.simulated_gpu.cards import MIB, Card

BLOCK_BYTES = 512
SEGMENT_BYTES = 2 * MIB
ASSERTED = "CUDA error: device-side assert triggered"
LOST = "CUDA error: GPU is lost"
TOO_OLD = (
    "The NVIDIA driver on your system is too old (found version {found}). Please update your GPU driver by downloading "
    "and installing a new version from the URL: http://www.nvidia.com/Download/index.aspx"
)
FULL = (
    "CUDA out of memory. Tried to allocate {asked:.2f} MiB. GPU {index} has a total capacity of {total:.2f} GiB of "
    "which {free:.2f} MiB is free. Including non-PyTorch memory, this process has {used:.2f} GiB memory in use."
)


@dataclass
class Device:
    """One CUDA device: its context, the books of PyTorch's allocator, its clock; sizes in bytes."""

    card: Card
    board: Card
    index: int
    has_context: bool = False
    allocated_bytes: int = 0
    reserved_bytes: int = 0
    peak_allocated_bytes: int = 0
    peak_reserved_bytes: int = 0
    foreign_bytes: int = 0
    busy_s: float = 0.0
    launches: int = 0
    launched_at: float = 0.0

    @property
    def used_bytes(self) -> int:
        """What nvidia-smi shows."""
        return self.foreign_bytes + self.reserved_bytes + (self.card.context_bytes if self.has_context else 0)

    @property
    def free_bytes(self) -> int:
        return self.card.memory_bytes - self.used_bytes

    def allocate(self, asked: int) -> int:
        """Take a block; gives its size in whole 512 bytes."""
        size = -(-asked // BLOCK_BYTES) * BLOCK_BYTES
        missing = self.allocated_bytes + size - self.reserved_bytes
        if missing > 0:
            grown = -(-missing // SEGMENT_BYTES) * SEGMENT_BYTES
            if grown > self.free_bytes:
                raise import_module("torch").OutOfMemoryError(self._full(asked))
            self.reserved_bytes += grown
        self.allocated_bytes += size
        self.peak_allocated_bytes = max(self.peak_allocated_bytes, self.allocated_bytes)
        self.peak_reserved_bytes = max(self.peak_reserved_bytes, self.reserved_bytes)
        return size

    def free(self, size: int) -> None:
        self.allocated_bytes -= size

    def empty_cache(self) -> None:
        self.reserved_bytes = -(-self.allocated_bytes // SEGMENT_BYTES) * SEGMENT_BYTES

    def reset_peaks(self) -> None:
        self.peak_allocated_bytes, self.peak_reserved_bytes = self.allocated_bytes, self.reserved_bytes

    def _full(self, asked: int) -> str:
        sizes = {"total": self.card.memory_bytes / 2**30, "free": self.free_bytes / MIB}
        return FULL.format(asked=asked / MIB, index=self.index, used=self.used_bytes / 2**30, **sizes)


@dataclass
class Driver:
    """The driver with its boards. Set the fields to make something happen.

    Attributes:
        version, cuda_version: of the driver, the latter as 1000 · major + 10 · minor.
        hides_library: NVIDIA's management library is not in this container.
        denies: names of the library's functions that this user may not call, or that the card does not support.
        own_pid: how the library lists this process; another number in a container with host process ids.
        foreign_pids: other programs on each board.
        slowed_while_busy: the library's bits for a lowered clock, seen while a kernel runs or just has.
        computes: False leaves out what takes long: operators on large tensors give zeros.
        asserts_at, lost_at: number of the kernel at which an assert fails, or the card disappears.
    """

    boards: tuple[Card, ...]
    version: str = "580.82.07"
    cuda_version: int = 13020
    hides_library: bool = False
    denies: set[str] = field(default_factory=set)
    own_pid: int = field(default_factory=os.getpid)
    foreign_pids: tuple[int, ...] = ()
    slowed_while_busy: int = 0
    computes: bool = True
    asserts_at: int | None = None
    lost_at: int | None = None
    current: int = 0
    sticky: str | None = None
    is_lost: bool = False
    devices: list[Device] = field(init=False)

    def __post_init__(self) -> None:
        self.devices = [Device(card, board, index) for index, (card, board) in enumerate(self._visible())]

    @property
    def is_usable(self) -> bool:
        """Whether the driver is new enough for PyTorch's build."""
        return self.cuda_version // 1000 >= (wheel_cuda()[1] or (0, 0))[0]

    def check(self) -> None:
        """Raise what every call raises after a fault."""
        if self.is_lost:
            raise import_module("torch").AcceleratorError(LOST)
        if self.sticky:
            raise import_module("torch").AcceleratorError(self.sticky)

    def device(self, index: int | None = None) -> Device:
        """A device with its context, which is made on first use."""
        self.check()
        found = self.devices[self.current if index is None else index]
        found.has_context = True
        return found

    def launched(self, index: int, seconds: float) -> None:
        """A kernel has run on a device."""
        device = self.devices[index]
        device.has_context = True
        device.launches += 1
        device.busy_s += seconds
        device.launched_at = perf_counter()
        if self.lost_at is not None and device.launches >= self.lost_at:
            self.is_lost = True
        if self.asserts_at is not None and device.launches >= self.asserts_at:
            self.sticky = ASSERTED

    def now_s(self, index: int) -> float:
        """The device's clock: work of other devices does not hold it up, for the host does not wait for it."""
        return perf_counter() - sum(device.busy_s for device in self.devices if device.index != index)

    def _visible(self) -> list[tuple[Card, Card]]:
        everything = [(board, board) for board in self.boards if not board.slices]
        slices = [(part, board) for board in self.boards for part in board.slices]
        named = os.environ.get("CUDA_VISIBLE_DEVICES")
        if named is None:
            return slices[:1] or everything
        chosen = (self._named(name.strip(), everything, slices) for name in named.split(","))
        return [found for found in takewhile(bool, chosen) if found]

    @staticmethod
    def _named(name: str, cards: list[tuple[Card, Card]], slices: list[tuple[Card, Card]]) -> tuple[Card, Card] | None:
        if name.isdigit():
            return cards[int(name)] if int(name) < len(cards) else None
        return next((pair for pair in cards + slices if name and pair[0].uuid.startswith(name)), None)
