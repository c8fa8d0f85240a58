"""After a change of the bank: marks stay, are changed only by a regrade, and come back exactly by its undo."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete, select

from core.classroom.answers import answers_of, is_closed, last_submission, reveal
from core.classroom.audit import lines
from core.classroom.class_data import answers_of_class
from core.classroom.predictions import predict
from core.classroom.regrading import (
    CannotRegrade,
    Change,
    changed_questions,
    changes_of,
    counts,
    done_regrades,
    preview,
    regrade,
    regraded_at,
    undo,
)
from core.quiz.bank import Bank
from core.store.database import session
from core.store.tables import Answer, Class, Person, Regrade, RegradedAnswer, Run
from tests.core.classroom.school import answered, at_once, count, joined, opened_class
from tests.core.quiz.examples import NO_GPU, mini, run_record

BANK = mini()
FIXED, MEASURED = BANK.question("Q1"), BANK.question("Q2")
KEY = ("text: Third, correct: false", "text: Third, correct: true")
RANGES = ("range: [0, 10]", "range: [0, 15]"), ("range: [10, 20]", "range: [15, 20]")
NEW_KEY, NEW_RANGES, BOTH = mini(KEY), mini(*RANGES), mini(KEY, *RANGES)


@pytest.fixture
def room(database: str) -> Iterator[Class]:
    """Ada (one two: right), Ben (one two three: half), Cleo (four, then the answer), in a class of the small bank."""
    room = opened_class()
    for handle, ticks in {"Ada": ["one", "two"], "Ben": ["one", "two", "three"], "Cleo": ["four"]}.items():
        answered(joined(room, handle).person_id, FIXED, ticks, BANK)
    with session() as opened:
        reveal(opened, named(room, "Cleo"), FIXED, bank=BANK, machine=NO_GPU)
    yield room


def named(room: Class, handle: str) -> str:
    with session() as opened:
        return opened.scalars(select(Person.id).where(Person.class_id == room.id, Person.handle == handle)).one()


def measured(room: Class, handle: str, tick: str, seconds: float) -> None:
    """A member of the class predicts, measures and answers."""
    person = joined(room, handle).person_id
    record = run_record(MEASURED, [seconds, seconds + 1, seconds + 2]) | {"id": f"run of {handle}"}
    with session() as opened:
        predict(opened, person, MEASURED, [MEASURED.prediction_choices[0].id])
        opened.add(
            Run(
                id=record["id"],
                job_id=record["id"],
                person_id=person,
                lab=MEASURED.lab.name,
                question_id="Q2",
                state="finished",
                created_at=time.time(),
                record=record,
            )
        )
    answered(person, MEASURED, [tick], BANK)


def stored(room: Class) -> dict[str, tuple[Any, ...]]:
    """Everything of every answer of the class that a regrade could change."""
    with session() as opened:
        rows = opened.execute(select(Answer).join(Person).where(Person.class_id == room.id)).scalars()
        return {
            row.id: (row.marking, row.score, row.bank_sha, row.submitted_answers, row.run_id, row.created_at)
            for row in rows
        }


def scores(room: Class, question_id: str = "Q1") -> dict[str, float | None]:
    """The score of each student's last attempt."""
    with session() as opened:
        found = [each for each in answers_of_class(opened, room.id) if each.question_id == question_id]
        return {each.handle: each.score for each in found if not each.is_reveal}


def look(room: Class, bank: Bank, question_id: str = "Q1") -> list[Change]:
    with session() as opened:
        return preview(opened, room.id, bank.question(question_id))


def do(room: Class, bank: Bank, question_id: str = "Q1") -> str:
    question = bank.question(question_id)
    with session() as opened:
        return regrade(opened, room.id, question, bank, seen=question.hash).id


def take_back(regrade_id: str) -> None:
    with session() as opened:
        undo(opened, regrade_id)


