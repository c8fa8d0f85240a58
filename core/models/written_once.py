"""Folders in the cache that are written once, whole or not at all, also when two processes want them at once.

>>> write_once(cache / "dummy" / "qwen3-0.6b", 1_503_264_768, write, "dummy weights of Qwen3-0.6B", progress)
"""

import errno
import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import WeightsUnavailable
from core.measure.progress import Progress
from core.units import gb

SPARE_BYTES = 200_000_000
"""Disk space that has to be left after writing."""
REMEDY = "Free disk space, or set VRAM_LAB_CACHE_DIR to a folder on a larger disk."


def write_once(
    folder: Path,
    size_bytes: int,
    write: Callable[[Path], None],
    what: str,
    progress: Progress,
    is_written: Callable[[], bool] | None = None,
) -> None:
    """Have `write` fill `folder`, unless it is there already.

    `write` gets a temporary folder that becomes `folder` when it returns; what it raises removes everything.

    Args:
        size_bytes: what will be written, checked against the free disk space first.
        what: for people, e.g. "dummy weights of Qwen3-0.6B".
        is_written: whether `folder` holds what is wanted; by default, whether it exists.

    Raises:
        WeightsUnavailable: the disk is too full.
    """
    is_written = is_written or folder.exists
    if is_written():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder.parent / f".{folder.name}.lock")
    _acquire(lock, what, progress)
    try:
        if not is_written():
            _check_disk(folder.parent, size_bytes, what)
            _write(folder, write, what)
    finally:
        lock.release()


def _acquire(lock: FileLock, what: str, progress: Progress) -> None:
    while True:
        progress.check()
        try:
            lock.acquire(timeout=0.5)
            return
        except Timeout:
            progress.report(f"Waiting for another run that is writing the {what}")


def _check_disk(folder: Path, size_bytes: int, what: str) -> None:
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < size_bytes + SPARE_BYTES:
        raise WeightsUnavailable(
            f"The {what} take {gb(size_bytes)} on disk; {gb(free_bytes)} are free in {folder}.", REMEDY
        )


def _write(folder: Path, write: Callable[[Path], None], what: str) -> None:
    part = folder.parent / f".{folder.name}.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        write(part)
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise WeightsUnavailable(f"The disk became full while the {what} were written to {folder}.", REMEDY) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
