"""What trainings leave to go on from: one file per run in the data folder, beside the database. No torch here.

    size_bytes = keep(run_id, lambda path: torch.save(state, path))
    state = torch.load(kept(run_id), weights_only=True)

A file goes with its run, and sooner where it is old or all of them take too much room; its figures and pictures stay.
Workers on another machine than the run's first one do not see it, unless they share the data folder.
"""

import errno
import os
import re
from collections.abc import Callable, Collection
from pathlib import Path

from core.config import config
from core.errors import LabError
from core.units import gb

ENDING = ".checkpoint"
UNFINISHED = ".part"
FRESH_S = 3600
"""A file of a run that is not stored yet, and one that is being written, are younger than this."""
RUN = re.compile(r"[0-9a-f]{32}")


class CheckpointGone(LabError):
    """There is nothing to go on from."""

    kind = "checkpoint_gone"


class NoRoom(LabError):
    """The disk did not take a checkpoint."""

    kind = "no_room_for_checkpoint"


def folder() -> Path:
    """Where they lie."""
    return config().data_dir / "checkpoints"


def keep(run_id: str, write: Callable[[Path], object]) -> int:
    """Have `write` make the file of a run, whole or not at all; gives its bytes.

    Raises:
        NoRoom: the disk is full or cannot be written; nothing of the new file is left, and an older one stays.
    """
    path = _path(run_id)
    part = path.with_suffix(UNFINISHED)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(part)
        os.replace(part, path)
        return path.stat().st_size
    except (OSError, RuntimeError) as error:
        # torch tells of a full disk as a RuntimeError of its own.
        part.unlink(missing_ok=True)
        raise _no_room(error) from error


def kept(run_id: str) -> Path:
    """The file of a run.

    Raises:
        CheckpointGone: there is none, or none any more.
    """
    path = _path(run_id)
    if not RUN.fullmatch(run_id) or not path.is_file():
        raise CheckpointGone(
            f"There is nothing to go on from: no checkpoint of the run {run_id[:8]} is kept on this machine.",
            "Choose another run, or begin anew.",
        )
    return path


def is_kept(run_id: str) -> bool:
    """Whether a run can be gone on from."""
    return _path(run_id).is_file()


def prune(now: float, known: Collection[str]) -> int:
    """Delete files whose run is gone, that are too old, or the oldest beyond the room they may take; gives how many.

    Args:
        now: seconds since 1970.
        known: ids of all stored runs.
    """
    files = sorted(
        ((path.stat().st_mtime, path.stat().st_size, path) for path in folder().glob("*") if path.is_file()),
        reverse=True,
    )
    filled, gone = 0, 0
    for changed_at, size, path in files:
        filled += size
        is_orphan = path.stem not in known and changed_at < now - FRESH_S
        is_old = changed_at < now - config().keep_pictures_days * 86_400
        if is_orphan or is_old or filled > config().max_checkpoints_bytes:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _path(run_id: str) -> Path:
    return folder() / f"{run_id}{ENDING}"


def _no_room(error: Exception) -> NoRoom:
    is_full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
    try:
        space = os.statvfs(folder() if folder().exists() else config().data_dir)
        free = f", {gb(space.f_bavail * space.f_frsize)} are free"
    except OSError:
        free = ""
    why = f"the disk of this server is full{free}" if is_full else f"it could not be written ({error})"
    return NoRoom(
        f"The checkpoint was not kept: {why}. What was measured and drawn stands, but no run can go on from this one.",
        "Tell whoever runs this app.",
    )
