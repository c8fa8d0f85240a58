"""Which attempt counts, and how answers become a table."""

import time

import numpy as np
import pytest

from core.classroom.statistics import Answer, BadAnswers, marks_of, report
from core.classroom.statistics.marks import Attempt


def tries(*scores: float | None) -> list[Answer]:
    return [Answer("ada", "Q1", number, score, 1.0) for number, score in enumerate(scores, start=1)]


@pytest.mark.parametrize(("rule", "score"), [("first", 0.5), ("last", 0.25), ("best", 1.0)])
def test_one_attempt_counts(rule: Attempt, score: float) -> None:
    assert marks_of(tries(0.5, 1.0, 0.25), rule).scores[0, 0] == score
    assert marks_of(reversed(tries(0.5, 1.0, 0.25)), rule).scores[0, 0] == score


def test_attempts_may_begin_with_any_number() -> None:
    given = [Answer("ada", "Q1", 7, 1.0, 1.0), Answer("ada", "Q1", 4, 0.5, 1.0)]
    assert marks_of(given, "first").scores[0, 0] == 0.5


def test_the_best_of_a_blank_answer_and_a_wrong_one_is_the_wrong_one() -> None:
    assert marks_of(tries(None, 0.0), "best").blanks == (0,)
    assert marks_of(tries(None, 0.0), "first").blanks == (1,)
    assert marks_of(tries(-0.5, None), "best").blanks == (1,)


def test_a_row_that_is_there_twice_counts_once_and_two_that_contradict_are_told() -> None:
    assert marks_of([*tries(0.5), *tries(0.5)]).scores.tolist() == [[0.5]]
    with pytest.raises(BadAnswers, match="ada has two different attempts 1 at Q1"):
        marks_of([*tries(0.5), *tries(1.0)])


def test_a_blank_answer_is_nothing_and_a_question_not_reached_is_missing() -> None:
    marks = marks_of([*tries(None), Answer("bob", "Q2", 1, 1.0, 1.0)])
    assert marks.students == ("ada", "bob") and marks.questions == ("Q1", "Q2")
    assert np.array_equal(marks.scores, [[0, np.nan], [np.nan, 1]], equal_nan=True)
    assert len(marks.complete) == 0 and marks.blanks == (1, 0)


def test_questions_can_be_left_out() -> None:
    marks = marks_of([*tries(1.0), Answer("ada", "Q2", 1, 0.0, 4.0), Answer("bob", "Q2", 1, None, 4.0)])
    left = marks.without({"Q1", "unknown"})
    assert (left.questions, left.maxima.tolist(), left.blanks) == (("Q2",), [4.0], (1,))
    assert left.is_complete.tolist() == [True, True] and marks.is_complete.tolist() == [True, False]


def test_three_hundred_students_take_less_than_two_seconds() -> None:
    scores = np.random.default_rng(3).choice([0, 0.25, 0.5, 1.0], (300, 23))
    given = [Answer(f"s{s}", f"Q{q}", 1, float(scores[s, q]), 1.0) for s in range(300) for q in range(23)]
    began = time.process_time()
    found = report(marks_of(given), "first", measured={"Q4"})
    assert time.process_time() - began < 2
    assert found["students"] == 300 and len(found["items"]) == 23
