"""Connections to the database, and the schema's version.

SQLite in `data_dir` unless `DATABASE_URL` names something else. Everything that the processes tell one another
goes through here, so a short lock or a lost connection is waited out, not shown to a student:

    with session() as database:
        database.add(Person(...))                       # committed at the end, rolled back on an exception

    with session_by_statement() as database:
        insert_once(database, Answer, {...})            # each statement for itself: none waits for what comes after

    in_transaction(lambda database: database.get(Job, job_id), patience_s=30)     # as the first, with patience
"""

import json
import logging
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock
from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from core.config import config
from core.errors import LabError
from core.store.one_writer import queue_writers

HEAD = "0003"
"""Revision that this code needs; a test compares it with the newest file in `migrations/versions`."""
BUSY_TIMEOUT_S = 5
SPARE_CONNECTIONS = 200
FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 2.0
MIGRATION_PATIENCE_S = 60.0
MIGRATION_LOCK = 0x5652414D
"""Number of PostgreSQL's advisory lock while the schema is changed: "VRAM" in ASCII."""

FULL = ("disk is full", "no space left", "could not extend")
"""What SQLite and PostgreSQL say of a full disk."""

T = TypeVar("T")
_log = logging.getLogger(__name__)
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


class DatabaseUnusable(LabError):
    """The database cannot be used by this version of the app."""

    kind = "database_unusable"


def engine() -> Engine:
    """The connection pool for `config().url`, one per process and URL."""
    return _engine(config().url)


@lru_cache
def _engine(address: str) -> Engine:
    # Errors are logged: hide_parameters keeps out of the log whose row it was.
    url = _with_driver(make_url(address))
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, json_serializer=_dumps, hide_parameters=True)
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    timeout = {"timeout": BUSY_TIMEOUT_S}
    # Writers wait in line, each with a connection: a class of 300 would leave none to those who only read.
    spare = {"max_overflow": SPARE_CONNECTIONS} if url.database else {}
    made = create_engine(url, connect_args=timeout, json_serializer=_dumps, hide_parameters=True, **spare)
    event.listen(made, "connect", _prepare_sqlite)
    queue_writers(made, BUSY_TIMEOUT_S)
    return made


def _with_driver(url: URL) -> URL:
    """The URL with psycopg 3 for PostgreSQL, also as hosting services write it (`postgres://`)."""
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgres", "postgresql") else url


