"""Machines to test with, so that tests say the same everywhere."""

from dataclasses import replace

from core.measure.machine import Gpu, Machine

T4 = Gpu(0, "Tesla T4", 15 * 2**30, (7, 5), "570.86", "GPU-00000000-0000-0000-0000-000000000001")
L4 = Gpu(1, "NVIDIA L4", 22 * 2**30, (8, 9), "570.86", "GPU-00000000-0000-0000-0000-000000000002")
LAPTOP = Machine(
    cpu_name="Test CPU",
    cpu_cores=2,
    ram_bytes=24 * 2**30,
    disk_total_bytes=100 * 10**9,
    disk_free_bytes=50 * 10**9,
    gpus=(),
    gpu_reason="no NVIDIA driver is installed",
    os="Linux 6",
    python="3.11.7",
)
COLAB = replace(LAPTOP, ram_bytes=int(12.7 * 2**30), gpus=(T4,), gpu_reason=None)
SERVER = replace(LAPTOP, gpus=(T4, L4), gpu_reason=None)