def changed(room: Class, bank: Bank) -> list[tuple[str, int, bool]]:
    with session() as opened:
        return [(each.question_id, each.answers, each.is_gone) for each in changed_questions(opened, room.id, bank)]


def test_while_the_bank_is_the_same_nothing_is_to_do(room: Class) -> None:
    assert changed(room, BANK) == [] and look(room, BANK) == []
    with pytest.raises(CannotRegrade, match="is left to mark anew"):
        do(room, BANK)


def test_marks_stay_as_given_when_the_bank_changes(room: Class) -> None:
    before = stored(room)
    assert changed(room, NEW_KEY) == [("Q1", 3, False)]
    assert len(look(room, NEW_KEY)) == 3
    assert stored(room) == before and count(Regrade) == 0


def test_questions_stand_in_the_banks_order_and_those_that_are_gone_last(room: Class) -> None:
    measured(room, "Dora", "short", 12.0)
    assert changed(room, BOTH) == [("Q1", 3, False), ("Q2", 1, False)]
    without = BOTH.model_copy(update={"questions": BOTH.questions[1:]})
    assert changed(room, without) == [("Q2", 1, False), ("Q1", 3, True)]


def test_the_preview_tells_every_answer_before_and_after(room: Class) -> None:
    ada, ben, cleo = look(room, NEW_KEY)
    assert [(each.handle, each.attempt) for each in (ada, ben, cleo)] == [("Ada", 1), ("Ben", 1), ("Cleo", 1)]
    assert ada.after is not None and ben.after is not None
    assert (ada.before.score, ada.outcome) == (1, "worse") and ada.after.score == pytest.approx(2 / 3)
    assert (ben.before.score, ben.after.score, ben.outcome, cleo.outcome) == (0.5, 1, "better", "same")
    assert (ben.before.correct_answers, ben.after.correct_answers) == (("one", "two"), ("one", "two", "three"))
    assert counts([ada, ben, cleo]) == {"better": 1, "worse": 1, "same": 1, "kept": 0}


def test_a_regrade_writes_what_the_preview_showed(room: Class) -> None:
    shown = look(room, NEW_KEY)
    regrade_id = do(room, NEW_KEY)
    assert scores(room) == {"Ada": pytest.approx(2 / 3), "Ben": 1, "Cleo": 0}
    assert changed(room, NEW_KEY) == [] and look(room, NEW_KEY) == []
    with session() as opened:
        (done,) = done_regrades(opened, room.id)
        assert (done.id, done.question_id, done.undone_at, done.why_not_undone) == (regrade_id, "Q1", None, "")
        assert changes_of(opened, regrade_id) == shown and done.counts == counts(shown)
        line = lines(opened)[0]
        assert line.event == "answers_regraded"
        assert line.details == {
            "class_id": room.id,
            "question_id": "Q1",
            "regrade_id": regrade_id,
            "better": 1,
            "worse": 1,
            "same": 1,
            "kept": 0,
        }
        shas = set(opened.scalars(select(Answer.bank_sha).where(Answer.score.is_not(None))))
    assert shas == {NEW_KEY.sha}


def test_who_asked_for_the_answer_keeps_that_as_it_is(room: Class) -> None:
    before = {name: row for name, row in stored(room).items() if row[0]["state"] == "revealed"}
    do(room, NEW_KEY)
    assert len(before) == 1 and before.items() <= stored(room).items()


def test_an_undo_restores_exactly(room: Class) -> None:
    before = stored(room)
    regrade_id = do(room, NEW_KEY)
    assert stored(room) != before
    take_back(regrade_id)
    assert stored(room) == before and changed(room, NEW_KEY) == [("Q1", 3, False)]
    with session() as opened:
        (done,) = done_regrades(opened, room.id)
        assert done.undone_at is not None and done.why_not_undone == "It was undone already."
        assert lines(opened)[0].event == "regrade_undone"


