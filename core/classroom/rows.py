"""Rows that two requests may write at once: the first one stays, on SQLite and on PostgreSQL."""

from typing import Any

from sqlalchemy import literal_column
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.store.tables import Base


def insert_once(session: Session, table: type[Base], values: dict[str, Any]) -> bool:
    """Insert a row unless a unique column already holds its value. True where the row is new.

    One statement, so that no second request can come between looking and writing.
    """
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(values).on_conflict_do_nothing()
    # RETURNING rather than the row count, which psycopg does not give for such a statement.
    return session.scalar(statement.returning(literal_column("1"))) is not None
