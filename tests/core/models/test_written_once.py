import errno
import shutil
import threading
from types import SimpleNamespace

import pytest
from filelock import FileLock

from core.errors import RunCancelled, WeightsUnavailable
from core.measure.progress import SilentProgress
from core.models.written_once import write_once
from tests.core.models.conftest import Reports


def write_one_file(folder):
    (folder / "weights").write_text("1")


def test_folder_is_written_once_and_reused(tmp_path):
    calls = []

    def write(folder):
        calls.append(folder)
        write_one_file(folder)

    for _ in range(2):
        write_once(tmp_path / "a", 1, write, "weights", SilentProgress())
    assert len(calls) == 1
    assert (tmp_path / "a" / "weights").read_text() == "1"


def test_a_folder_of_an_older_layout_is_replaced(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "old").touch()
    done = tmp_path / "a" / "weights"
    write_once(tmp_path / "a", 1, write_one_file, "weights", SilentProgress(), done.exists)
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["weights"]


def test_what_a_killed_process_left_is_cleared_away(tmp_path):
    (tmp_path / ".a.part").mkdir()
    (tmp_path / ".a.part" / "half").touch()
    write_once(tmp_path / "a", 1, write_one_file, "weights", SilentProgress())
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["weights"]


def test_a_stopped_writing_leaves_nothing(tmp_path):
    def write(folder):
        write_one_file(folder)
        raise RunCancelled("You stopped this run.")

    with pytest.raises(RunCancelled):
        write_once(tmp_path / "a", 1, write, "weights", SilentProgress())
    assert [path.name for path in tmp_path.iterdir() if not path.name.endswith(".lock")] == []


def test_too_little_disk_is_said_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=900_000_000))
    with pytest.raises(WeightsUnavailable, match=r"take 1\.50 GB on disk; 0\.900 GB") as caught:
        write_once(tmp_path / "a", 1_503_264_768, pytest.fail, "dummy weights of Qwen3-0.6B", SilentProgress())
    assert "VRAM_LAB_CACHE_DIR" in caught.value.remedy


def test_a_disk_that_fills_up_is_an_error_with_a_remedy(tmp_path):
    def write(folder):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(WeightsUnavailable, match="became full"):
        write_once(tmp_path / "a", 1, write, "weights", SilentProgress())
    assert not (tmp_path / "a").exists()


def test_two_that_want_the_same_folder_write_it_once(tmp_path):
    calls = []
    begun = threading.Event()

    def write(folder):
        calls.append(folder)
        begun.set()
        threading.Event().wait(0.3)
        write_one_file(folder)

    def ask():
        write_once(tmp_path / "a", 1, write, "weights", SilentProgress())

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1


def test_whoever_waits_for_another_writer_can_be_stopped(tmp_path):
    reports = Reports(stop_after=1)
    with FileLock(tmp_path / ".a.lock"), pytest.raises(RunCancelled):
        write_once(tmp_path / "a", 1, pytest.fail, "weights", reports)
    assert reports.seen == [("Waiting for another run that is writing the weights", 0, 0)]