def test_an_undo_happens_once(room: Class) -> None:
    regrade_id = do(room, NEW_KEY)
    take_back(regrade_id)
    do(room, NEW_KEY)
    after = stored(room)
    with pytest.raises(CannotRegrade, match="undone already"):
        take_back(regrade_id)
    assert stored(room) == after


def test_a_later_regrade_has_to_be_undone_first(room: Class) -> None:
    before = stored(room)
    first = do(room, NEW_KEY)
    between = stored(room)
    second = do(
        room, BOTH.model_copy(update={"questions": mini(KEY, ("feedback: Yes one.", "feedback: So.")).questions})
    )
    with pytest.raises(CannotRegrade, match="later regrade of Q1 stands above it: undo that one first"):
        take_back(first)
    with session() as opened:
        newest, oldest = done_regrades(opened, room.id)
        assert (newest.id, newest.why_not_undone) == (second, "") and "undo that one first" in oldest.why_not_undone
    take_back(second)
    assert stored(room) == between
    take_back(first)
    assert stored(room) == before


def test_a_regrade_of_another_question_stands_in_nobodys_way(room: Class) -> None:
    measured(room, "Dora", "short", 12.0)
    first = do(room, BOTH)
    do(room, BOTH, "Q2")
    take_back(first)
    assert scores(room)["Ada"] == 1 and scores(room, "Q2") == {"Dora": 1}


def test_measured_answers_are_marked_by_the_value_frozen_with_them(room: Class) -> None:
    for handle, tick in (("Dora", "short"), ("Emil", "middle")):
        measured(room, handle, tick, 12.0)
    with session() as opened:
        opened.execute(delete(Run))
    assert scores(room, "Q2") == {"Dora": 0, "Emil": 1}
    before = stored(room)
    regrade_id = do(room, NEW_RANGES, "Q2")
    assert scores(room, "Q2") == {"Dora": 1, "Emil": 0}
    with session() as opened:
        (dora, emil) = (each for each in answers_of_class(opened, room.id) if each.question_id == "Q2")
        assert dora.run_id == "run of Dora" and dora.evidence and dora.evidence.value == 12.0 and dora.is_regraded
        assert emil.key == ("short",)
    take_back(regrade_id)
    assert stored(room) == before


def test_answers_that_cannot_be_marked_anew_keep_their_marks_and_say_why(room: Class) -> None:
    bank = mini(
        ("{id: three, letter", "{id: drei, letter"), ("text: Fourth, correct: false", "text: Fourth, correct: true")
    )
    ben = look(room, bank)[1]
    assert (ben.outcome, ben.after) == ("kept", None) and ben.why_kept == "Option three is no longer in the bank."
    do(room, bank)
    assert scores(room) == {"Ada": pytest.approx(2 / 3), "Ben": 0.5, "Cleo": pytest.approx(1 / 3)}
    assert changed(room, bank) == [("Q1", 1, False)]
    with pytest.raises(CannotRegrade, match="is left to mark anew"):
        do(room, bank)
    with session() as opened:
        assert [each.handle for each in changes_of(opened, done_regrades(opened, room.id)[0].id)] == ["Ada", "Cleo"]


def test_answers_that_came_in_after_the_change_stay_through_regrade_and_undo(room: Class) -> None:
    answered(named(room, "Ben"), NEW_KEY.question("Q1"), ["one", "three"], NEW_KEY)
    answered(joined(room, "Dora").person_id, NEW_KEY.question("Q1"), ["one"], NEW_KEY)
    late = {name: row for name, row in stored(room).items() if row[2] == NEW_KEY.sha}
    assert len(late) == 2 and [each.handle for each in look(room, NEW_KEY)] == ["Ada", "Ben", "Cleo"]
    regrade_id = do(room, NEW_KEY)
    assert late.items() <= stored(room).items()
    answered(named(room, "Dora"), NEW_KEY.question("Q1"), ["two"], NEW_KEY)
    take_back(regrade_id)
    assert late.items() <= stored(room).items() and count(Answer) == 7


