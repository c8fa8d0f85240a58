"""Checkpoints: whole or not there, kept as long as their run, and not beyond the room they may take."""

import errno
import os
import time
from pathlib import Path

import pytest

from core.classroom.pruning import prune as prune_all
from core.config import config
from core.runs import checkpoints
from core.runs.checkpoints import CheckpointGone, NoRoom, keep, kept, prune

ONE, TWO, THREE = ("1" * 32, "2" * 32, "3" * 32)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "folder", lambda: tmp_path / "checkpoints")


def written(run_id: str, size: int = 10, age_s: float = 0.0) -> Path:
    keep(run_id, lambda path: path.write_bytes(bytes(size)))
    when = time.time() - age_s
    os.utime(kept(run_id), (when, when))
    return kept(run_id)


def test_a_checkpoint_is_there_until_it_is_not() -> None:
    assert not checkpoints.is_kept(ONE)
    assert keep(ONE, lambda path: path.write_bytes(b"12345")) == 5
    assert checkpoints.is_kept(ONE) and kept(ONE).read_bytes() == b"12345"
    kept(ONE).unlink()
    with pytest.raises(CheckpointGone, match="11111111"):
        kept(ONE)


def test_a_name_that_leads_elsewhere_is_no_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "x.checkpoint").write_bytes(b"")
    (tmp_path / "checkpoints").mkdir()
    with pytest.raises(CheckpointGone):
        kept("../x")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk of this server is full, .* are free"),
        (PermissionError(errno.EACCES, "Permission denied"), "Permission denied"),
        (RuntimeError("PytorchStreamWriter failed writing file"), "PytorchStreamWriter"),
    ],
)
def test_a_file_that_cannot_be_written_leaves_nothing_and_says_why(error: Exception, told: str) -> None:
    written(ONE, 3)

    def fails(path: Path) -> None:
        path.write_bytes(b"half of it")
        raise error

    with pytest.raises(NoRoom, match=told) as raised:
        keep(ONE, fails)
    assert "no run can go on from this one" in raised.value.message
    assert kept(ONE).stat().st_size == 3 and len(list(checkpoints.folder().iterdir())) == 1


def test_what_is_old_or_has_no_run_goes() -> None:
    day_s = 86_400.0
    young, old = written(ONE, age_s=day_s), written(TWO, age_s=(config().keep_pictures_days + 1) * day_s)
    orphan = written(THREE, age_s=checkpoints.FRESH_S + 60)
    assert prune(time.time(), {ONE, TWO}) == 2
    assert young.exists() and not old.exists() and not orphan.exists()


def test_a_run_that_is_not_stored_yet_keeps_its_checkpoint() -> None:
    path = written(ONE, age_s=60)
    assert prune(time.time(), set()) == 0 and path.exists()


def test_the_oldest_go_where_all_take_too_much_room(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = config().model_copy(update={"max_checkpoints_bytes": 25})
    monkeypatch.setattr(checkpoints, "config", lambda: settings)
    paths = [written(run_id, age_s=age) for run_id, age in ((ONE, 10), (TWO, 20), (THREE, 30))]
    assert prune(time.time(), {ONE, TWO, THREE}) == 1
    assert [path.exists() for path in paths] == [True, True, False]


def test_they_are_pruned_with_everything_else(sqlite: str) -> None:
    path = written(ONE, age_s=checkpoints.FRESH_S + 60)
    prune_all(time.time())
    assert not path.exists()
