import subprocess
import sys
import threading

import pytest

from core.errors import RunCancelled
from core.measure.progress import SilentProgress
from core.runs import device_lock as module
from core.runs.device_lock import WAITING, device_lock, lock_path
from tests.core.labs.conftest import Watcher
from tests.core.measure.machines import SERVER

HOLD = """
import sys
from core.runs.device_lock import device_lock
from core.measure.progress import SilentProgress
with device_lock("cpu", SilentProgress()):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def holder() -> "subprocess.Popen[str]":
    """Another process that holds the lock of the CPU until it is given a line."""
    process = subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def test_a_second_process_waits_says_so_and_then_runs(holder: "subprocess.Popen[str]") -> None:
    watcher = Watcher()
    threading.Timer(0.5, holder.communicate, args=("\n",)).start()
    with device_lock("cpu", watcher):
        assert (WAITING, 0, 0) in watcher.seen
    holder.wait(timeout=10)


def test_a_cancel_ends_the_waiting(holder: "subprocess.Popen[str]") -> None:
    with pytest.raises(RunCancelled), device_lock("cpu", Watcher(lambda watcher: len(watcher.seen) > 1)):
        pytest.fail("the lock was held by another process")
    holder.communicate("\n")


def test_a_process_that_dies_gives_the_device_back(holder: "subprocess.Popen[str]") -> None:
    holder.kill()
    holder.communicate()
    watcher = Watcher()
    with device_lock("cpu", watcher):
        assert watcher.seen == []


def test_the_same_process_may_take_it_again_inside() -> None:
    with device_lock("cpu", SilentProgress()), device_lock("cpu", SilentProgress()):
        pass


def test_two_names_of_one_gpu_share_a_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "this_machine", lambda: SERVER)
    assert lock_path("cuda") == lock_path("cuda:0")
    assert len({lock_path("cuda:0"), lock_path("cuda:1"), lock_path("cpu")}) == 3
