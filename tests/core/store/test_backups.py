"""How the copies that were made before an update forget whoever is deleted later."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from core.config import Config
from core.store import backups
from core.store.backups import Gone, forget
from core.store.database import engine, migrate, session
from core.store.tables import AuditLine, Base, Browser, Class, ClassQuestion, Person, Prediction, Regrade
from tests.core.store.old_database import ROWS, make_old_database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def old(request: pytest.FixtureRequest) -> str:
    """A database that was migrated from revision 0001, with its copy; gives the dialect."""
    request.getfixturevalue("own_settings" if request.param == "sqlite" else "empty_postgres")
    make_old_database()
    migrate()
    return str(request.param)


def _copied(dialect: str, tables: list[str], revision: str = "0001") -> dict[str, str]:
    """Everything that the copy holds, as text by table."""
    if dialect == "sqlite":
        with closing(sqlite3.connect(backups.files()[-1])) as copy:
            return {table: str(copy.execute(f"SELECT * FROM {table}").fetchall()) for table in tables}
    with engine().connect() as connection:
        return {table: _text(connection, f"vram_lab_before_{revision}.{table}") for table in tables}


def _text(connection: Connection, table: str) -> str:
    return str(connection.scalars(text(f"SELECT row_to_json(t)::text FROM {table} AS t")).all())


def test_a_copy_forgets_one_person_and_keeps_the_others(old: str) -> None:
    before = _copied(old, list(ROWS))
    assert all("ada" in before[table] for table in ("people", "jobs", "runs", "pictures", "predictions", "answers"))
    with session() as opened:
        forget(opened, Gone(("ada",)))
    after = _copied(old, list(ROWS))
    assert not [table for table, held in after.items() if "ada" in held]
    assert all("bob" in after[table] for table in ("people", "jobs", "runs", "uploads", "answers"))


def test_a_person_of_whom_a_copy_knows_nothing_changes_nothing(old: str) -> None:
    before = _copied(old, list(ROWS))
    with session() as opened:
        forget(opened, Gone(("somebody",), ("a class",), ("a cookie",)))
    assert _copied(old, list(ROWS)) == before


def test_a_copy_of_todays_schema_forgets_a_class_with_its_people(database: str, own_settings: Config) -> None:
    """The copy that the next update will make."""
    dialect = "sqlite" if database.startswith("sqlite") else "postgresql"
    with session() as opened:
        for name in ("one", "two"):
            _add_class(opened, name)
        opened.add(Person(id="alone of one", created_at=0.0))
        opened.flush()
        opened.add(Browser(cookie_hash="hash", person_id="member of two", alone_id="alone of one", created_at=0.0))
    with engine().connect() as connection:
        backups.back_up(connection, "0002")
        connection.commit()
    tables = list(Base.metadata.tables)
    with session() as opened:
        forget(opened, Gone(("member of one", "alone of one"), ("class one",), ("cookie of one",)))
    held = _copied(dialect, tables, "0002")
    assert not [table for table in tables if " one" in held[table]]
    expected = ("classes", "class_questions", "people", "predictions", "regrades", "audit")
    assert all(" two" in held[table] for table in (*expected, "browsers"))
    if dialect == "postgresql":
        with engine().begin() as connection:
            connection.execute(text('DROP SCHEMA "vram_lab_before_0002" CASCADE'))


def _add_class(database: Session, name: str) -> None:
    database.add(Class(id=f"class {name}", title=f"Title {name}", join_code=name, created_at=0.0, first_state="open"))
    database.flush()
    database.add(Person(id=f"member of {name}", class_id=f"class {name}", handle=f"Handle {name}", created_at=0.0))
    database.add(ClassQuestion(class_id=f"class {name}", question_id="Q1", state="open", changed_at=0.0))
    database.add(Regrade(id=name, class_id=f"class {name}", question_id="Q1", bank_sha="f", created_at=0.0))
    database.add(AuditLine(id=name, at=0.0, event="class_opened", details={"class_id": f"class {name}"}))
    database.add(AuditLine(id=f"{name}2", at=0.0, event="failed", details={"browser": f"cookie of {name}"}))
    database.flush()
    database.add(Prediction(person_id=f"member of {name}", question_id="Q1", choices=["a"], created_at=0.0))
