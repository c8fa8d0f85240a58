"""What a class did as the statistics take it, and the stamp that tells one state from the next."""

import time

from core.classroom.answers import reveal
from core.classroom.class_statistics import Stamp, class_statistics, questions_of_test, read_work, stamp_of
from core.classroom.class_statistics.work import ClassWork
from core.classroom.predictions import predict
from core.classroom.statistics import Response
from core.store.database import session
from core.store.tables import Class, Person, Regrade, Run
from tests.core.classroom.school import answered, joined, opened_class
from tests.core.quiz.examples import NO_GPU, mini, run_record

BANK = mini()
FIXED, MEASURED = BANK.question("Q1"), BANK.question("Q2")


def add_run(person_id: str, name: str, seconds: float) -> None:
    record = run_record(MEASURED, [seconds] * 3) | {"id": name}
    fields = {"lab": MEASURED.lab.name, "question_id": "Q2", "state": "finished", "record": record}
    with session() as database:
        database.add(Run(id=name, job_id=name, person_id=person_id, created_at=time.time(), **fields))


def work_of(room: Class) -> ClassWork:
    with session() as database:
        return read_work(database, room.id, BANK)


def stamp(room: Class) -> Stamp:
    with session() as database:
        return stamp_of(database, room.id)


def did(*answers: tuple[str, str]) -> ClassWork:
    """Work of (student, question) pairs, all right."""
    responses = tuple(Response(student, name, 1, ("a",), ("a",), 1.0, 0.0) for student, name in answers)
    return ClassWork(10, responses, {}, {}, {}, 0, 0, 0.0)


def test_attempts_stand_in_the_banks_order_with_their_keys(database: str) -> None:
    room = opened_class()
    ada, ben = joined(room, "Ada").person_id, joined(room, "Ben").person_id
    with session() as opened:
        predict(opened, ada, MEASURED, ["short"])
    add_run(ada, "run", 12.0)
    answered(ada, MEASURED, ["long"], BANK)
    answered(ben, FIXED, ["one"], BANK)
    answered(ada, FIXED, ["one", "two"], BANK)
    found = work_of(room)
    assert [(one.question, one.student, one.score) for one in found.responses] == [
        ("Q1", "Ben", 0.5),
        ("Q1", "Ada", 1.0),
        ("Q2", "Ada", 0.0),
    ]
    assert found.responses[0].key == ("one", "two") and found.responses[2].key == ("middle",)
    assert found.evidence["Ada", "Q2", 1].value == 12.0
    assert (found.members, found.answering, found.questions) == (2, 2, ("Q1", "Q2"))
    assert found.predictions == {"Q2": {"Ada": ("short",)}}


def test_near_an_edge_both_options_are_the_key(database: str) -> None:
    room = opened_class()
    ada = joined(room, "Ada").person_id
    add_run(ada, "run", 10.1)
    answered(ada, MEASURED, ["short"], BANK)
    (response,) = work_of(room).responses
    assert response.key == ("middle", "short") and response.score == 1.0


def test_asking_for_the_answer_is_no_attempt(database: str) -> None:
    room = opened_class()
    ada, ben = joined(room, "Ada").person_id, joined(room, "Ben").person_id
    answered(ada, FIXED, ["three"], BANK)
    with session() as opened:
        for person in (ada, ben):
            reveal(opened, person, FIXED, bank=BANK, machine=NO_GPU)
    found = work_of(room)
    assert [one.student for one in found.responses] == ["Ada"] and found.asked == {"Q1": 2}


def test_answers_of_another_bank_are_counted(database: str) -> None:
    room = opened_class()
    answered(joined(room, "Ada").person_id, FIXED, ["one"], BANK)
    assert work_of(room).other_bank == 0
    with session() as opened:
        assert read_work(opened, room.id, mini(("title: Mini", "title: Other"))).other_bank == 1


def test_nobody_answered() -> None:
    assert questions_of_test(did()) == () and class_statistics(did(), BANK) is None


def test_the_test_is_what_at_least_half_have_answered() -> None:
    found = did(
        ("ada", "Q1"), ("ben", "Q1"), ("cleo", "Q1"), ("dan", "Q1"), ("ada", "Q2"), ("ben", "Q2"), ("ada", "Q3")
    )
    assert questions_of_test(found) == ("Q1", "Q2")


def test_the_stamp_changes_with_whatever_happens(database: str) -> None:
    room = opened_class()
    seen = [stamp(room)]

    def is_new() -> bool:
        seen.append(stamp(room))
        return seen[-1] not in seen[:-1]

    ada, ben = joined(room, "Ada").person_id, joined(room, "Ben").person_id
    assert is_new()
    with session() as opened:
        predict(opened, ada, MEASURED, ["short"])
    assert is_new()
    add_run(ada, "run", 12.0)
    assert is_new()
    answered(ada, MEASURED, ["short"], BANK)
    assert is_new()
    with session() as opened:
        regrade = Regrade(id="one", class_id=room.id, question_id="Q2", bank_sha="x", created_at=time.time())
        opened.add(regrade)
    assert is_new()
    with session() as opened:
        opened.get_one(Regrade, "one").undone_at = time.time()
    assert is_new()
    with session() as opened:
        opened.delete(opened.get_one(Person, ben))
    assert is_new()
    assert stamp(room) == seen[-1]


def test_the_stamp_is_of_one_class(database: str) -> None:
    room, other = opened_class(), opened_class("Other")
    before = stamp(room)
    answered(joined(other, "Ada").person_id, FIXED, ["one"], BANK)
    assert stamp(room) == before
