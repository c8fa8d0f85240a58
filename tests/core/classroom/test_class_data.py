"""What a class did, as statistics and exports read it: its own, all of it, as it is marked now."""

import time

import pytest
from sqlalchemy import select

from core.classroom.answers import reveal
from core.classroom.class_data import answers_of_class, members_of, predictions_of_class, runs_of_class
from core.classroom.predictions import predict
from core.classroom.regrading import regrade, undo
from core.store.database import session
from core.store.tables import Person, Run
from tests.core.classroom.school import answered, joined, opened_class
from tests.core.quiz.examples import NO_GPU, mini, run_record

BANK = mini()
FIXED, MEASURED = BANK.question("Q1"), BANK.question("Q2")


def add_run(person: str, name: str, at: float) -> None:
    record = run_record(MEASURED, [12.0, 13.0, 14.0]) | {"id": name}
    fields = {"lab": MEASURED.lab.name, "question_id": "Q2", "state": "finished", "created_at": at, "record": record}
    with session() as opened:
        opened.add(Run(id=name, job_id=name, person_id=person, **fields))


def test_members_stand_by_handle_and_are_those_of_the_class(database: str, person: str) -> None:
    room, other = opened_class(), opened_class("Other")
    made = {handle: joined(room, handle).person_id for handle in ("ben", "Ada")}
    joined(other, "Cleo")
    with session() as opened:
        found = members_of(opened, room.id)
    assert [(each.handle, each.person_id) for each in found] == [("Ada", made["Ada"]), ("ben", made["ben"])]


def test_an_answer_holds_all_that_was_stored_of_it(database: str) -> None:
    room = opened_class()
    ada = joined(room, "Ada").person_id
    with session() as opened:
        predict(opened, ada, MEASURED, ["long"])
    add_run(ada, "her run", time.time())
    sent = answered(ada, MEASURED, ["middle"], BANK)
    with session() as opened:
        (found,) = answers_of_class(opened, room.id)
        predicted = predictions_of_class(opened, room.id)
    assert sent.answer is not None and found.answer_id == sent.answer.id
    assert (found.person_id, found.handle, found.question_id, found.attempt) == (ada, "Ada", "Q2", 1)
    assert (found.choices, found.key, found.score, found.is_reveal) == (("middle",), ("middle",), 1, False)
    assert (found.run_id, found.bank_sha, found.question_hash) == ("her run", BANK.sha, MEASURED.hash)
    assert found.shown_order == ("short", "middle", "long") and found.scoring == MEASURED.scoring
    assert found.evidence is not None and found.evidence.value == 12.0 and found.verdict
    assert found.at == pytest.approx(time.time(), abs=60) and not found.is_regraded
    assert predicted == {(ada, "Q2"): ("long",)}


def test_a_wish_to_see_the_answer_is_told_apart(database: str) -> None:
    room = opened_class()
    ada = joined(room, "Ada").person_id
    answered(ada, FIXED, ["four"], BANK)
    with session() as opened:
        reveal(opened, ada, FIXED, bank=BANK, machine=NO_GPU)
        attempt, wish = answers_of_class(opened, room.id)
    assert (attempt.score, attempt.is_reveal, wish.score, wish.is_reveal) == (0, False, None, True)


def test_answers_come_oldest_first(database: str) -> None:
    room = opened_class()
    for handle, ticks in (("Ben", ["four"]), ("Ada", ["one"]), ("Cleo", ["two"])):
        answered(joined(room, handle).person_id, FIXED, ticks, BANK)
    with session() as opened:
        assert [each.handle for each in answers_of_class(opened, room.id)] == ["Ben", "Ada", "Cleo"]


def test_what_other_classes_and_people_alone_did_is_not_there(database: str, person: str) -> None:
    room, other = opened_class(), opened_class("Other")
    for name, who in (("alone", person), ("elsewhere", joined(other, "Ada").person_id)):
        answered(who, FIXED, ["one"], BANK)
        with session() as opened:
            predict(opened, who, MEASURED, ["long"])
        add_run(who, name, time.time())
    with session() as opened:
        assert answers_of_class(opened, room.id) == [] and runs_of_class(opened, room.id) == []
        assert predictions_of_class(opened, room.id) == {} and members_of(opened, room.id) == []
        assert len(answers_of_class(opened, other.id)) == 1


def test_runs_come_newest_first(database: str) -> None:
    room = opened_class()
    ada = joined(room, "Ada").person_id
    for name, at in (("first", 1.0), ("third", 3.0), ("second", 2.0)):
        add_run(ada, name, at)
    with session() as opened:
        assert [run.id for run in runs_of_class(opened, room.id)] == ["third", "second", "first"]


def test_only_answers_of_a_standing_regrade_are_regraded(database: str) -> None:
    room = opened_class()
    for handle in ("Ada", "Ben"):
        answered(joined(room, handle).person_id, FIXED, ["one"], BANK)
    bank = mini(("text: Third, correct: false", "text: Third, correct: true"))
    with session() as opened:
        done = regrade(opened, room.id, bank.question("Q1"), bank, seen=bank.question("Q1").hash)
    answered(joined(room, "Cleo").person_id, bank.question("Q1"), ["one"], bank)
    with session() as opened:
        assert {each.handle: each.is_regraded for each in answers_of_class(opened, room.id)} == {
            "Ada": True,
            "Ben": True,
            "Cleo": False,
        }
        undo(opened, done.id)
    with session() as opened:
        assert not any(each.is_regraded for each in answers_of_class(opened, room.id))


def test_handles_are_those_of_the_members(database: str) -> None:
    room = opened_class()
    joined(room, "  Zoë\u200b ")
    with session() as opened:
        assert [each.handle for each in members_of(opened, room.id)] == list(
            opened.scalars(select(Person.handle).where(Person.class_id == room.id))
        )
