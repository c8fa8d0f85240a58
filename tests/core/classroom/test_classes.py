"""Classes and the state of their questions: what a state forbids is refused on write, whatever comes meanwhile."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from core.classroom import answers, classes, predictions
from core.classroom.classes import (
    BadClass,
    QuestionClosed,
    Room,
    class_by_code,
    class_of_member,
    close_class,
    ensure_runs,
    ensure_taken,
    keep,
    members,
    open_class,
    reopen_class,
    room_of,
    set_question,
    set_questions,
    size,
    state_for,
)
from core.classroom.codes import ALPHABET, spelled
from core.classroom.joining import join
from core.classroom.predictions import predict
from core.config import Config
from core.store.database import engine, session
from core.store.tables import Answer, AuditLine, Class, Person, Prediction
from tests.core.classroom.school import after, answered, at_once, count, joined, opened_class
from tests.core.quiz.examples import LESSON

Q1, Q2, Q11 = (LESSON.question(name) for name in ("Q1", "Q2", "Q11"))
DAY_S = 86_400


def test_an_opened_class_has_a_code_a_day_to_be_deleted_and_an_audit_line(database: str, own_settings: Config) -> None:
    room = opened_class("  Physics   1 ")
    assert room.title == "Physics 1" and room.closed_at is None and not room.is_demo
    assert len(room.join_code) == 6 and set(room.join_code) <= set(ALPHABET)
    assert room.keep_until == pytest.approx(time.time() + own_settings.keep_days * DAY_S, abs=60)
    with session() as opened:
        (line,) = opened.scalars(select(AuditLine))
    assert line.event == "class_opened" and line.details == {"class_id": room.id}


@pytest.mark.parametrize("title", ["", "   ", "\n\t", "\u200b\u202e", "\x00", "x" * 121])
def test_a_title_that_nobody_can_read_is_refused(database: str, title: str) -> None:
    with session() as opened, pytest.raises(BadClass, match="title"):
        open_class(opened, title)
    assert count(Class) == 0


@pytest.mark.parametrize(
    ("title", "kept"),
    [("a\x00b", "ab"), ("Physics\u202e 1", "Physics 1"), ("two\nlines", "two lines"), ("x" * 120, "x" * 120)],
)
def test_a_title_is_kept_without_signs_that_cannot_be_seen(database: str, title: str, kept: str) -> None:
    assert opened_class(title).title == kept


def test_a_class_is_kept_for_a_day_at_least(database: str) -> None:
    with session() as opened, pytest.raises(BadClass, match="0 days"):
        open_class(opened, "Physics", keep_days=0)


def test_a_code_that_another_class_has_is_not_given_twice(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = iter(["AAAAAA", "AAAAAA", "BBBBBB"])
    monkeypatch.setattr(classes, "new_code", lambda length: next(codes))
    assert [opened_class(name).join_code for name in ("one", "two")] == ["AAAAAA", "BBBBBB"]


def test_classes_stand_newest_first(database: str) -> None:
    first, second = opened_class("one"), opened_class("two")
    with session() as opened:
        assert [room.id for room in classes.classes(opened)] == [second.id, first.id]


def test_a_code_finds_its_class_however_it_was_typed(database: str) -> None:
    room = opened_class()
    with session() as opened:
        for typed in (room.join_code.lower(), spelled(room.join_code), f"  {room.join_code}\n"):
            assert class_by_code(opened, typed).id == room.id


@pytest.mark.parametrize("code", ["", "ZZZZZZ", "' OR 1=1 --", "\x00", "%", "_" * 6, "K" * 10_000, "‮" * 6])
def test_a_code_of_no_class_is_refused_in_one_short_line(database: str, code: str) -> None:
    opened_class()
    with session() as opened, pytest.raises(BadClass) as refused:
        class_by_code(opened, code)
    assert len(refused.value.message) < 120


def test_somebody_alone_is_in_no_class(person: str) -> None:
    with session() as opened, pytest.raises(BadClass, match="no class"):
        class_of_member(opened, opened.get_one(Person, person))


def test_members_are_counted_and_listed_by_handle(database: str) -> None:
    room, other = opened_class(), opened_class("Other")
    for handle in ("cleo", "Ada", "ben"):
        joined(room, handle)
    joined(other, "dora")
    with session() as opened:
        assert [member.handle for member in members(opened, room.id)] == ["Ada", "ben", "cleo"]
        assert (size(opened, room.id), size(opened, other.id)) == (3, 1)
        assert class_of_member(opened, members(opened, room.id)[0]).id == room.id


def test_keep_sets_the_day_of_deletion_or_none(database: str) -> None:
    room = opened_class()
    for until in (1.5, None):
        with session() as opened:
            keep(opened, room.id, until)
        with session() as opened:
            assert opened.get_one(Class, room.id).keep_until == until


def test_questions_begin_in_the_state_of_the_class_and_change_one_by_one(database: str) -> None:
    room = opened_class(first_state="closed")
    with session() as opened:
        set_question(opened, room.id, "Q1", "open")
        set_questions(opened, room.id, ["Q2", "Q11"], "revealed")
        set_question(opened, room.id, "Q11", "open")
    with session() as opened:
        seen = room_of(opened, room.id)
    assert seen is not None
    assert [seen.state(name) for name in ("Q1", "Q2", "Q11", "Q4")] == ["open", "revealed", "open", "closed"]


def test_a_closed_class_closes_open_questions_and_keeps_revealed_ones(database: str) -> None:
    room = opened_class()
    person = joined(room, "Ada").person_id
    with session() as opened:
        set_question(opened, room.id, "Q2", "revealed")
        close_class(opened, room.id)
    with session() as opened:
        seen = room_of(opened, room.id)
        assert seen is not None and not seen.is_open
        assert (seen.state("Q1"), seen.state("Q2")) == ("closed", "revealed")
        assert (state_for(opened, person, "Q1"), state_for(opened, person, "Q2")) == ("closed", "revealed")
        reopen_class(opened, room.id)
        assert state_for(opened, person, "Q1") == "open"


def test_the_first_day_of_closing_stays_when_a_class_is_closed_twice(database: str) -> None:
    room = opened_class()
    with session() as opened:
        close_class(opened, room.id)
        at = opened.scalar(select(Class.closed_at))
        close_class(opened, room.id)
        assert opened.scalar(select(Class.closed_at)) == at


@pytest.mark.parametrize("state", ["", "Open", "deleted", "revealed; DROP TABLE classes"])
def test_an_unknown_state_is_refused(database: str, state: Any) -> None:
    room = opened_class()
    with session() as opened, pytest.raises(BadClass, match="cannot be"):
        set_question(opened, room.id, "Q1", state)


def test_a_state_in_the_database_that_this_version_does_not_know_counts_as_closed(database: str) -> None:
    room = opened_class(first_state="later")  # type: ignore[arg-type]
    person = joined(room, "Ada").person_id
    with session() as opened:
        seen = room_of(opened, room.id)
        assert seen is not None and seen.state("Q1") == "closed"
        assert state_for(opened, person, "Q1") == "closed"


def test_a_class_that_is_gone_has_no_room(database: str) -> None:
    with session() as opened:
        assert room_of(opened, "gone") is None


def test_alone_everything_is_open(person: str) -> None:
    with session() as opened:
        assert state_for(opened, person, "Q1") == "open"
        ensure_taken(opened, person, "Q1")
        ensure_runs(opened, person, "Q1")


@pytest.mark.parametrize(("state", "told"), [("closed", "is closed"), ("revealed", "has been shown")])
def test_what_a_state_forbids_is_refused_and_nothing_is_stored(database: str, state: Any, told: str) -> None:
    room = opened_class()
    person = joined(room, "Ada").person_id
    with session() as opened:
        set_question(opened, room.id, "Q11", state)
    with pytest.raises(QuestionClosed, match=told):
        answered(person, Q11, ["two"])
    assert count(Answer) == count(Prediction) == 0


def test_runs_go_on_after_the_reveal_but_not_while_closed(database: str) -> None:
    room = opened_class()
    person = joined(room, "Ada").person_id
    with session() as opened:
        set_question(opened, room.id, "Q4", "revealed")
        ensure_runs(opened, person, "Q4")
        set_question(opened, room.id, "Q4", "closed")
        ensure_runs(opened, person, None)
        with pytest.raises(QuestionClosed):
            ensure_runs(opened, person, "Q4")


def test_one_class_does_not_close_another(database: str) -> None:
    rooms = opened_class("one"), opened_class("two")
    people = [joined(room, handle).person_id for room, handle in zip(rooms, ("Ada", "Ben"), strict=True)]
    with session() as opened:
        set_question(opened, rooms[0].id, "Q1", "closed")
        assert [state_for(opened, person, "Q1") for person in people] == ["closed", "open"]


def close_question(room: Class) -> None:
    with session() as opened:
        set_question(opened, room.id, "Q11", "closed")


def close_everything(room: Class) -> None:
    with session() as opened:
        close_class(opened, room.id)


def reopen(room: Class) -> None:
    with session() as opened:
        set_question(opened, room.id, "Q11", "open")
        reopen_class(opened, room.id)


CLOSINGS = [close_question, close_everything]


@pytest.mark.parametrize("close", CLOSINGS)
def test_nothing_is_stored_after_the_close_though_an_answer_was_on_its_way(
    database: str, close: Callable[[Class], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    room = opened_class()
    person = joined(room, "Ada").person_id
    answered(person, Q11, ["one"])
    on_its_way, closed, mark = threading.Event(), threading.Event(), answers.mark
    stored_at_close: list[int] = []

    def marked_slowly(*args: Any, **kwargs: Any) -> Any:
        on_its_way.set()
        closed.wait(timeout=0.5)
        return mark(*args, **kwargs)

    def teacher() -> None:
        assert on_its_way.wait(timeout=30)
        close(room)
        closed.set()
        stored_at_close.append(count(Answer))

    monkeypatch.setattr(answers, "mark", marked_slowly)
    at_once(lambda: answered(person, Q11, ["two"]), teacher)
    assert stored_at_close == [count(Answer)]


@pytest.mark.parametrize("close", CLOSINGS)
def test_a_close_between_looking_and_writing_is_seen_by_what_is_written(
    database: str, close: Callable[[Class], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite. PostgreSQL makes the close wait until the answer is stored."""
    room = opened_class()
    person = joined(room, "Ada").person_id
    if engine().dialect.name == "postgresql":
        monkeypatch.setattr("core.classroom.classes.hold", lambda *args, **kwargs: None)
    after(monkeypatch, predictions, "ensure_taken", lambda: close(room))
    with pytest.raises(QuestionClosed, match="is closed"):
        answered(person, Q11, ["one"])
    reopen(room)
    with session() as opened:
        predict(opened, person, Q11, ["unet"])
    after(monkeypatch, answers, "ensure_taken", lambda: close(room))
    with pytest.raises(QuestionClosed, match="is closed"):
        answered(person, Q11, ["one"])
    assert count(Answer) == 0 and count(Prediction) == 1


