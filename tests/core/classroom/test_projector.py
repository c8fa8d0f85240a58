"""What the room may see: no name and no key before the reveal, no count before the close, none under 5 at all."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.classroom.activity import Student
from core.classroom.classes import STATES, QuestionState, Room
from core.classroom.live import ClassNow, QuestionNow, Votes
from core.classroom.measured import MeasuredAnswer, spread_of
from core.classroom.projector import Projection, project
from core.quiz.bank import Question
from tests.core.quiz.examples import LESSON

Q2, Q3, Q4 = (LESSON.question(name) for name in ("Q2", "Q3", "Q4"))
WITH_OTHERS = next(question for question in LESSON.questions if question.also_accepted)
JOINED = 30


def at(
    question: Question,
    state: QuestionState,
    answers: Mapping[str, int] | None = None,
    predictions: Mapping[str, int] | None = None,
    people: int | None = None,
) -> Projection:
    """A question in a class of 30, of whom so many chose each option."""
    votes = Votes(people if people is not None else sum((answers or {}).values()), answers or {})
    guesses = Votes(sum((predictions or {}).values()), predictions or {})
    found = QuestionNow(question.id, state, guesses, Votes(), votes, 0, Counter())
    students = tuple(Student(f"{n}", f"Handle{n}", True, "idle", None, 0.0) for n in range(JOINED))
    room = Room("class", "Physics", True, "open", {})
    return project(ClassNow(room, 0.0, students, (found,), {}), question)


def texts(value: object) -> Iterator[str]:
    """Every text within a projection."""
    if isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("question", LESSON.questions, ids=lambda question: question.id)
@pytest.mark.parametrize("state", ["open", "closed"])
def test_before_the_reveal_nothing_tells_the_key(question: Question, state: QuestionState) -> None:
    shown = at(question, state)
    assert not any(option.is_key for option in shown.options)
    assert shown.explanation is None and shown.also == () and shown.measured is None
    told = [choice.feedback for choice in question.choices] + [choice.feedback_unchosen for choice in question.choices]
    secret = {question.explanation, *told, *(other.feedback for other in question.also_accepted)} - {None}
    assert not secret & set(texts(asdict(shown)))


@pytest.mark.parametrize("state", STATES)
def test_nobody_is_named(state: QuestionState) -> None:
    assert not any("Handle" in text for text in texts(asdict(at(Q2, state, {"vram_15": 20}))))


def test_while_it_is_open_only_how_many_have_answered_is_told() -> None:
    shown = at(Q4, "open", {"under_10_s": 12, "over_60_s": 11}, {"under_10_s": 20})
    assert (shown.answered, shown.joined) == (23, JOINED)
    assert shown.answers is None and shown.predictions is None


def test_fewer_than_five_answers_are_not_even_counted() -> None:
    shown = at(Q4, "closed", {"under_10_s": 4})
    assert shown.answered is None
    assert shown.answers is not None and shown.answers.people is None and not shown.answers.is_shown


def test_closing_shows_the_counts_in_the_order_of_the_options() -> None:
    shown = at(Q4, "closed", {"under_10_s": 6, "s_20_to_40": 15, "s_40_to_60": 1, "over_60_s": 2})
    assert shown.answers is not None and shown.answers.people == 24
    assert shown.answers.counts == (6, 15, None, None)


def test_the_reveal_marks_the_key_and_explains() -> None:
    shown = at(Q2, "revealed", {"vram_15": 20, "disk_100": 12}, people=22)
    assert {option.letter for option in shown.options if option.is_key} == {"b", "d"}
    assert shown.explanation == Q2.explanation


def test_the_reveal_tells_what_else_counts() -> None:
    assert at(WITH_OTHERS, "revealed").also == tuple(other.feedback for other in WITH_OTHERS.also_accepted)


def test_where_the_key_is_measured_no_option_is_marked() -> None:
    shown = at(Q4, "revealed")
    assert shown.is_measured and not any(option.is_key for option in shown.options)


def test_a_prediction_of_its_own_has_its_own_labels() -> None:
    assert Q3.prediction is not None
    counts = dict(zip((choice.id for choice in Q3.prediction.choices), (9, 12, 7, 5), strict=True))
    shown = at(Q3, "closed", predictions=counts).predictions
    assert shown is not None and shown.labels == tuple(choice.text for choice in Q3.prediction.choices)
    assert shown.counts == (9, 12, 7, 5)


def test_a_question_without_a_prediction_shows_none() -> None:
    assert at(Q2, "closed").predictions is None


@given(st.lists(st.integers(0, 40), min_size=4, max_size=4), st.integers(0, 40))
def test_no_count_under_5_is_projected(counts: list[int], more: int) -> None:
    for question, people in ((Q4, sum(counts)), (Q2, max(counts) + more)):
        found = dict(zip((choice.id for choice in question.choices), counts, strict=True))
        shown = at(question, "revealed", found, people=people)
        assert shown.answers is not None
        numbers = [shown.answered, shown.answers.people, *shown.answers.counts]
        assert all(number is None or number >= 5 for number in numbers)


def test_what_was_measured_comes_with_the_reveal_alone() -> None:
    spread = spread_of([MeasuredAnswer(16.0 + number / 10, True, None) for number in range(20)], "s", None)
    found = QuestionNow("Q4", "closed", Votes(), Votes(), Votes(), 0, Counter())
    now = ClassNow(Room("class", "Physics", True, "open", {}), 0.0, (), (found,), {})
    assert spread is not None and project(now, Q4, spread).measured is None
