"""The simulated cards. Sizes, caches and capabilities are those of the data sheets; the context's size is assumed."""

from dataclasses import dataclass, replace

from core.measure.gpus import SIMULATED

GIB, MIB = 2**30, 2**20


@dataclass(frozen=True)
class Card:
    """One board, or a slice of one where `parent` names the board; sizes in bytes."""

    name: str
    memory_bytes: int
    compute_capability: tuple[int, int]
    cache_bytes: int
    uuid: str
    context_bytes: int = 300 * MIB
    slices: tuple["Card", ...] = ()

    @property
    def full_name(self) -> str:
        return f"{self.name} {SIMULATED}"


T4 = Card("Tesla T4", 15 * GIB, (7, 5), 4 * MIB, "GPU-00000000-0000-0000-0000-000000000075")
A100 = Card("NVIDIA A100-SXM4-40GB", 40 * GIB, (8, 0), 40 * MIB, "GPU-00000000-0000-0000-0000-000000000080")
H200 = Card("NVIDIA H200", 140 * GIB, (9, 0), 60 * MIB, "GPU-00000000-0000-0000-0000-000000000090")
H200_MIG = replace(
    H200,
    slices=tuple(
        Card("NVIDIA H200 MIG 1g.18gb", 16 * GIB, (9, 0), 7 * MIB, f"MIG-00000000-0000-0000-0000-00000000009{index}")
        for index in (1, 2)
    ),
)
CARDS = {"T4": T4, "A100": A100, "H200": H200, "H200_MIG": H200_MIG}
