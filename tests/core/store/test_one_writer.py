"""Threads that write to one SQLite file at once."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from core.store.one_writer import queue_writers

THREADS, HELD_S = 8, 0.02


def opened(folder: Path) -> Engine:
    """A database whose connections never wait for its lock."""
    made = create_engine(f"sqlite:///{folder / 'one.db'}", connect_args={"timeout": 0})
    with made.begin() as connection:
        connection.execute(text("PRAGMA journal_mode = WAL"))
        connection.execute(text("CREATE TABLE answers (number INTEGER)"))
    return made


def write_at_once(engine: Engine, then: Callable[[], None] = lambda: None) -> int:
    def write(number: int) -> None:
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO answers VALUES (:number)"), {"number": number})
            time.sleep(HELD_S)
            then()

    with ThreadPoolExecutor(THREADS) as threads:
        for done in [threads.submit(write, number) for number in range(THREADS)]:
            done.result()
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM answers")).scalar_one())


def test_without_a_queue_somebody_finds_the_database_locked(tmp_path: Path) -> None:
    with pytest.raises(OperationalError, match="locked"):
        write_at_once(opened(tmp_path))


def test_writers_wait_for_one_another(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    queue_writers(engine, patience_s=30)
    assert write_at_once(engine) == THREADS


def test_a_writer_that_fails_lets_the_next_one_in(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    queue_writers(engine, patience_s=30)

    def fail() -> None:
        raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        write_at_once(engine, then=fail)
    assert write_at_once(engine) == THREADS


def test_who_only_reads_waits_for_nobody(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    queue_writers(engine, patience_s=30)
    with engine.begin() as writing, engine.connect() as reading:
        writing.execute(text("INSERT INTO answers VALUES (1)"))
        assert reading.execute(text("SELECT count(*) FROM answers")).scalar_one() == 0


def test_after_its_patience_a_writer_hears_from_the_database(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    queue_writers(engine, patience_s=0.05)
    with engine.begin() as first, engine.connect() as second:
        first.execute(text("INSERT INTO answers VALUES (1)"))
        with pytest.raises(OperationalError, match="locked"):
            second.execute(text("INSERT INTO answers VALUES (2)"))


def test_a_statement_that_is_a_transaction_of_its_own_keeps_nobody_waiting(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    queue_writers(engine, patience_s=0)
    by_statement = engine.execution_options(isolation_level="AUTOCOMMIT")
    with by_statement.connect() as first, by_statement.connect() as second:
        for connection in (first, second, first):
            connection.execute(text("INSERT INTO answers VALUES (1)"))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM answers")).scalar_one() == 3


def test_a_single_statement_that_fails_lets_the_next_one_in(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    queue_writers(engine, patience_s=30)
    by_statement = engine.execution_options(isolation_level="AUTOCOMMIT")
    with by_statement.connect() as connection, pytest.raises(OperationalError, match="no such table"):
        connection.execute(text("INSERT INTO lost VALUES (1)"))
    assert write_at_once(engine) == THREADS
