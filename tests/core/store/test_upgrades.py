"""A database of an older version of the app, brought up to date at start."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.classroom.people import person_for_cookie
from core.config import ROOT, config
from core.store import backups, database
from core.store.database import DatabaseUnusable, engine, migrate, revision, session
from tests.core.store.old_database import COOKIES, ROWS, contents, make_old_database

KEPT_COLUMNS = {
    table: [{name: value for name, value in row.items() if name != "cookie_hash"} for row in rows]
    for table, rows in ROWS.items()
}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def old(request: pytest.FixtureRequest) -> str:
    """A database at revision 0001 full of rows; gives the dialect."""
    request.getfixturevalue("own_settings" if request.param == "sqlite" else "empty_postgres")
    make_old_database()
    return str(request.param)


def _copy() -> Path:
    (path,) = backups.files()
    return path


def test_an_old_database_loses_nothing(old: str) -> None:
    migrate()
    with engine().connect() as connection:
        assert revision(connection) == database.HEAD
        assert contents(connection) == KEPT_COLUMNS
        assert connection.scalars(text("SELECT shown_order FROM answers")).all() == [None, None]


def test_cookies_still_give_the_same_person(old: str) -> None:
    migrate()
    with session() as opened:
        people = {name: person_for_cookie(opened, cookie) for name, cookie in COOKIES.items()}
        assert {name: person.id for name, person in people.items()} == {"ada": "ada", "bob": "bob"}
        assert [(person.class_id, person.handle) for person in people.values()] == [(None, None)] * 2


def test_foreign_keys_hold_afterwards_and_are_on_again(own_settings: object) -> None:
    make_old_database()
    migrate()
    with engine().connect() as connection:
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        connection.execute(text("DELETE FROM people WHERE id = 'ada'"))
        left = [connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in ("runs", "pictures", "browsers")]
        assert left == [1, 0, 1]


def test_the_copy_holds_the_old_rows(old: str) -> None:
    migrate()
    if old == "sqlite":
        assert _copy().parent == config().data_dir / "backups"
        _put_back(_copy())
        with engine().connect() as connection:
            assert (revision(connection), contents(connection)) == ("0001", ROWS)
    else:
        with engine().connect() as connection:
            assert contents(connection, "vram_lab_before_0001.") == ROWS


def _put_back(copy: Path) -> None:
    """What somebody does who wants the old database back: stop the app, put the copy in its place."""
    engine().dispose()
    copy.replace(config().data_dir / "vram_lab.sqlite")


def test_the_copy_can_be_put_back_and_migrated_again(own_settings: object) -> None:
    make_old_database()
    migrate()
    _put_back(_copy())
    migrate()
    with engine().connect() as connection:
        assert (revision(connection), contents(connection)) == (database.HEAD, KEPT_COLUMNS)
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
    assert len(backups.files()) == 1


def test_the_copy_is_one_whole_file(own_settings: object) -> None:
    make_old_database()
    migrate()
    assert [path.suffix for path in backups.folder().iterdir()] == [".sqlite"]
    with closing(sqlite3.connect(_copy())) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_newest_copies_of_a_revision_stay(own_settings: object) -> None:
    make_old_database()
    backups.folder().mkdir(parents=True)
    older = [backups.folder() / f"vram_lab_before_0001-2026010{day}-000000.sqlite" for day in range(1, 6)]
    others = [backups.folder() / "vram_lab_before_0000-20250101-000000.sqlite", backups.folder() / "mine.sqlite"]
    for path in older + others:
        path.touch()
    migrate()
    assert [path.exists() for path in older] == [False, False, False, True, True]
    assert all(path.exists() for path in others)


def test_an_up_to_date_database_is_not_copied(database: str) -> None:
    migrate()
    assert backups.files() == []
    with session() as opened:
        assert backups._schemas(opened.connection()) == []


def test_an_empty_database_is_not_copied(own_settings: object) -> None:
    migrate()
    assert not backups.folder().exists()


def test_an_unknown_revision_is_refused_and_makes_no_copy(old: str) -> None:
    with engine().begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseUnusable, match="9999"):
        migrate()
    with engine().connect() as connection:
        assert contents(connection) == ROWS
        assert backups.files() == []
        if old == "postgresql":
            assert backups._schemas(connection) == []


def test_two_processes_may_migrate_an_old_database_at_once(old: str) -> None:
    program = [sys.executable, "-c", "from core.store.database import migrate; migrate()"]
    running = [subprocess.Popen(program, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [(one.communicate()[1], one.returncode) for one in running] == [("", 0), ("", 0)]
    with engine().connect() as connection:
        assert contents(connection) == KEPT_COLUMNS
    if old == "sqlite":
        assert len(backups.files()) == 1


def test_a_migration_that_fails_leaves_the_database_as_it_was(old: str) -> None:
    # The last of the new tables is there already, so that everything before it has been done when it fails.
    with engine().begin() as connection:
        connection.execute(text("CREATE TABLE regraded_answers (x integer)"))
    with pytest.raises(DBAPIError, match="regraded_answers"):
        migrate()
    assert len(backups.files()) == (old == "sqlite")  # it was tried once, not for a minute
    with engine().connect() as connection:
        assert (revision(connection), contents(connection)) == ("0001", ROWS)
        tables = database.inspect(connection).get_table_names()
        assert set(tables) == {*ROWS, "alembic_version", "regraded_answers"}
    with engine().begin() as connection:
        if old == "sqlite":
            assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        connection.execute(text("DROP TABLE regraded_answers"))
    migrate()
    with engine().connect() as connection:
        assert contents(connection) == KEPT_COLUMNS


def test_without_room_for_the_copy_nothing_is_changed(own_settings: object) -> None:
    make_old_database()
    backups.folder().write_text("a file where the folder should be")
    with pytest.raises(backups.CannotCopy, match="could not be copied") as caught:
        migrate()
    assert "Make room" in caught.value.remedy
    with engine().connect() as connection:
        assert (revision(connection), contents(connection)) == ("0001", ROWS)


def test_what_a_copy_that_was_broken_off_left_is_removed(own_settings: object) -> None:
    make_old_database()
    backups.folder().mkdir(parents=True)
    rest = backups.folder() / "vram_lab_before_0001-20260101-000000.unfinished"
    rest.write_bytes(b"half of somebody's rows")
    migrate()
    assert not rest.exists() and _copy().exists()
