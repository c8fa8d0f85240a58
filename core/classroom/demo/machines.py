"""Computers that made-up students have. Their figures are plausible, of no real measurement; their names say so."""

from dataclasses import dataclass
from random import Random

from core.measure.gpus import Gpu
from core.measure.machine import Machine
from core.units import GIB

MARK = " (demo)"


@dataclass(frozen=True)
class DemoGpu:
    """A card. Times in seconds, rates per second.

    Attributes:
        text_s: 100 tokens of Qwen3-0.6B in half precision.
        evaluation_s: one evaluation of Stable Diffusion 1.5's UNet, with guidance, at 512 x 512.
        context_gib: what CUDA takes for itself.
        kept_gib: what PyTorch keeps beside the tensors after one picture.
    """

    name: str
    memory_gib: float
    compute_capability: tuple[int, int]
    text_s: float
    evaluation_s: float
    read_bytes_per_s: float
    flops_per_s: float
    context_gib: float
    kept_gib: float


@dataclass(frozen=True)
class DemoMachine:
    """A computer.

    Attributes:
        text_s: 100 tokens of Qwen3-0.6B in float32 on the processor.
        twin_evaluation_s: one evaluation of the small twin that draws.
        share: how many of a class have one.
    """

    cpu: str
    cores: int
    ram_gib: float
    text_s: float
    twin_evaluation_s: float
    read_bytes_per_s: float
    flops_per_s: float
    share: float
    gpu: DemoGpu | None = None

    @property
    def cpu_name(self) -> str:
        """The processor's name, marked."""
        return self.cpu + MARK

    @property
    def gpu_name(self) -> str | None:
        """The card's name, marked."""
        return self.gpu.name + MARK if self.gpu else None

    @property
    def as_machine(self) -> Machine:
        """What the app would know of it."""
        size, room = int(self.ram_gib * GIB), 256 * GIB
        gpus = (_gpu(self.gpu),) if self.gpu else ()
        reason = None if gpus else "it has none"
        return Machine(self.cpu_name, self.cores, size, 2 * room, room, gpus, reason, "Linux", "3.11")


def _gpu(card: DemoGpu) -> Gpu:
    return Gpu(0, card.name + MARK, int(card.memory_gib * GIB), card.compute_capability, "demo")


T4 = DemoGpu("Tesla T4", 14.7, (7, 5), 5.4, 0.155, 240e9, 24e12, 0.24, 0.32)
RTX_3060 = DemoGpu("NVIDIA GeForce RTX 3060", 11.8, (8, 6), 3.5, 0.098, 310e9, 38e12, 0.31, 0.41)
A100 = DemoGpu("NVIDIA A100-SXM4-40GB", 39.4, (8, 0), 2.8, 0.027, 1300e9, 240e12, 0.52, 0.66)
MACHINES = (
    DemoMachine("Intel Core i5-1135G7", 4, 15.5, 23.0, 0.031, 28e9, 2.1e11, 0.26),
    DemoMachine("Apple M2", 8, 8.0, 9.2, 0.017, 78e9, 6.0e11, 0.16),
    DemoMachine("AMD Ryzen 7 5800X", 8, 31.2, 12.4, 0.019, 41e9, 5.5e11, 0.2, RTX_3060),
    DemoMachine("Intel Xeon at 2.00 GHz", 2, 12.7, 52.0, 0.062, 14e9, 0.6e11, 0.26, T4),
    DemoMachine("AMD EPYC 7742", 12, 83.5, 15.1, 0.022, 36e9, 6.4e11, 0.12, A100),
)


def some_machine(dice: Random) -> DemoMachine:
    """One of them, as often as its share says."""
    return dice.choices(MACHINES, [machine.share for machine in MACHINES])[0]
