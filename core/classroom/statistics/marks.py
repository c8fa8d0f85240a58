"""A class's marks as a table: one row per student, one column per question, one attempt each."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.classroom.statistics.spread import Array
from core.errors import LabError

Attempt = Literal["first", "last", "best"]
ATTEMPTS: tuple[Attempt, ...] = ("first", "last", "best")


class BadAnswers(LabError):
    """Answers that cannot be put into one table."""

    kind = "bad_answers"


class Attempted(Protocol):
    """What an attempt has to say for one to be chosen among a student's."""

    @property
    def student(self) -> str: ...
    @property
    def question(self) -> str: ...
    @property
    def attempt(self) -> int: ...
    @property
    def score(self) -> float | None: ...


Given = TypeVar("Given", bound=Attempted)


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
    def is_complete(self) -> NDArray[np.bool_]:
        """Shape (S,): which students reached every question."""
        return np.asarray(~np.isnan(self.scores).any(axis=1), dtype=np.bool_)

    @property
    def complete(self) -> Array:
        """The rows of students who reached every question; correlations and the test's figures are of these."""
        return self.scores[self.is_complete]

    def without(self, questions: Collection[str]) -> "Marks":
        """The same class on the other questions."""
        kept = [column for column, name in enumerate(self.questions) if name not in questions]
        return Marks(
            students=self.students,
            questions=tuple(self.questions[column] for column in kept),
            scores=self.scores[:, kept],
            maxima=self.maxima[kept],
            blanks=tuple(self.blanks[column] for column in kept),
        )


def marks_of(answers: Iterable[Answer], attempt: Attempt = "first") -> Marks:
    """Choose one attempt of each student on each question. Students and questions keep the order of their first answer.

    Raises:
        BadAnswers: there is none, two attempts have the same number, or a question is worth different amounts.
    """
    chosen = one_attempt_each(answers, attempt)
    if not chosen:
        raise BadAnswers("There is no answer to look at.", "Export the answers again after the class has answered.")
    rows, columns = ({name: at for at, name in enumerate(dict.fromkeys(part))} for part in zip(*chosen, strict=True))
    maxima = _maxima(chosen.values())
    scores = np.full((len(rows), len(columns)), np.nan)
    for (student, question), answer in chosen.items():
        scores[rows[student], columns[question]] = answer.score or 0.0
    blanks = Counter(answer.question for answer in chosen.values() if answer.score is None)
    return Marks(
        students=tuple(rows),
        questions=tuple(columns),
        scores=scores,
        maxima=np.array([maxima[name] for name in columns]),
        blanks=tuple(blanks[name] for name in columns),
    )


def one_attempt_each(given: Iterable[Given], attempt: Attempt) -> dict[tuple[str, str], Given]:
    """The first, last or best attempt by student and question; of several best ones the earliest.

    The best of a blank answer and one that earned nothing is the one that was given.

    Raises:
        BadAnswers: two different attempts have the same number.
    """
    return {place: _chosen(mine, attempt) for place, mine in attempts_of(given).items()}


def attempts_of(given: Iterable[Given]) -> dict[tuple[str, str], list[Given]]:
    """All attempts by student and question, first to last. The same one twice counts once.

    Raises:
        BadAnswers: two different attempts have the same number.
    """
    attempts: dict[tuple[str, str], dict[int, Given]] = {}
    for one in given:
        known = attempts.setdefault((one.student, one.question), {}).setdefault(one.attempt, one)
        if known != one:
            raise BadAnswers(
                f"{one.student} has two different attempts {one.attempt} at {one.question}.",
                "Number the attempts 1, 2, 3, … in the order in which they were made.",
            )
    return {place: [mine[number] for number in sorted(mine)] for place, mine in attempts.items()}


def _chosen(attempts: list[Given], attempt: Attempt) -> Given:
    if attempt == "best":
        return max(attempts, key=lambda one: (one.score or 0.0, one.score is not None))
    return attempts[0 if attempt == "first" else -1]


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