def test_an_answer_after_a_regrade_that_made_it_right_is_refused_and_after_its_undo_taken(room: Class) -> None:
    ben, question = named(room, "Ben"), NEW_KEY.question("Q1")
    regrade_id = do(room, NEW_KEY)
    with session() as opened:
        assert is_closed(question, answers_of(opened, ben, "Q1"))
        shown = last_submission(opened, ben, question)
        assert shown is not None and shown.marking.is_right
    take_back(regrade_id)
    with session() as opened:
        assert not is_closed(FIXED, answers_of(opened, ben, "Q1"))


def test_another_class_and_people_alone_are_not_touched(room: Class, people: Any) -> None:
    other = opened_class("Other")
    answered(joined(other, "Ada").person_id, FIXED, ["one"], BANK)
    (alone,) = people(1)
    answered(alone, FIXED, ["two"], BANK)
    before = stored(other)
    do(room, NEW_KEY)
    assert stored(other) == before and changed(other, NEW_KEY) == [("Q1", 1, False)]
    with session() as opened:
        assert answers_of(opened, alone, "Q1")[0].bank_sha == BANK.sha
        assert done_regrades(opened, other.id) == []


def test_a_bank_that_changed_again_since_the_preview_is_looked_at_first(room: Class) -> None:
    seen = NEW_KEY.question("Q1").hash
    with session() as opened, pytest.raises(CannotRegrade, match="changed again since this preview"):
        regrade(opened, room.id, BANK.question("Q1"), BANK, seen=seen)
    assert count(Regrade) == 0


def test_two_teachers_who_regrade_at_once_regrade_once(room: Class) -> None:
    outcomes = at_once(*(lambda: do(room, NEW_KEY) for _ in range(4)))
    assert sum(isinstance(each, CannotRegrade) for each in outcomes) == 3, outcomes
    assert count(Regrade) == 1 and count(RegradedAnswer) == 3


def test_two_undos_at_once_are_one(room: Class) -> None:
    before = stored(room)
    regrade_id = do(room, NEW_KEY)
    outcomes = at_once(*(lambda: take_back(regrade_id) for _ in range(4)))
    assert sum(isinstance(each, CannotRegrade) for each in outcomes) == 3, outcomes
    assert stored(room) == before


def test_a_regrade_that_fails_half_way_changes_nothing(room: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.classroom import regrading

    before = stored(room)

    def failing(*_: Any, **__: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(regrading, "note", failing)
    with pytest.raises(RuntimeError):
        do(room, NEW_KEY)
    assert stored(room) == before and count(Regrade) == count(RegradedAnswer) == 0


def test_a_student_can_be_told_when_an_answer_was_marked_anew(room: Class) -> None:
    with session() as opened:
        ada = answers_of(opened, named(room, "Ada"), "Q1")[0].id
        assert regraded_at(opened, ada) is None
    first, began = do(room, NEW_KEY), time.time()
    with session() as opened:
        assert regraded_at(opened, ada) == pytest.approx(began, abs=60)
    take_back(first)
    with session() as opened:
        assert regraded_at(opened, ada) is None


def test_a_student_who_was_deleted_is_in_no_list_and_stops_no_undo(room: Class) -> None:
    regrade_id = do(room, NEW_KEY)
    with session() as opened:
        opened.execute(delete(Person).where(Person.id == named(room, "Ada")))
    with session() as opened:
        assert [each.handle for each in changes_of(opened, regrade_id)] == ["Ben", "Cleo"]
    take_back(regrade_id)
    assert scores(room) == {"Ben": 0.5, "Cleo": 0}


def test_a_class_that_was_deleted_leaves_no_regrade(room: Class) -> None:
    regrade_id = do(room, NEW_KEY)
    with session() as opened:
        opened.execute(delete(Class))
    assert count(Regrade) == count(RegradedAnswer) == 0
    with pytest.raises(CannotRegrade, match="not there any more"):
        take_back(regrade_id)
