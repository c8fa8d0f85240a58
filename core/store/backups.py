"""Copies of the database, made before its schema is changed, and how they forget whoever is deleted later.

SQLite: a file in `data_dir/backups`, to put in the place of the database while the app is stopped. PostgreSQL: a schema
`vram_lab_before_<revision>` with a copy of each table in the same database.
"""

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.orm import Session

from core.config import config

PREFIX = "vram_lab_before_"
OF_PERSON = {
    "people": "id = ANY(:ids)",
    "pictures": 'run_id IN (SELECT id FROM "{schema}".runs WHERE person_id = ANY(:ids))',
    "regraded_answers": 'answer_id IN (SELECT id FROM "{schema}".answers WHERE person_id = ANY(:ids))',
}
"""Which rows are somebody's where the table has no `person_id`. They go before the rows that they are found by."""


def back_up(connection: Connection, stored: str) -> None:
    """Copy everything as it is at revision `stored`, within the caller's lock; an older copy of that revision goes."""
    if connection.dialect.name == "sqlite":
        _copy_file(connection, stored)
    elif connection.dialect.name == "postgresql":
        _copy_schema(connection, stored)


def forget(session: Session, person_ids: Sequence[str]) -> None:
    """Delete these people from every copy."""
    if session.get_bind().dialect.name == "postgresql":
        for schema in _schemas(session.connection()):
            _forget_in_schema(session.connection(), schema, person_ids)
        return
    for path in sorted(folder().glob(f"{PREFIX}*.sqlite")):
        _forget_in_file(path, person_ids)


def folder() -> Path:
    """Where SQLite's copies lie."""
    return config().data_dir / "backups"


def _copy_file(connection: Connection, stored: str) -> None:
    source = connection.engine.url.database
    if not source or source == ":memory:":
        return
    folder().mkdir(parents=True, exist_ok=True)
    final = folder() / f"{PREFIX}{stored}-{time.strftime('%Y%m%d-%H%M%S')}.sqlite"
    unfinished = final.with_suffix(".unfinished")
    # A connection of its own reads what is committed; the caller holds the lock, so nothing is written meanwhile.
    with sqlite3.connect(source) as reading, sqlite3.connect(unfinished) as writing:
        reading.backup(writing)
    reading.close()
    writing.close()
    unfinished.replace(final)


def _copy_schema(connection: Connection, stored: str) -> None:
    schema = f"{PREFIX}{stored}"
    tables = inspect(connection).get_table_names()
    connection.execute(text(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'))
    connection.execute(text(f'CREATE SCHEMA "{schema}"'))
    for table in tables:
        connection.execute(text(f'CREATE TABLE "{schema}"."{table}" AS TABLE "{table}"'))


def _schemas(connection: Connection) -> list[str]:
    return [name for name in inspect(connection).get_schema_names() if name.startswith(PREFIX)]


def _forget_in_schema(connection: Connection, schema: str, person_ids: Sequence[str]) -> None:
    found = inspect(connection)
    tables = sorted(found.get_table_names(schema=schema), key=lambda table: table not in OF_PERSON)
    for table in tables:
        columns = {column["name"] for column in found.get_columns(table, schema=schema)}
        condition = "person_id = ANY(:ids)" if "person_id" in columns else OF_PERSON.get(table)
        if condition:
            statement = f'DELETE FROM "{schema}"."{table}" WHERE {condition.format(schema=schema)}'
            connection.execute(text(statement), {"ids": list(person_ids)})


def _forget_in_file(path: Path, person_ids: Sequence[str]) -> None:
    with sqlite3.connect(path) as copy:
        copy.execute("PRAGMA foreign_keys = ON")
        copy.execute("PRAGMA secure_delete = ON")
        copy.executemany("DELETE FROM people WHERE id = ?", [(person_id,) for person_id in person_ids])
    copy.close()
