"""What one student did: predictions, answers with their verdicts, runs. For the teacher who looks over a shoulder."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.classroom.answers import history
from core.quiz.bank import Bank, Question
from core.quiz.marking import Marking
from core.store.tables import Answer, Job, Prediction

NEWEST_RUNS = 30


@dataclass(frozen=True)
class Attempt:
    """One stored answer.

    Attributes:
        ticked: letters of the ticked options; ids of those that the bank no longer has.
        score: 0 to 1; None where the student asked for the answer.
        verdict: what was said to it, once the question is closed.
        at: seconds since 1970.
    """

    number: int
    ticked: tuple[str, ...]
    score: float | None
    verdict: str
    at: float


@dataclass(frozen=True)
class QuestionWork:
    """One question; `predicted` is in the words of the options, None without a prediction."""

    question_id: str
    title: str
    predicted: str | None
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True)
class AskedRun:
    """A run that the student asked for; `took_s` is None until it has ended, `error` is empty unless it failed."""

    lab: str
    question_id: str | None
    state: str
    asked_at: float
    took_s: float | None
    error: str


@dataclass(frozen=True)
class StudentWork:
    """Questions with something in them, in the bank's order; runs newest first."""

    questions: tuple[QuestionWork, ...]
    runs: tuple[AskedRun, ...]

    def of(self, question_id: str) -> QuestionWork | None:
        """What was done at one question; None where that is nothing."""
        return next((work for work in self.questions if work.question_id == question_id), None)


def work_of(session: Session, person_id: str, bank: Bank) -> StudentWork:
    """Everything that one student did at the bank's questions, and the newest runs."""
    answers = history(session, person_id)
    mine = select(Prediction).where(Prediction.person_id == person_id)
    predictions = {prediction.question_id: prediction.choices for prediction in session.scalars(mine)}
    questions = (
        _question(question, [answer for answer in answers if answer.question_id == question.id], predictions)
        for question in bank.questions
    )
    return StudentWork(tuple(filter(None, questions)), _runs(session, person_id))


def _question(question: Question, answers: list[Answer], predictions: dict[str, list[str]]) -> QuestionWork | None:
    choices = predictions.get(question.id)
    if not answers and choices is None:
        return None
    texts = {choice.id: choice.text for choice in question.prediction_choices}
    predicted = None if choices is None else ", ".join(texts.get(choice, choice) for choice in choices)
    attempts = tuple(_attempt(question, answer) for answer in answers)
    return QuestionWork(question.id, question.title, predicted, attempts)


def _attempt(question: Question, answer: Answer) -> Attempt:
    letters, marking = question.letters, Marking.model_validate(answer.marking)
    ticked = tuple(letters.get(choice, choice) for choice in answer.submitted_answers)
    return Attempt(answer.attempt, ticked, answer.score, marking.verdict, answer.created_at)


def _runs(session: Session, person_id: str) -> tuple[AskedRun, ...]:
    columns = (Job.lab, Job.question_id, Job.state, Job.created_at, Job.started_at, Job.finished_at, Job.error)
    mine = select(*columns).where(Job.person_id == person_id).order_by(Job.created_at.desc(), Job.id)
    return tuple(_run(*row) for row in session.execute(mine.limit(NEWEST_RUNS)))


def _run(
    lab: str,
    question_id: str | None,
    state: str,
    asked_at: float,
    started_at: float | None,
    finished_at: float | None,
    error: dict[str, str] | None,
) -> AskedRun:
    took_s = finished_at - started_at if finished_at is not None and started_at is not None else None
    told = str(error.get("message", "")) if error and state == "failed" else ""
    return AskedRun(lab, question_id, state, asked_at, took_s, told)
