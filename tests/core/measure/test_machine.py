import os
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from core.measure import machine
from tests.core.measure.machines import COLAB, LAPTOP


def test_label_names_processor_cores_ram_and_gpus() -> None:
    assert LAPTOP.label == "Test CPU, 2 cores, 24.0 GiB RAM, no GPU"
    assert COLAB.label == "Test CPU, 2 cores, 12.7 GiB RAM, Tesla T4"
    assert replace(LAPTOP, cpu_cores=1).label.startswith("Test CPU, 1 core,")


def test_this_machine_agrees_with_the_operating_system() -> None:
    found = machine.read_machine()
    assert 0 < found.ram_bytes <= psutil.virtual_memory().total
    assert 0 < found.disk_free_bytes <= found.disk_total_bytes
    assert 1 <= found.cpu_cores <= (os.cpu_count() or 1)
    assert found.cpu_name


def test_a_machine_without_gpus_says_why() -> None:
    found = machine.read_machine()
    assert bool(found.gpus) != bool(found.gpu_reason)


def test_a_containers_memory_limit_counts_as_its_ram(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(machine, "CGROUP_LIMIT", limit)
    limit.write_text("1073741824\n")
    assert machine.ram_bytes() == 2**30
    limit.write_text("max\n")
    assert machine.ram_bytes() == psutil.virtual_memory().total
