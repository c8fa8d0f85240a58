import time

import pytest

from core.classroom.handles import BadHandle
from core.classroom.joining import join, renew_personal_code, resume
from core.classroom.roster import rename, roster
from core.store.database import session
from core.store.tables import Answer, Person
from tests.core.classroom.privacy.lives import a_class, member


def test_the_roster_lists_everybody_by_name_with_what_they_did(database: str) -> None:
    room, other = a_class(), a_class()
    life = member(room, "Zoe")
    member(other, "Somebody else")
    with session() as opened:
        join(opened, "a cookie", room.join_code, "ben")
        again = Answer(id="again", person_id=life.person_id, question_id="Q4", attempt=2, created_at=time.time())
        again.submitted_answers, again.marking, again.bank_sha = [], {}, "f"
        opened.add(again)
    with session() as opened:
        found = roster(opened, room.id)
    assert [(entry.handle, entry.answered, entry.runs) for entry in found] == [("ben", 0, 0), ("Zoe", 1, 1)]
    assert found[1].person_id == life.person_id and found[1].seen_at


def test_a_class_without_anybody_has_an_empty_roster(database: str) -> None:
    room = a_class()
    with session() as opened:
        assert roster(opened, room.id) == []


def test_a_name_is_changed_cleaned_and_the_student_stays_who_they_are(database: str) -> None:
    room = a_class()
    life = member(room, "Zoe")
    with session() as opened:
        code = renew_personal_code(opened, life.person_id)
        assert rename(opened, life.person_id, "  =Zoë\u200b  Q. ") == "Zoë Q."
    with session() as opened:
        assert roster(opened, room.id)[0].handle == "Zoë Q."
        assert resume(opened, "another cookie", code).id == life.person_id


def test_a_name_that_somebody_has_or_nearly_so_is_refused_and_nothing_changes(database: str) -> None:
    room, other = a_class(), a_class()
    life = member(room, "Zoe")
    member(room, "Ben 1")
    member(other, "Ada")
    for taken in ("Ben 1", "BEN l", "ben1"):
        with pytest.raises(BadHandle, match="or nearly so"), session() as opened:
            rename(opened, life.person_id, taken)
    with pytest.raises(BadHandle), session() as opened:
        rename(opened, life.person_id, " \u200b ")
    with session() as opened:
        assert opened.get_one(Person, life.person_id).handle == "Zoe"
        assert rename(opened, life.person_id, "Ada") == "Ada", "another class is another matter"


def test_a_student_may_keep_their_name_in_another_spelling(database: str) -> None:
    life = member(a_class(), "zoe")
    with session() as opened:
        assert rename(opened, life.person_id, "Zoe") == "Zoe"
