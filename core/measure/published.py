"""What a maker says that a GPU can do, by the exact name that its driver gives. A name that is not here stays unknown.

Published peaks are upper bounds that no program reaches: they stand beside the measured limit and never in its place.
Bandwidth in bytes per second; dense matrix products of 16-bit numbers in operations per second; memory in bytes, a GB
of the datasheet taken as 10**9.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Peak:
    """The maker's figures for one GPU, and where they stand."""

    bytes_per_s: float
    flops_16_bit_per_s: float
    memory_bytes: float
    source: str


PEAKS = {
    "Tesla T4": Peak(320e9, 65e12, 16e9, "NVIDIA T4 datasheet"),
    "NVIDIA L4": Peak(300e9, 121e12, 24e9, "NVIDIA L4 datasheet"),
    "NVIDIA A100-SXM4-40GB": Peak(1555e9, 312e12, 40e9, "NVIDIA A100 datasheet"),
    "NVIDIA A100-PCIE-40GB": Peak(1555e9, 312e12, 40e9, "NVIDIA A100 datasheet"),
    "NVIDIA A100-SXM4-80GB": Peak(2039e9, 312e12, 80e9, "NVIDIA A100 datasheet"),
    "NVIDIA A100 80GB PCIe": Peak(1935e9, 312e12, 80e9, "NVIDIA A100 datasheet"),
    "NVIDIA H100 80GB HBM3": Peak(3350e9, 989e12, 80e9, "NVIDIA H100 datasheet"),
    "NVIDIA H200": Peak(4800e9, 989e12, 141e9, "NVIDIA H200 datasheet"),
}


def peak_of(name: str | None) -> Peak | None:
    """The published peak of the GPU with exactly this name; None where it is not known."""
    return PEAKS.get(name or "")
