"""The database is locked or its disk full while a student answers: told plainly, nothing lost, nothing twice."""

import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import choose, open_page
from tests.browser.server import AppServer

DISK_MB = 4


def answer_q1(page: Page, letter: str) -> None:
    choose(page.get_by_role("checkbox", name=re.compile(f"^{letter} ")))
    page.get_by_role("button", name="Check my answer").click()


def attempts(file: Path) -> int:
    with sqlite3.connect(file) as database:
        return int(database.execute("SELECT count(*) FROM answers").fetchone()[0])


def test_a_locked_database_is_told_and_the_answer_can_be_sent_again(page: Page, server: AppServer) -> None:
    file = server.data_dir / "vram_lab.sqlite"
    open_page(page, server, "q1")
    other = sqlite3.connect(file)
    other.execute("BEGIN IMMEDIATE")
    answer_q1(page, "a")
    expect(page.get_by_text("The database does not answer at the moment.")).to_be_visible(timeout=30_000)
    other.rollback()
    assert attempts(file) == 0
    page.get_by_role("button", name="Check my answer").click()
    expect(page.get_by_text("2 attempts left", exact=False)).to_be_visible()
    expect(page.get_by_text("The database does not answer")).to_have_count(0)
    assert attempts(file) == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few megabytes; needs the right to mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("this machine does not let the tests mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_told_and_loses_nothing_that_was_confirmed(page: Page, small_disk: Path) -> None:
    running = AppServer(small_disk / "data", VRAM_LAB_WORKERS="external")
    running.start()
    try:
        file = running.data_dir / "vram_lab.sqlite"
        open_page(page, running, "q1")
        answer_q1(page, "a")
        expect(page.get_by_text("2 attempts left", exact=False)).to_be_visible()
        assert attempts(file) == 1
        filler = small_disk / "filler"
        with suppress(OSError), filler.open("wb", buffering=0) as out:
            while True:
                out.write(b"\0" * 4096)
        answer_q1(page, "b")
        expect(page.get_by_text("The disk of this server is full.")).to_be_visible(timeout=30_000)
        assert attempts(file) == 1
        filler.unlink()
        page.get_by_role("button", name="Check my answer").click()
        expect(page.get_by_text("1 attempt left", exact=False)).to_be_visible()
        expect(page.get_by_text("The disk of this server is full.")).to_have_count(0)
        assert attempts(file) == 2
    finally:
        running.stop(kill=True)
