"""A class's marks as a table: one row per student, one column per question, one attempt each."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import LabError

Attempt = Literal["first", "last", "best"]
ATTEMPTS: tuple[Attempt, ...] = ("first", "last", "best")
Array = NDArray[np.float64]


class BadAnswers(LabError):
    """Answers that cannot be put into one table."""

    kind = "bad_answers"


@dataclass(frozen=True)
class Answer:
    """One attempt of one student; `score` is None where the student left the question blank."""

    student: str
    question: str
    attempt: int
    score: float | None
    max_score: float


@dataclass(frozen=True)
class Marks:
    """The marks of S students on P questions.

    Attributes:
        scores: shape (S, P); a blank answer is 0, a question that was not reached is NaN.
        maxima: shape (P,), the most that each question gives.
        blanks: shape (P,), how many left it blank.
    """

    students: tuple[str, ...]
    questions: tuple[str, ...]
    scores: Array
    maxima: Array
    blanks: tuple[int, ...]

    @property
    def complete(self) -> Array:
        """The rows of students who reached every question; correlations and the test's figures are of these."""
        return self.scores[~np.isnan(self.scores).any(axis=1)]


def marks_of(answers: Iterable[Answer], attempt: Attempt = "first") -> Marks:
    """Choose one attempt of each student on each question. Students and questions keep the order of their first answer.

    Raises:
        BadAnswers: there is none, or a question is worth different amounts.
    """
    chosen: dict[tuple[str, str], Answer] = {}
    for answer in answers:
        place = answer.student, answer.question
        chosen[place] = _of_two(chosen[place], answer, attempt) if place in chosen else answer
    if not chosen:
        raise BadAnswers("There is no answer to look at.", "Export the answers again after the class has answered.")
    students, questions = (tuple(dict.fromkeys(place[index] for place in chosen)) for index in (0, 1))
    maxima = _maxima(chosen.values())
    scores = np.full((len(students), len(questions)), np.nan)
    for (student, question), answer in chosen.items():
        scores[students.index(student), questions.index(question)] = answer.score or 0.0
    blanks = tuple(sum(a.score is None and a.question == name for a in chosen.values()) for name in questions)
    return Marks(students, questions, scores, np.array([maxima[name] for name in questions]), blanks)


def _of_two(one: Answer, other: Answer, attempt: Attempt) -> Answer:
    earlier, later = sorted((one, other), key=lambda answer: answer.attempt)
    if attempt == "best":
        return max(earlier, later, key=lambda answer: answer.score or 0.0)
    return earlier if attempt == "first" else later


def _maxima(answers: Iterable[Answer]) -> dict[str, float]:
    maxima: dict[str, float] = {}
    for answer in answers:
        known = maxima.setdefault(answer.question, answer.max_score)
        if known != answer.max_score:
            raise BadAnswers(
                f"{answer.question} is worth {known:g} for one student and {answer.max_score:g} for {answer.student}.",
                "Regrade the question, so that it is worth the same for all, and export again.",
            )
    return maxima
