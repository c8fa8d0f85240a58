"""A worker that plays a machine with less memory."""

import os
import subprocess
import sys

import pytest

from core.config import ROOT, config
from core.jobs import small_memory
from core.measure import machine
from core.units import GIB
from tests.core.measure.machines import COLAB

PROGRAM = """\
import sys
from core.jobs.small_memory import keep_to_limit
keep_to_limit(["cpu"])
import torch
from core.runs.execution import explain
torch.ones(100, 2**18)
try:
    torch.ones(3 * 2**28)
except RuntimeError as error:
    print(explain(error, "cpu").as_record())
"""


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VRAM_LAB_MEMORY_LIMIT_GIB", "2")
    config.cache_clear()


@pytest.mark.usefixtures("limited")
def test_what_is_more_than_the_limit_is_refused_as_a_full_memory() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "'kind': 'out_of_memory'" in done.stdout and "3.00 GiB of RAM more" in done.stdout


@pytest.mark.usefixtures("limited")
def test_the_machine_is_as_large_as_its_limit_and_says_so() -> None:
    found = machine.read_machine()
    assert (
        found.ram_bytes == found.limit_bytes == 2 * GIB and "2.00 GiB RAM, no GPU, limited to 2.00 GiB" in found.label
    )


@pytest.mark.usefixtures("limited")
def test_where_there_is_a_gpu_the_limit_is_that_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "visible_gpus", lambda: (COLAB.gpus, None))
    found = machine.read_machine()
    assert found.gpus[0].memory_bytes == 2 * GIB < found.ram_bytes
    monkeypatch.setattr(small_memory, "visible_gpus", lambda: (COLAB.gpus, None))
    monkeypatch.setenv(small_memory.CONFIGURATION, "expandable_segments:True")
    small_memory.keep_to_limit(["cpu", "cuda:0"])
    told = os.environ[small_memory.CONFIGURATION]
    share = 2 * GIB / COLAB.gpus[0].memory_bytes
    assert told == f"expandable_segments:True,per_process_memory_fraction:{share:.6f}"


def test_without_a_limit_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.setrlimit", lambda *_: pytest.fail("it was limited"))
    small_memory.keep_to_limit(["cpu"])
    assert machine.read_machine().limit_bytes is None
