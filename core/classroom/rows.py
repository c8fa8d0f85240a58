"""Rows that two requests may write at once: the first one stays, on SQLite and on PostgreSQL."""

from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, inspect, literal, literal_column, select
from sqlalchemy.orm import Session

from core.store.database import insert_into
from core.store.tables import Base


def insert_once(
    session: Session, table: type[Base], values: dict[str, Any], only_if: ColumnElement[bool] | None = None
) -> bool:
    """Insert a row unless a unique column already holds its value. True where the row is new.

    One statement, so that no second request can come between looking and writing.

    Args:
        only_if: what has to hold in the database at that moment, too.
    """
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = insert_into(session, table)
    if only_if is None:
        insert = insert.values(values)
    else:
        columns = {name: inspect(table).columns[name] for name in values}
        row = select(*(literal(value, columns[name].type) for name, value in values.items()))
        insert = insert.from_select(list(columns.values()), row.where(only_if))
    insert = insert.on_conflict_do_nothing()
    if is_postgresql:
        # psycopg gives no row count for such a statement.
        return session.scalar(insert.returning(literal_column("1"))) is not None
    # SQLite holds its writer until what RETURNING returns has been read.
    return cast("CursorResult[Any]", session.execute(insert)).rowcount == 1
