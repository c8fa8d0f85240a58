"""What somebody expects of a question before its run: said once, never changed, never afterwards."""

import time
from collections.abc import Sequence

from sqlalchemy import Exists, and_, exists, not_, or_, select
from sqlalchemy.orm import Session

from core.classroom.classes import ensure_taken, is_taken
from core.classroom.rows import insert_once
from core.errors import AnswerRefused
from core.quiz.bank import Question
from core.store.tables import Answer, Prediction, Run


def predict(session: Session, person_id: str, question: Question, choices: Sequence[str]) -> Prediction:
    """Keep what somebody expects. The first prediction stays; a later one returns it unchanged.

    Raises:
        AnswerRefused: the question takes no prediction, the choice is not one of its own, or there is a run or an
            answer already.
        QuestionClosed: the class does not take it now.
    """
    _check_prediction(question, choices)
    values = {"person_id": person_id, "question_id": question.id, "choices": list(choices), "created_at": time.time()}
    may_come = and_(is_taken(person_id, question.id), not_(or_(*_begun(person_id, question))))
    ensure_taken(session, person_id, question.id)
    if insert_once(session, Prediction, values, only_if=may_come):
        return Prediction(**values)
    if found := prediction_of(session, person_id, question.id):
        return found
    ensure_taken(session, person_id, question.id)
    message = f"{question.id} has been measured or answered already, so it is too late to predict."
    raise AnswerRefused(message, "Go on without a prediction.")


def prediction_of(session: Session, person_id: str, question_id: str) -> Prediction | None:
    """What somebody predicted, if they did."""
    return session.get(Prediction, (person_id, question_id))


def wants_prediction(session: Session, person_id: str, question: Question) -> bool:
    """True while a prediction has to come first: none was made, and there is neither a run nor an answer yet.

    With a run or an answer what was expected can no longer be said, and the question goes on without a prediction.
    """
    if question.predict == "none":
        return False
    predicted = exists().where(Prediction.person_id == person_id, Prediction.question_id == question.id)
    return not session.scalar(select(or_(predicted, *_begun(person_id, question))))


def _begun(person_id: str, question: Question) -> list[Exists]:
    """In one statement, as this is asked whenever a question's page is drawn."""
    return [exists().where(table.person_id == person_id, table.question_id == question.id) for table in (Run, Answer)]


def _check_prediction(question: Question, choices: Sequence[str]) -> None:
    if question.predict == "none":
        raise AnswerRefused(f"{question.id} takes no prediction.", "Run it, then answer.")
    known = {choice.id for choice in question.prediction_choices}
    unknown = [choice for choice in choices if choice not in known]
    if unknown:
        raise AnswerRefused(f"{question.id} has no choice {unknown[0]!r} to predict.", "Choose one of those shown.")
    one = question.prediction is not None or question.type == "single"
    if not choices or (one and len(choices) != 1):
        told = "one choice" if one else "at least one choice"
        raise AnswerRefused(f"A prediction takes {told}, got {len(choices)}.", "Choose, then predict.")
