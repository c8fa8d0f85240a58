"""Workers and copies from the command line."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from core.classroom.people import person_for_cookie
from core.cli import main
from core.config import ROOT, config
from core.jobs.supervisor import Supervisor
from core.measure.machine import this_machine
from core.store.database import session
from core.store.tables import Worker
from tests.core.jobs.waiting import wait_for


def workers() -> int:
    with session() as database:
        return database.query(Worker).count()


def test_workers_run_beside_a_web_process_that_starts_none_and_outlive_it(
    sqlite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = Supervisor(this_machine(), is_local=False)
    web.start()
    environment = {**os.environ, "VRAM_LAB_DATA_DIR": str(config().data_dir), "CUDA_VISIBLE_DEVICES": ""}
    environment |= {"VRAM_LAB_PRELOAD_LIBRARIES": "false", "DATABASE_URL": config().database_url}
    process = subprocess.Popen(
        [sys.executable, "-m", "core", "workers"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None and process.stdout.readline().startswith("Workers for ")
        wait_for(lambda: workers() == 1)
        web.stop()
        assert workers() == 1 and process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        assert workers() == 0
    finally:
        process.kill()


def test_a_backup_is_a_whole_database_and_replaces_nothing(
    sqlite: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with session() as database:
        person_for_cookie(database, "somebody")
    copy = tmp_path / "copy.sqlite"
    assert main(["backup", str(copy)]) == 0
    with sqlite3.connect(copy) as opened:
        assert opened.execute("SELECT count(*) FROM people").fetchone() == (1,)
    assert main(["backup", str(copy)]) == 1
    assert "is there already" in capsys.readouterr().err
    assert main(["backup", str(tmp_path / "missing" / "copy.sqlite")]) == 1
    assert "could not be written" in capsys.readouterr().err
    assert not list(tmp_path.rglob("*.part*"))


def test_a_database_that_is_no_file_is_not_copied(empty_postgres: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", "copy.sqlite"]) == 1
    assert "pg_dump" in capsys.readouterr().err
