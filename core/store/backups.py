"""Copies of the database, made before its schema is changed, and how they forget whoever is deleted later.

SQLite: a file in `data_dir/backups`, to put in the place of the database while the app is stopped; the newest `KEPT`
of each revision stay. PostgreSQL: a schema `vram_lab_before_<revision>` in the same database, with a copy of each
table; one for each revision.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.orm import Session

from core.config import config
from core.errors import LabError
from core.store.erasing import owe_in

PREFIX = "vram_lab_before_"
KEPT = 3
OF_PERSON = {
    "people": "id = ANY(:ids)",
    "pictures": 'run_id IN (SELECT id FROM "{schema}".runs WHERE person_id = ANY(:ids))',
    "regraded_answers": 'answer_id IN (SELECT id FROM "{schema}".answers WHERE person_id = ANY(:ids))',
}
"""Which rows are somebody's where the table has no `person_id`. They go before the rows that they are found by."""


class CannotCopy(LabError):
    """The database could not be copied before a change of its schema; it was not changed."""

    kind = "cannot_copy"


def back_up(connection: Connection, stored: str) -> None:
    """Copy everything as it is at revision `stored`, within the caller's lock.

    Raises:
        CannotCopy: the file could not be written, for want of room say.
    """
    if connection.dialect.name == "sqlite":
        _copy_file(connection, stored)
    elif connection.dialect.name == "postgresql":
        _copy_schema(connection, stored)


class CannotForget(LabError):
    """A copy could not be changed, so nobody was deleted anywhere."""

    kind = "cannot_forget"


@dataclass(frozen=True)
class Gone:
    """Who is forgotten: people, classes, and the browsers that an audit line may name by the hash of their cookie."""

    person_ids: tuple[str, ...]
    class_ids: tuple[str, ...] = ()
    cookie_hashes: tuple[str, ...] = ()

    @property
    def marks(self) -> tuple[str, ...]:
        """What no audit line may hold any more."""
        return self.person_ids + self.class_ids + self.cookie_hashes


def forget(session: Session, gone: Gone) -> None:
    """Delete them from every copy.

    A copy that is a file is changed at once, whatever becomes of the caller's transaction.

    Raises:
        CannotForget: such a file is damaged, or somebody else uses it.
    """
    if session.get_bind().dialect.name == "postgresql":
        for schema in _schemas(session.connection()):
            _forget_in_schema(session.connection(), schema, gone)
        return
    for path in files():
        try:
            _forget_in_file(path, gone)
        except sqlite3.Error as error:
            raise CannotForget(
                f"{path.name}, a copy of the database, could not be changed ({error}), so nothing was deleted.",
                "Try again; if it stays, remove that file from the data folder's backups first.",
            ) from error


def folder() -> Path:
    """Where SQLite's copies lie."""
    return config().data_dir / "backups"


def files() -> list[Path]:
    """SQLite's copies, the oldest first within each revision."""
    return sorted(folder().glob(f"{PREFIX}*.sqlite"))


def _copy_file(connection: Connection, stored: str) -> None:
    source = connection.engine.url.database
    if not source or source == ":memory:":
        return
    final = folder() / f"{PREFIX}{stored}-{time.strftime('%Y%m%d-%H%M%S')}.sqlite"
    unfinished = final.with_suffix(".unfinished")
    try:
        folder().mkdir(parents=True, exist_ok=True)
        # A connection of its own reads what is committed; the caller holds the lock, so nothing is written meanwhile.
        with closing(sqlite3.connect(source)) as reading, closing(sqlite3.connect(unfinished)) as writing:
            reading.backup(writing)
        unfinished.replace(final)
    except (OSError, sqlite3.Error) as error:
        raise CannotCopy(
            f"The database could not be copied to {folder()} before its update: {error}.",
            "Make room there, and start again. The database is as it was.",
        ) from error
    finally:
        _tidy(stored)


def _tidy(stored: str) -> None:
    """Remove what a copy that failed has left, and all but the newest copies of this revision."""
    old = sorted(folder().glob(f"{PREFIX}{stored}-*.sqlite"))[:-KEPT]
    for path in [*folder().glob(f"{PREFIX}*.unfinished*"), *old]:
        path.unlink(missing_ok=True)


def _copy_schema(connection: Connection, stored: str) -> None:
    schema = f"{PREFIX}{stored}"
    tables = inspect(connection).get_table_names()
    # What still writes has to wait, or the copy would hold one table from before a write and another from after it.
    names = ", ".join(f'"{table}"' for table in tables)
    connection.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"))
    connection.execute(text(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'))
    connection.execute(text(f'CREATE SCHEMA "{schema}"'))
    for table in tables:
        connection.execute(text(f'CREATE TABLE "{schema}"."{table}" AS TABLE "{table}"'))


def _schemas(connection: Connection) -> list[str]:
    return [name for name in inspect(connection).get_schema_names() if name.startswith(PREFIX)]


def _forget_in_schema(connection: Connection, schema: str, gone: Gone) -> None:
    """The copies have no foreign keys, so every table is gone through."""
    found = inspect(connection)
    for table in sorted(found.get_table_names(schema=schema), key=lambda table: table not in OF_PERSON):
        columns = {column["name"] for column in found.get_columns(table, schema=schema)}
        for statement, ids in _statements(table, columns, gone):
            filled = statement.format(place=f'"{schema}"."{table}"', schema=schema)
            connection.execute(text(filled), {"ids": list(ids)})


def _statements(table: str, columns: set[str], gone: Gone) -> Iterator[tuple[str, tuple[str, ...]]]:
    condition = "person_id = ANY(:ids)" if "person_id" in columns else OF_PERSON.get(table)
    if condition:
        yield f"DELETE FROM {{place}} WHERE {condition}", gone.person_ids
    if "alone_id" in columns:
        yield "UPDATE {place} SET alone_id = NULL WHERE alone_id = ANY(:ids)", gone.person_ids
    if "class_id" in columns:
        yield "DELETE FROM {place} WHERE class_id = ANY(:ids)", gone.class_ids
    if table == "classes":
        yield "DELETE FROM {place} WHERE id = ANY(:ids)", gone.class_ids
    if table == "audit":
        said = "EXISTS (SELECT 1 FROM jsonb_each_text(details) AS said WHERE said.value = ANY(:ids))"
        yield f"DELETE FROM {{place}} WHERE {said}", gone.marks


def _forget_in_file(path: Path, gone: Gone) -> None:
    with closing(sqlite3.connect(path)) as copy, copy:
        copy.execute("PRAGMA foreign_keys = ON")
        copy.execute("PRAGMA secure_delete = ON")
        tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        before = copy.total_changes
        if "people" in tables:
            copy.executemany("DELETE FROM people WHERE id = ?", [(each,) for each in gone.person_ids])
        if "classes" in tables:
            copy.executemany("DELETE FROM classes WHERE id = ?", [(each,) for each in gone.class_ids])
        if "audit" in tables:
            copy.executemany("DELETE FROM audit WHERE instr(details, ?)", [(mark,) for mark in gone.marks])
        if copy.total_changes > before:
            owe_in(copy)
