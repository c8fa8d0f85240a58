"""A class as it is now, read from the rows: cells, votes, states, and no more often than once a second."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from core.classroom.answers import reveal
from core.classroom.classes import close_class, set_question
from core.classroom.live import ClassNow, class_now, forget_live, live_now
from core.classroom.predictions import predict
from core.store.database import engine, session
from core.store.tables import Class, Person
from tests.core.classroom.school import answered, joined, opened_class
from tests.core.quiz.examples import LESSON, NO_GPU

Q1, Q3, Q11 = (LESSON.question(name) for name in ("Q1", "Q3", "Q11"))


@pytest.fixture
def room(database: str) -> Iterator[Class]:
    forget_live()
    yield opened_class()
    forget_live()


def now_in(room: Class) -> ClassNow:
    with session() as opened:
        found = class_now(opened, room.id, LESSON)
    assert found is not None
    return found


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that are sent to the database meanwhile."""
    sent: list[str] = []

    def note(_: object, __: object, statement: str, *rest: object) -> None:
        sent.append(statement)

    event.listen(engine(), "before_cursor_execute", note)
    yield sent
    event.remove(engine(), "before_cursor_execute", note)


def test_an_empty_class_has_every_question_and_nobody(room: Class) -> None:
    now = now_in(room)
    assert now.students == () and now.here == 0 and now.count("stuck") == 0
    assert [question.question_id for question in now.questions] == [question.id for question in LESSON.questions]
    assert now.question("Q4").final.people == 0 and now.question("Q4").state == "open"


def test_a_deleted_class_is_none(database: str) -> None:
    with session() as opened:
        assert class_now(opened, "nobody's", LESSON) is None
    assert live_now("nobody's") is None


def test_students_stand_in_the_order_in_which_people_count(room: Class) -> None:
    for handle in ("ben", "Ada 10", "Ada 2", "Ada"):
        joined(room, handle)
    assert [student.handle for student in now_in(room).students] == ["Ada", "Ada 2", "Ada 10", "ben"]


def test_cells_tell_what_each_did(room: Class) -> None:
    ada, ben = joined(room, "Ada").person_id, joined(room, "Ben").person_id
    answered(ada, Q1, ["cpu"])
    answered(ada, Q1, sorted(Q1.correct))
    with session() as opened:
        predict(opened, ben, Q3, [Q3.prediction_choices[0].id])
        reveal(opened, ben, Q1, bank=LESSON, machine=NO_GPU)
    now = now_in(room)
    assert (now.cell(ada, "Q1").outcome, now.cell(ada, "Q1").attempts) == ("right", 2)
    assert now.cell(ada, "Q1").first == 0.25
    assert now.cell(ben, "Q1").outcome == "shown" and now.cell(ben, "Q3").outcome == "predicted"
    assert now.cell(ada, "Q4").outcome == "open"


def test_votes_count_first_and_last_attempts_by_option(room: Class) -> None:
    ada, ben = joined(room, "Ada").person_id, joined(room, "Ben").person_id
    answered(ada, Q1, ["cpu"])
    answered(ada, Q1, sorted(Q1.correct))
    answered(ben, Q1, ["cpu", "t4"])
    found = now_in(room).question("Q1")
    assert found.first.people == found.final.people == 2 and found.right == 1
    assert dict(found.first.by_choice) == {"cpu": 2, "t4": 1}
    assert dict(found.final.by_choice) == {"cpu": 2, "t4": 2, "a100": 1, "l4": 1}


def test_predictions_are_counted_and_seeing_the_answer_is_no_vote(room: Class) -> None:
    ada = joined(room, "Ada").person_id
    choice = Q3.prediction_choices[1].id
    with session() as opened:
        predict(opened, ada, Q3, [choice])
        reveal(opened, ada, Q3, bank=LESSON, machine=NO_GPU)
    found = now_in(room).question("Q3")
    assert (found.predictions.people, dict(found.predictions.by_choice)) == (1, {choice: 1})
    assert found.final.people == 0


def test_another_class_and_those_without_one_are_left_out(room: Class, person: str) -> None:
    other = opened_class("Physics 2")
    answered(joined(other, "Ada").person_id, Q1, ["cpu"])
    answered(person, Q1, ["cpu"])
    joined(room, "Ben")
    now = now_in(room)
    assert [student.handle for student in now.students] == ["Ben"] and not now.cells
    assert now.question("Q1").final.people == 0


def test_states_are_those_that_students_meet(room: Class) -> None:
    with session() as opened:
        set_question(opened, room.id, "Q1", "revealed")
        close_class(opened, room.id)
    now = now_in(room)
    assert now.question("Q1").state == "revealed" and now.question("Q4").state == "closed"


def test_questions_tell_who_is_there(room: Class) -> None:
    ada = joined(room, "Ada").person_id
    with session() as opened:
        row = opened.get_one(Person, ada)
        row.seen_at, row.seen_page, row.created_at = time.time(), "Q4", time.time() - 3600
    assert now_in(room).question("Q4").doing["stuck"] == 1
    assert now_in(room).question("Q1").doing.get("stuck", 0) == 0


def test_the_number_of_statements_does_not_grow_with_the_class(room: Class) -> None:
    with statements() as of_nobody:
        now_in(room)
    for number in range(12):
        answered(joined(room, f"Student {number}").person_id, Q1, ["cpu"])
    with statements() as of_twelve:
        now_in(room)
    assert len(of_twelve) == len(of_nobody) <= 9


def test_no_marking_and_no_record_is_read(room: Class) -> None:
    with statements() as sent:
        now_in(room)
    assert not any("marking" in statement or "record" in statement for statement in sent)


def test_several_pages_cost_one_reading_until_somebody_changes_the_class(room: Class) -> None:
    first = live_now(room.id)
    joined(room, "Ada")
    assert live_now(room.id) is first
    forget_live()
    now = live_now(room.id)
    assert now is not None and len(now.students) == 1
