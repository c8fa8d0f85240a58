"""What a SQLite file still holds of deleted rows, and how it is got rid of.

`secure_delete` overwrites each deleted row, but copies of it may be left: in the write-ahead log until that is emptied,
and inside pages, where SQLite lets the old bytes lie of rows that it moved to another page. Only writing the whole
file anew (VACUUM) removes those. That holds up every writer, a second or more for 50 MB, so a large file waits for a
quiet moment. A number in the file's header says that it is owed; it is written with the deletion, so that no crash
forgets it:

    owe(database)                          # in the transaction that deletes
    settle(path, at_once_bytes=None)       # True: nothing of the deleted is left in this file

PostgreSQL frees what was deleted by its own autovacuum, some time later.
"""

import logging
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.store.database import BUSY_TIMEOUT_S, engine

AT_ONCE_BYTES = 32_000_000
"""A file of this size is written anew in a second or two, also on a slow disk."""
LOG_PATIENCE_S = 10.0
"""So long the log waits for those who still read it."""
COUNT = "PRAGMA user_version"
_log = logging.getLogger(__name__)


def owe(session: Session) -> None:
    """Note in the caller's transaction that something was deleted; of no effect on PostgreSQL."""
    if session.get_bind().dialect.name == "sqlite":
        owed = session.scalar(text(COUNT)) or 0
        session.execute(text(f"{COUNT} = {owed + 1}"))


def owe_in(connection: sqlite3.Connection) -> None:
    """The same on a connection of `sqlite3`."""
    (owed,) = connection.execute(COUNT).fetchone()
    connection.execute(f"{COUNT} = {owed + 1}")


def database_file() -> Path | None:
    """The SQLite file that the app uses; None on PostgreSQL."""
    url = engine().url
    is_file = url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:"
    return Path(str(url.database)) if is_file else None


def settle(path: Path, at_once_bytes: int | None = AT_ONCE_BYTES) -> bool:
    """Remove what is left of the deleted from a file, if that is owed.

    Args:
        at_once_bytes: a larger file is left as it is, but for its log; None writes one of any size anew.

    Returns:
        True where nothing is owed any more. Else the next call tries again.
    """
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            return _settle(connection, at_once_bytes is None or path.stat().st_size <= at_once_bytes)
    except sqlite3.Error as error:
        _log.warning("%s could not be cleaned of what was deleted (%s); it is tried again later.", path.name, error)
        return False


def _settle(connection: sqlite3.Connection, may_write_anew: bool) -> bool:
    (owed,) = connection.execute(COUNT).fetchone()
    if not owed:
        return True
    if may_write_anew:
        connection.execute("VACUUM")
    if not _empty_log(connection) or not may_write_anew:
        return False
    connection.execute("BEGIN IMMEDIATE")
    (now,) = connection.execute(COUNT).fetchone()
    # Somebody may have deleted more in the meantime; then it is owed anew.
    connection.execute(f"{COUNT} = {0 if now == owed else now}")
    connection.execute("COMMIT")
    return bool(now == owed)


def _empty_log(connection: sqlite3.Connection) -> bool:
    """Write the log into the file and cut it to nothing, once nobody reads its older entries any more."""
    deadline = time.monotonic() + LOG_PATIENCE_S
    while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
