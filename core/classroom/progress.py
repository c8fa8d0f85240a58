"""How far somebody has come through the bank. The score of a question is that of its best attempt.

A second attempt that is better counts in full: the app is there to learn with, and trying again after more thought is
learning. Ticking everything first does not pay, because nothing is marked beside the options before the question is
closed (`Marking.before_final`).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from core.classroom.answers import history
from core.quiz.bank import Bank, Question
from core.store.tables import Answer


@dataclass(frozen=True)
class QuestionProgress:
    """Where somebody stands with one question.

    Attributes:
        state: `open` without an attempt, `answered`, or `right`. A revealed question is `answered`.
        score: 0 to 1 of the best attempt, None without one.
    """

    question_id: str
    state: Literal["open", "answered", "right"]
    score: float | None


@dataclass(frozen=True)
class Progress:
    """Where somebody stands, question by question in the bank's order."""

    questions: dict[str, QuestionProgress]

    @property
    def answered(self) -> int:
        """Questions that are not open, right ones included."""
        return sum(question.state != "open" for question in self.questions.values())

    @property
    def score(self) -> float:
        """Sum of the scores; the maximum is the number of questions."""
        return sum(question.score or 0.0 for question in self.questions.values())

    def within(self, question_ids: Iterable[str]) -> "Progress":
        """The same for some of the questions only."""
        return Progress({name: self.questions[name] for name in question_ids})

    @property
    def next_open(self) -> str | None:
        """Id of the first question without an answer; None when there is none left."""
        return next((name for name, question in self.questions.items() if question.state == "open"), None)


def progress(session: Session, person_id: str, bank: Bank) -> Progress:
    """Progress over every question of the bank; answers to questions that it no longer holds are passed over."""
    answers: dict[str, list[Answer]] = defaultdict(list)
    for answer in history(session, person_id):
        answers[answer.question_id].append(answer)
    return Progress({each.id: _of(each, answers[each.id]) for each in bank.questions})


def _of(question: Question, answers: list[Answer]) -> QuestionProgress:
    scores = [answer.score for answer in answers if answer.score is not None]
    best = max(scores) if scores else None
    return QuestionProgress(
        question_id=question.id,
        state="right" if best == 1 else "answered" if answers else "open",
        score=best,
    )
