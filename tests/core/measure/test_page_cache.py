import os
import sys
from pathlib import Path

import pytest

from core.measure.page_cache import cached_share

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says which files are in memory")


def test_a_file_just_written_is_in_memory_and_one_given_up_is_not(tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_bytes(os.urandom(4_000_000))
    assert cached_share([file]) == (1.0, "")
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    share, _ = cached_share([file])
    if share == 1.0:
        pytest.skip("this file system keeps its files in memory")
    assert share is not None and share < 0.5


def test_what_cannot_be_looked_at_has_a_reason(tmp_path: Path) -> None:
    assert cached_share([]) == (None, "there are no files to look at")
    share, reason = cached_share([tmp_path / "missing"])
    assert share is None and "missing" in reason


def test_an_empty_file_counts_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert cached_share([tmp_path / "empty"])[0] is None
