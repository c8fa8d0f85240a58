import random
import sqlite3
import threading
import uuid
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import delete, text

from core.config import Config
from core.store import erasing
from core.store.database import engine, session
from core.store.erasing import database_file, owe, settle
from core.store.tables import Answer, Person


def _file(settings: Config) -> Path:
    return settings.data_dir / "vram_lab.sqlite"


def _bytes(settings: Config) -> bytes:
    """Everything that the database's files hold, its log included."""
    return b"".join(path.read_bytes() for path in sorted(settings.data_dir.glob("vram_lab.sqlite*")))


def _fill(names: list[str]) -> None:
    """Answers of many people in random order and of many lengths, so that SQLite moves rows from page to page."""
    dice = random.Random(names[0])
    with session() as opened:
        opened.add_all(Person(id=name, created_at=0.0) for name in names)
    for attempt in range(12):
        dice.shuffle(names)
        with session() as opened:
            opened.add_all(_answer(name, attempt, dice) for name in names)


def _answer(name: str, attempt: int, dice: random.Random) -> Answer:
    return Answer(
        id=uuid.UUID(int=dice.getrandbits(128)).hex,
        person_id=name,
        question_id="Q4",
        attempt=attempt,
        submitted_answers=["x" * dice.choice([10, 100, 700, 1500])],
        marking={},
        bank_sha="f",
        created_at=0.0,
    )


def _delete(names: list[str]) -> None:
    with session() as opened:
        opened.execute(delete(Person).where(Person.id.in_(names)))
        owe(opened)


def test_secure_delete_alone_leaves_bytes_and_settling_removes_them(sqlite: str, own_settings: Config) -> None:
    gone: list[str] = []
    left: list[str] = []
    while not _leaves_bytes(own_settings, gone):
        # The premise, mostly in the first round; should SQLite clean its pages some day, VACUUM can go.
        assert len(gone) < 1000
        names = [uuid.uuid4().hex for _ in range(200)]
        _fill(names)
        _delete(names[:100])
        gone, left = gone + names[:100], left + names[100:]
    assert settle(_file(own_settings))
    held = _bytes(own_settings)
    assert not [name for name in gone if name.encode() in held]
    assert all(name.encode() in held for name in left)
    assert (own_settings.data_dir / "vram_lab.sqlite-wal").stat().st_size < 10_000


def _leaves_bytes(settings: Config, gone: list[str]) -> bool:
    with engine().connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    held = _bytes(settings)
    return any(name.encode() in held for name in gone)


def test_nothing_is_written_where_nothing_is_owed(sqlite: str, own_settings: Config) -> None:
    before = _file(own_settings).read_bytes()
    assert settle(_file(own_settings))
    assert _file(own_settings).read_bytes() == before


def test_a_deletion_that_is_rolled_back_owes_nothing(sqlite: str, own_settings: Config) -> None:
    with pytest.raises(RuntimeError), session() as opened:
        opened.execute(delete(Person))
        owe(opened)
        raise RuntimeError
    with closing(sqlite3.connect(_file(own_settings))) as connection:
        assert connection.execute(erasing.COUNT).fetchone() == (0,)


def test_a_large_file_waits_and_is_written_anew_later(sqlite: str, own_settings: Config) -> None:
    _fill([uuid.uuid4().hex for _ in range(3)])
    _delete(["nobody"])
    assert not settle(_file(own_settings), at_once_bytes=1000)
    assert settle(_file(own_settings), at_once_bytes=None)
    assert settle(_file(own_settings), at_once_bytes=1000), "nothing is owed any more"


def test_a_deletion_during_the_writing_is_owed_anew(
    sqlite: str, own_settings: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    _delete(["nobody"])
    empty = erasing._empty_log

    def meanwhile(connection: sqlite3.Connection) -> bool:
        monkeypatch.setattr(erasing, "_empty_log", empty)
        _delete(["somebody"])
        return empty(connection)

    monkeypatch.setattr(erasing, "_empty_log", meanwhile)
    assert not settle(_file(own_settings))
    assert settle(_file(own_settings))


def test_while_somebody_reads_the_log_stays_owed(
    sqlite: str, own_settings: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "LOG_PATIENCE_S", 0.1)
    monkeypatch.setattr(erasing, "BUSY_TIMEOUT_S", 0.1)
    with closing(sqlite3.connect(_file(own_settings), isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM people").fetchall()
        _delete(["nobody"])
        assert not settle(_file(own_settings))
        reader.execute("COMMIT")
    assert settle(_file(own_settings))


def test_a_locked_file_stays_owed(sqlite: str, own_settings: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "BUSY_TIMEOUT_S", 0.1)
    _delete(["nobody"])
    with closing(sqlite3.connect(_file(own_settings), isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert not settle(_file(own_settings))
        writer.execute("ROLLBACK")
    assert settle(_file(own_settings))


def test_several_may_settle_at_once(sqlite: str, own_settings: Config) -> None:
    _delete(["nobody"])
    threads = [threading.Thread(target=settle, args=(_file(own_settings),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert settle(_file(own_settings))


def test_the_database_file_is_that_of_the_url(sqlite: str, own_settings: Config) -> None:
    assert database_file() == _file(own_settings)


@pytest.mark.postgres
def test_postgresql_has_no_file_and_owes_nothing(postgres: str) -> None:
    _delete(["nobody"])
    assert database_file() is None
