import logging
import time

import pytest

from core.classroom import privacy
from core.classroom.classes import keep
from core.classroom.privacy import retention
from core.classroom.privacy.retention import Retention, look, nothing_goes_on
from core.errors import LabError
from core.store.database import session
from core.store.tables import Answer, Base, Class, Person, Run
from tests.core.classroom.privacy.lives import a_class, alone, found, member
from tests.core.jobs.waiting import submitted, wait_for


def _expire(class_id: str) -> None:
    with session() as database:
        keep(database, class_id, time.time() - 1)


def test_a_class_is_deleted_at_the_start_and_a_later_one_with_the_next_look(database: str) -> None:
    first, second = a_class(), a_class()
    _expire(first.id)
    thread = Retention(every_s=0.05)
    thread.start()
    wait_for(lambda: not _is_there(first.id))
    assert _is_there(second.id)
    _expire(second.id)
    wait_for(lambda: not _is_there(second.id))
    thread.stop()
    assert not thread._thread.is_alive()


def _is_there(class_id: str) -> bool:
    with session() as database:
        return database.get(Class, class_id) is not None


def test_what_fails_is_told_without_names_and_tried_again(
    sqlite: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    room = a_class()
    life = member(room, "Zoe")
    _expire(room.id)

    def fails() -> int:
        raise LabError("the copy is in use")

    with monkeypatch.context() as patch:
        patch.setattr(retention, "delete_expired", fails)
        look()
    assert "tried again: the copy is in use" in caplog.text and _is_there(room.id)
    with caplog.at_level(logging.INFO):
        look()
    assert not _is_there(room.id) and "Deleted 1 class whose last day has come." in caplog.text
    assert not [word for word in (life.handle, life.person_id, room.id) if word in caplog.text]


def test_a_large_database_is_cleaned_once_nothing_goes_on(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    life = alone("Zoe")
    monkeypatch.setattr(privacy.deletion, "clean", lambda: False)
    privacy.delete_person(life.person_id)
    monkeypatch.setattr(retention, "AT_ONCE_BYTES", 1000)
    monkeypatch.setattr(retention, "nothing_goes_on", lambda _: False)
    look()
    assert not privacy.clean(at_once_bytes=1000), "somebody works here"
    monkeypatch.setattr(retention, "nothing_goes_on", lambda _: True)
    look()
    assert privacy.clean(at_once_bytes=1000) and found(life) == []


@pytest.mark.parametrize("what", ["job", "run", "answer", "page"])
def test_something_goes_on_while_anybody_runs_answers_or_is_there(database: str, what: str) -> None:
    life, now = alone("Zoe"), time.time()
    with session() as opened:
        long_ago = now - 2 * retention.QUIET_S
        for table in (Run, Answer):
            opened.execute(Base.metadata.tables[table.__tablename__].update().values(created_at=long_ago))
        assert nothing_goes_on(opened)
    if what == "job":
        submitted(life.person_id)
    with session() as opened:
        for table in (Run, Answer):
            if table.__tablename__ == f"{what}s":
                opened.execute(Base.metadata.tables[f"{what}s"].update().values(created_at=now))
        if what == "page":
            opened.get_one(Person, life.person_id).seen_at = now
    with session() as opened:
        assert not nothing_goes_on(opened)
