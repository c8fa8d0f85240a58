"""What guessing earns, against marking every answer there is."""

from itertools import combinations
from statistics import mean

import pytest

from core.classroom.statistics import guess_score
from core.quiz.bank import Question
from core.quiz.marking import mark
from tests.core.quiz.examples import LESSON, NO_GPU

FIXED = [question for question in LESSON.questions if question.key is None]


@pytest.mark.parametrize("question", FIXED, ids=lambda question: question.id)
def test_a_guess_earns_what_marking_every_answer_gives(question: Question) -> None:
    ids = [choice.id for choice in question.choices]
    sizes = [1] if question.type == "single" else range(1, len(ids) + 1)
    every = [answer for size in sizes for answer in combinations(ids, size)]
    scores = {answer: mark(question, answer, runs=[], machine=NO_GPU).score or 0 for answer in every}
    found = guess_score(question)
    assert found.expected == pytest.approx(100 * mean(scores.values()))
    if question.type == "multiple":
        assert found.strategies["ticking everything"] == pytest.approx(100 * scores[tuple(ids)])
        assert found.strategies["ticking the first"] == pytest.approx(100 * scores[tuple(ids[:1])])
        assert found.strategies["ticking one at random"] == pytest.approx(100 * mean(scores[(one,)] for one in ids))
    assert found.best == max(found.strategies.values())


def test_a_measured_question_is_guessed_one_time_in_as_many_as_it_has_options() -> None:
    measured = [question for question in LESSON.questions if question.key is not None]
    assert measured
    for question in measured:
        assert guess_score(question).expected == pytest.approx(100 / len(question.choices))


def test_the_example_of_the_documentation() -> None:
    assert guess_score(LESSON.question("Q1")).expected == pytest.approx(53.3, abs=0.05)
