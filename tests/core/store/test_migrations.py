from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, create_engine, text

from core.store.database import HEAD, engine, migrate
from core.store.migrations import newest
from core.store.tables import Base

DEFINITIONS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
}


def _indexes(connection: Connection) -> dict[str, str]:
    """Name to definition, the WHERE of partial indexes included, which Alembic does not compare."""
    rows = connection.execute(text(DEFINITIONS[connection.dialect.name]))
    return {name: definition for name, definition in rows if not name.startswith("alembic")}


def _differences(connection: Connection, metadata: MetaData) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    differences: list[Any] = compare_metadata(context, metadata)
    return differences


def test_head_is_the_newest_file() -> None:
    assert newest() == HEAD


def test_migrations_make_the_tables_that_the_code_uses(database: str) -> None:
    with engine().connect() as connection:
        assert _differences(connection, Base.metadata) == []


def test_the_comparison_would_notice_a_missing_column(sqlite: str) -> None:
    with engine().begin() as connection:
        connection.execute(text("ALTER TABLE answers DROP COLUMN score"))
        assert [entry[0] for entry in _differences(connection, Base.metadata)] == ["add_column"]


def test_indexes_of_migrations_and_tables_are_the_same(sqlite: str) -> None:
    made = create_engine("sqlite://")
    Base.metadata.create_all(made)
    with made.connect() as fresh, engine().connect() as migrated:
        assert _indexes(fresh) == _indexes(migrated)


@pytest.mark.postgres
def test_indexes_and_constraints_are_the_same_on_postgresql(empty_postgres: str) -> None:
    migrate()
    with engine().connect() as connection:
        migrated = _indexes(connection), _constraints(connection)
    with engine().begin() as connection:
        Base.metadata.drop_all(connection)
        Base.metadata.create_all(connection)
        assert (_indexes(connection), _constraints(connection)) == migrated


def _constraints(connection: Connection) -> dict[str, str]:
    rows = connection.execute(
        text("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace")
    )
    return {name: definition for name, definition in rows if not name.startswith("alembic")}