def _prepare_sqlite(connection: Any, _: object) -> None:
    # NORMAL does not wait for the disk at each commit: in WAL a power cut may lose the last commits, never the file.
    # secure_delete overwrites what is deleted, so that no file holds a student who asked to be forgotten.
    for pragma in ("synchronous = NORMAL", "foreign_keys = ON", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _dumps(value: Any) -> str:
    """JSON that both databases take: PostgreSQL refuses NUL characters, which a model may well write."""
    return _NUL.sub(r"\1\\ufffd", json.dumps(value, allow_nan=False))


@contextmanager
def session() -> Iterator[Session]:
    """A session that commits at the end and rolls back on an exception. Its objects stay readable afterwards."""
    with Session(engine(), expire_on_commit=False) as opened, opened.begin():
        yield opened


@contextmanager
def session_by_statement() -> Iterator[Session]:
    """A session that takes the writer of SQLite for single statements only; on PostgreSQL the same as `session`.

    SQLite has one writer, and from a transaction's first write to its end all others wait, also while the thread that
    holds it waits for the interpreter. What is written here has to be right after each statement.
    """
    bound = engine()
    if bound.dialect.name == "sqlite":
        bound = bound.execution_options(isolation_level="AUTOCOMMIT")
    with Session(bound, expire_on_commit=False) as opened, opened.begin():
        yield opened


def in_transaction(action: Callable[[Session], T], patience_s: float, waits_for_disk: bool = True) -> T:
    """`action` in a session of its own, again after a pause while the database is locked or away.

    Args:
        action: may run more than once; each time in a new transaction.
        patience_s: how long to go on trying.
        waits_for_disk: whether to go on also while the disk is full, which passes only if somebody makes room.

    Raises:
        DBAPIError: the last failure, after `patience_s`, or at once where trying again cannot help.
    """

    def attempt() -> T:
        with session() as opened:
            return action(opened)

    return _patiently(attempt, patience_s, waits_for_disk)


def _patiently(attempt: Callable[[], T], patience_s: float, waits_for_disk: bool = True) -> T:
    give_up_at, pause_s = time.monotonic() + patience_s, FIRST_PAUSE_S
    while True:
        try:
            return attempt()
        except DBAPIError as error:
            may_pass = is_passing(error) and (waits_for_disk or not is_full(error))
            if not may_pass or time.monotonic() + pause_s > give_up_at:
                raise
            _log.warning("The database did not answer (%s); trying again in %.2f s.", error.orig, pause_s)
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


def insert_into(session: Session, table: type[Any]) -> Any:
    """An INSERT of the session's own database, which can say what happens to a row that is there already."""
    return (postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert)(table)


def is_full(error: DBAPIError) -> bool:
    """Whether the disk under the database is full."""
    return any(word in str(error.orig).lower() for word in FULL)


def is_passing(error: DBAPIError) -> bool:
    """Whether trying again may help: a lock, a lost connection, a server that restarts."""
    # SQLite has one class of errors for a lock and for a statement that is wrong; its code tells them apart.
    is_wrong = getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    if is_wrong or isinstance(error, IntegrityError):
        return False
    return isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated


def migrate() -> None:
    """Bring the schema to `HEAD`; several processes may do so at once.

    Raises:
        DatabaseUnusable: a newer version of the app has changed the schema.
    """
    with engine().connect() as connection:
        if revision(connection) == HEAD:
            return
    _patiently(_migrate_alone, MIGRATION_PATIENCE_S)


def _migrate_alone() -> None:
    """Take the lock, look again, copy what is there, and change the schema in one transaction."""
    with _schema_locked() as connection:
        stored = revision(connection)
        if stored == HEAD:
            return
        # Alembic takes a fifth of a second to import; a server that is up to date never needs it.
        from core.store.backups import back_up
        from core.store.migrations import is_known, upgrade

        if stored is not None:
            if not is_known(stored):
                raise DatabaseUnusable(
                    f"The database is at revision {stored}, which this version of VRAM Lab does not know.",
                    "Start the newer version of VRAM Lab, or point VRAM_LAB_DATA_DIR or DATABASE_URL elsewhere.",
                )
            back_up(connection, stored)
        upgrade(connection, HEAD)
        connection.commit()


def _in_line() -> AbstractContextManager[Any]:
    """SQLite lets nobody wait for a change of its journal: who comes second would hear that the database is locked."""
    if engine().dialect.name != "sqlite":
        return nullcontext()
    path = config().data_dir / "locks" / "schema.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path)


@contextmanager
def _schema_locked() -> Iterator[Connection]:
    """A connection that alone may change the schema until it is committed or closed."""
    with _in_line(), engine().connect() as connection:
        if connection.dialect.name == "sqlite":
            # WAL is kept in the file. It cannot be switched on within a transaction, so not through SQLAlchemy's; nor
            # can foreign keys be switched off, without which copying a table anew would delete what hangs on it.
            _pragma(connection, "journal_mode = WAL", "foreign_keys = OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        elif connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": MIGRATION_LOCK})
        try:
            yield connection
        finally:
            connection.rollback()
            if connection.dialect.name == "sqlite":
                _pragma(connection, "foreign_keys = ON")


def _pragma(connection: Connection, *pragmas: str) -> None:
    for pragma in pragmas:
        try:
            connection.connection.cursor().execute(f"PRAGMA {pragma}")
        except sqlite3.OperationalError as error:
            # As SQLAlchemy would raise it, so that it counts as a lock that passes.
            raise OperationalError(f"PRAGMA {pragma}", None, error) from error


def revision(connection: Connection) -> str | None:
    """Revision of the schema; None in an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    stored: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return stored