@pytest.mark.parametrize("change", ["question", "class"])
def test_an_answer_that_waited_for_the_close_is_refused(database: str, change: str) -> None:
    room = opened_class()
    person = joined(room, "Ada").person_id
    answered(person, Q11, ["one"])
    outcome: list[Any] = []
    sender = threading.Thread(target=lambda: outcome.extend(at_once(lambda: answered(person, Q11, ["two"]))))
    with session() as opened:
        if change == "question":
            set_question(opened, room.id, "Q11", "closed")
        else:
            close_class(opened, room.id)
        opened.flush()
        sender.start()
        sender.join(timeout=0.5)  # long enough to have begun and to wait for this transaction
    sender.join(timeout=30)
    assert isinstance(outcome[0], QuestionClosed)
    assert count(Answer) == 1


def test_nobody_joins_after_the_close_though_they_were_on_their_way(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.classroom import joining

    room = opened_class()
    on_the_way, closed, clean = threading.Event(), threading.Event(), joining.clean
    joined_at_close: list[int] = []

    def cleaned_slowly(text: str) -> str:
        on_the_way.set()
        closed.wait(timeout=0.5)
        return clean(text)

    def teacher() -> None:
        assert on_the_way.wait(timeout=30)
        close_everything(room)
        closed.set()
        with session() as opened:
            joined_at_close.append(size(opened, room.id))

    monkeypatch.setattr(joining, "clean", cleaned_slowly)
    at_once(lambda: joined(room, "Ada"), teacher)
    with session() as opened:
        assert joined_at_close == [size(opened, room.id)]


def test_somebody_who_waited_for_the_close_does_not_join(database: str) -> None:
    room = opened_class()
    outcome: list[Any] = []
    student = threading.Thread(target=lambda: outcome.extend(at_once(lambda: joined(room, "Ada"))))
    with session() as opened:
        close_class(opened, room.id)
        opened.flush()
        student.start()
        student.join(timeout=0.5)
    student.join(timeout=30)
    assert isinstance(outcome[0], BadClass)
    with session() as opened:
        assert size(opened, room.id) == 0


def test_a_class_answers_and_is_closed_at_once_many_times(database: str) -> None:
    for turn in range(5):
        room = opened_class(f"turn {turn}")
        people = [joined(room, f"student {turn} {number}").person_id for number in range(4)]
        before = count(Answer)
        stored: list[int] = []

        def close(room: Class = room, stored: list[int] = stored) -> None:
            close_question(room)
            stored.append(count(Answer))

        outcomes = at_once(*(lambda p=person: answered(p, Q2, ["vram_15"]) for person in people), close)
        assert not [each for each in outcomes if isinstance(each, Exception) and not isinstance(each, QuestionClosed)]
        taken = sum(not isinstance(each, Exception) for each in outcomes[:-1])
        assert count(Answer) - before == taken
        del stored


def test_two_teachers_who_change_one_question_at_once_leave_one_row(database: str) -> None:
    room = opened_class()

    def change(state: Any) -> Callable[[], None]:
        def act() -> None:
            with session() as opened:
                set_question(opened, room.id, "Q1", state)

        return act

    assert at_once(*(change(state) for state in ("open", "closed", "revealed", "closed"))) == [None] * 4
    with session() as opened:
        seen = room_of(opened, room.id)
        assert isinstance(seen, Room) and list(seen.states) == ["Q1"]


def test_a_class_opened_by_two_teachers_at_once_is_two_classes(database: str) -> None:
    rooms = at_once(*(lambda n=number: opened_class(f"class {n}") for number in range(6)))
    assert len({room.join_code for room in rooms}) == 6 and count(Class) == 6


def test_joining_with_a_code_that_is_typed_badly_finds_the_class(database: str) -> None:
    room = opened_class()
    typed = room.join_code.replace("0", "O").replace("1", "l")
    with session() as opened:
        assert join(opened, "a browser", f"{typed[:3]}-{typed[3:]}", "Ada").person_id
