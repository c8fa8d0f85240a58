"""How far somebody has come through the bank. The score of a question is that of its best attempt."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.classroom.answers import attempts_in, history, is_closed
from core.quiz.bank import Bank, Question
from core.store.tables import Answer, Prediction


@dataclass(frozen=True)
class QuestionProgress:
    """Where somebody stands with one question.

    Attributes:
        state: `open` without an attempt, `answered`, or `right`. A revealed question is `answered`.
        score: 0 to 1 of the best attempt, None without one.
        is_final: nothing more can be submitted.
    """

    question_id: str
    state: Literal["open", "answered", "right"]
    score: float | None
    attempts: int
    attempts_left: int
    is_final: bool
    is_predicted: bool


@dataclass(frozen=True)
class Progress:
    """Where somebody stands, question by question in the bank's order."""

    questions: dict[str, QuestionProgress]

    @property
    def answered(self) -> int:
        """Questions that are not open, right ones included."""
        return sum(question.state != "open" for question in self.questions.values())

    @property
    def right(self) -> int:
        """Questions with the full score."""
        return sum(question.state == "right" for question in self.questions.values())

    @property
    def score(self) -> float:
        """Sum of the scores; the maximum is the number of questions."""
        return sum(question.score or 0.0 for question in self.questions.values())

    @property
    def next_open(self) -> str | None:
        """Id of the first question without an answer; None when there is none left."""
        return next((name for name, question in self.questions.items() if question.state == "open"), None)


def progress(session: Session, person_id: str, bank: Bank) -> Progress:
    """Progress over every question of the bank; answers to questions that it no longer holds are passed over."""
    answers: dict[str, list[Answer]] = defaultdict(list)
    for answer in history(session, person_id):
        answers[answer.question_id].append(answer)
    predicted = set(session.scalars(select(Prediction.question_id).where(Prediction.person_id == person_id)))
    return Progress({each.id: _of(each, answers[each.id], each.id in predicted) for each in bank.questions})


def _of(question: Question, answers: list[Answer], is_predicted: bool) -> QuestionProgress:
    scores = [answer.score for answer in answers if answer.score is not None]
    best = max(scores) if scores else None
    attempts = attempts_in(answers)
    return QuestionProgress(
        question_id=question.id,
        state="right" if best == 1 else "answered" if answers else "open",
        score=best,
        attempts=attempts,
        attempts_left=max(0, question.max_attempts - attempts),
        is_final=is_closed(question, answers),
        is_predicted=is_predicted,
    )
