import uuid

from sqlalchemy import exists, func, select

from core.classroom.rows import insert_once
from core.store.database import session, session_by_statement
from core.store.tables import Person


def test_the_first_row_stays(database: str) -> None:
    with session() as opened:
        first, second = uuid.uuid4().hex, uuid.uuid4().hex
        assert insert_once(opened, Person, {"id": first, "resume_hash": "h", "created_at": 1.0})
        assert not insert_once(opened, Person, {"id": second, "resume_hash": "h", "created_at": 2.0})
        assert opened.scalars(select(Person.id)).all() == [first]


def test_a_row_comes_only_where_its_condition_holds(database: str) -> None:
    is_alone = ~exists().where(Person.id != "")
    with session_by_statement() as opened:
        for name in ("a", "b"):
            is_new = insert_once(opened, Person, {"id": name, "resume_hash": name, "created_at": 1.0}, only_if=is_alone)
            assert is_new == (name == "a")
        assert opened.scalars(select(Person.id)).all() == ["a"]


def test_a_refused_row_leaves_the_transaction_usable(database: str) -> None:
    with session() as opened:
        for name in ("a", "a", "b"):
            insert_once(opened, Person, {"id": name, "resume_hash": name, "created_at": 1.0})
    with session() as opened:
        assert opened.scalar(select(func.count()).select_from(Person)) == 2
