import os
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from core.measure import machine
from core.measure.cuda_driver import DriverError
from tests.core.measure.machines import COLAB, L4, LAPTOP, SERVER, T4


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


@pytest.mark.parametrize(
    ("visible", "names"),
    [
        (None, ["Tesla T4", "NVIDIA L4"]),
        ("1", ["NVIDIA L4"]),
        ("1,0", ["NVIDIA L4", "Tesla T4"]),
        ("0,7,1", ["Tesla T4"]),
        (str(L4.uuid), ["NVIDIA L4"]),
        ("", []),
        ("-1", []),
    ],
)
def test_visible_devices_choose_and_order_the_gpus_as_cuda_does(visible: str | None, names: list[str]) -> None:
    chosen = machine._in_order(list(SERVER.gpus), visible)
    assert [gpu.name for gpu in chosen] == names
    assert [gpu.index for gpu in chosen] == list(range(len(names)))


def test_the_driver_is_asked_where_nvml_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = (0, T4.name, T4.memory_bytes, (7, 5), "CUDA 12.4", str(T4.uuid))
    monkeypatch.setattr(machine, "_nvml_gpus", lambda: ((), None))
    monkeypatch.setattr(machine, "driver_gpus", lambda: [facts])
    gpus, reason = machine.visible_gpus()
    assert (gpus[0].name, gpus[0].driver, reason) == ("Tesla T4", "CUDA 12.4", None)


def test_nvmls_own_reason_wins_over_the_drivers(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_driver() -> None:
        raise DriverError("no NVIDIA driver is installed")

    monkeypatch.setattr(machine, "driver_gpus", no_driver)
    monkeypatch.setattr(machine, "_nvml_gpus", lambda: ((), "NVIDIA's management library says: busy"))
    assert machine.visible_gpus() == ((), "NVIDIA's management library says: busy")
    monkeypatch.setattr(machine, "_nvml_gpus", lambda: ((), None))
    assert machine.visible_gpus() == ((), "no NVIDIA driver is installed")
