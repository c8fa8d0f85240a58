import json
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError, OperationalError

from core.config import ROOT, Config
from core.store import database
from core.store.database import DatabaseUnusable, engine, in_transaction, migrate, session
from core.store.tables import Person, Prediction


def _somebody(name: str) -> Person:
    return Person(id=name, created_at=0.0, resume_hash=name)


def test_sqlite_is_in_wal_with_foreign_keys_and_a_busy_timeout(sqlite: str) -> None:
    with engine().connect() as connection:
        pragmas = {name: connection.scalar(text(f"PRAGMA {name}")) for name in _SQLITE}
    assert pragmas == _SQLITE


_SQLITE = {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 5000, "synchronous": 1}


def test_session_commits_and_its_objects_stay_readable(database: str) -> None:
    with session() as opened:
        opened.add(somebody := _somebody("ada"))
    assert somebody.id == "ada"
    with session() as opened:
        assert opened.get(Person, "ada") is not None


def test_session_rolls_back_on_an_exception(database: str) -> None:
    with pytest.raises(RuntimeError), session() as opened:
        opened.add(_somebody("ada"))
        opened.flush()
        raise RuntimeError
    with session() as opened:
        assert opened.get(Person, "ada") is None


def test_in_transaction_waits_out_a_lock(sqlite: str, own_settings: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    impatient = create_engine(sqlite, connect_args={"timeout": 0})
    monkeypatch.setattr(database, "engine", lambda: impatient)
    other = sqlite3.connect(own_settings.data_dir / "vram_lab.sqlite", check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.3, other.rollback)
    timer.start()
    in_transaction(lambda opened: opened.add(_somebody("ada")), patience_s=10)
    timer.join()
    with session() as opened:
        assert opened.get(Person, "ada") is not None


def test_in_transaction_gives_up_after_its_patience(
    sqlite: str, own_settings: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = create_engine(sqlite, connect_args={"timeout": 0})
    monkeypatch.setattr(database, "engine", lambda: impatient)
    other = sqlite3.connect(own_settings.data_dir / "vram_lab.sqlite")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="locked"):
        in_transaction(lambda opened: opened.add(_somebody("ada")), patience_s=0.2)


def test_in_transaction_does_not_repeat_what_cannot_succeed(database: str) -> None:
    calls = []

    def twice_the_same(opened: object) -> None:
        calls.append(opened)
        with session() as inner:
            inner.add_all([_somebody("ada"), Person(id="bob", created_at=0.0, resume_hash="ada")])

    with pytest.raises(IntegrityError):
        in_transaction(twice_the_same, patience_s=5)
    assert len(calls) == 1


def test_text_with_a_nul_character_can_be_kept(database: str) -> None:
    choices = ["a\x00b", "back\\u0000slash", "é"]
    with session() as opened:
        opened.add(_somebody("ada"))
        opened.flush()
        opened.add(Prediction(person_id="ada", question_id="q4", choices=choices, created_at=0.0))
    with session() as opened:
        kept = opened.get(Prediction, ("ada", "q4"))
        assert kept is not None and kept.choices == ["a�b", "back\\u0000slash", "é"]


def test_hosting_services_postgres_url_gets_the_installed_driver() -> None:
    assert database._engine("postgres://u:p@h/d").url.drivername == "postgresql+psycopg"


def test_migrate_does_not_import_alembic_when_the_schema_is_up_to_date(sqlite: str) -> None:
    program = "import sys; from core.store.database import migrate; migrate(); print('alembic' in sys.modules, end='')"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "False"


@pytest.mark.parametrize("empty", ["own_settings", pytest.param("empty_postgres", marks=pytest.mark.postgres)])
def test_several_threads_may_migrate_an_empty_database_at_once(empty: str, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(empty)
    failures: list[BaseException] = []

    def one() -> None:
        try:
            migrate()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with engine().connect() as connection:
        assert database.revision(connection) == database.HEAD


def test_two_processes_may_migrate_an_empty_database_at_once(own_settings: Config) -> None:
    program = [sys.executable, "-c", "from core.store.database import migrate; migrate()"]
    running = [subprocess.Popen(program, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [(one.communicate()[1], one.returncode) for one in running] == [("", 0), ("", 0)]


def test_a_database_of_a_newer_version_is_refused_with_a_remedy(sqlite: str) -> None:
    with engine().begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseUnusable, match="9999") as caught:
        migrate()
    assert "newer version" in caught.value.remedy


def test_a_figure_that_is_not_a_number_is_refused(sqlite: str) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        database._dumps({"wall_s": float("nan")})
    assert json.loads(database._dumps({"wall_s": 1.5})) == {"wall_s": 1.5}


def test_the_data_folder_is_made_on_first_use(own_settings: Config, tmp_path: Path) -> None:
    assert not own_settings.data_dir.exists()
    migrate()
    assert (tmp_path / "data" / "vram_lab.sqlite").exists()
