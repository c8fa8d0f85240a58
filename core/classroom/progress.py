"""How far somebody has come through the bank. The score of a question is that of its best attempt.

A second attempt that is better counts in full: the app is there to learn with, and trying again after more thought is
learning. Ticking everything first does not pay, because nothing is marked beside the options before the question is
closed (`Marking.before_final`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.quiz.bank import Bank
from core.store.tables import Answer

State = Literal["open", "answered", "right"]


@dataclass(frozen=True)
class QuestionProgress:
    """Where somebody stands with one question.

    Attributes:
        state: `open` without an attempt, `answered`, or `right`. A revealed question is `answered`.
        score: 0 to 1 of the best attempt, None without one.
    """

    question_id: str
    state: State
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
    # Two columns of each answer: this is read whenever a page is drawn, and a whole row holds its marking.
    mine = select(Answer.question_id, func.max(Answer.score)).where(Answer.person_id == person_id)
    best: dict[str, float | None] = dict(session.execute(mine.group_by(Answer.question_id)).tuples().all())
    return Progress({each.id: _of(each.id, best) for each in bank.questions})


def _of(question_id: str, best: dict[str, float | None]) -> QuestionProgress:
    score = best.get(question_id)
    state: State = "right" if score == 1 else "answered" if question_id in best else "open"
    return QuestionProgress(question_id=question_id, state=state, score=score)
