"""What a class did, read from the database: members, answers, predictions, runs. Statistics and exports are made of it.

Students are named by their handles, which are unique within a class.
"""

from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from core.classroom.handles import order
from core.quiz.evidence import Evidence
from core.quiz.marking import Marking
from core.store.tables import Answer, Person, Prediction, Regrade, RegradedAnswer, Run


@dataclass(frozen=True)
class Member:
    """A student of the class."""

    person_id: str
    handle: str


@dataclass(frozen=True)
class ClassAnswer:
    """One stored row: an attempt as it is marked now, or a student's wish to see the answer.

    Attributes:
        choices: ids of the ticked options.
        key: ids of the options that counted for this student.
        score: 0 to 1; None where the student asked for the answer (`is_reveal`), which is no attempt.
        scoring: name of the rule.
        at: seconds since 1970.
        shown_order: ids of the options as they stood on the page; empty where that was not kept.
        evidence: what a measured answer rests on.
        is_regraded: marked anew after a change of the bank, and not undone.
        marking: everything that the mark says, as it stands now.
    """

    answer_id: str
    person_id: str
    handle: str
    question_id: str
    attempt: int
    choices: tuple[str, ...]
    key: tuple[str, ...]
    score: float | None
    is_reveal: bool
    scoring: str
    verdict: str
    run_id: str | None
    at: float
    bank_sha: str
    question_hash: str
    shown_order: tuple[str, ...]
    evidence: Evidence | None
    is_regraded: bool
    marking: Marking


def members_of(session: Session, class_id: str) -> list[Member]:
    """Everybody in the class, by handle."""
    rows = session.execute(select(Person.id, Person.handle).where(Person.class_id == class_id))
    found = [Member(person_id, handle or "") for person_id, handle in rows]
    return sorted(found, key=lambda member: order(member.handle))


def answers_of_class(session: Session, class_id: str) -> list[ClassAnswer]:
    """Every answer of the class, oldest first."""
    regraded = exists().where(
        RegradedAnswer.answer_id == Answer.id,
        RegradedAnswer.regrade_id == Regrade.id,
        Regrade.undone_at.is_(None),
    )
    rows = select(Answer, Person.handle, regraded).join(Person, Person.id == Answer.person_id)
    rows = rows.where(Person.class_id == class_id).order_by(Answer.created_at, Answer.attempt)
    return [_answer(answer, handle or "", is_regraded) for answer, handle, is_regraded in session.execute(rows)]


def predictions_of_class(session: Session, class_id: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """What each student predicted, by person and question."""
    rows = select(Prediction).join(Person, Person.id == Prediction.person_id).where(Person.class_id == class_id)
    return {(row.person_id, row.question_id): tuple(row.choices) for row in session.scalars(rows)}


def runs_of_class(session: Session, class_id: str) -> list[Run]:
    """Every run of the class, newest first."""
    rows = select(Run).join(Person, Person.id == Run.person_id).where(Person.class_id == class_id)
    return list(session.scalars(rows.order_by(Run.created_at.desc(), Run.id)))


def _answer(row: Answer, handle: str, is_regraded: bool) -> ClassAnswer:
    marking = Marking.model_validate(row.marking)
    return ClassAnswer(
        answer_id=row.id,
        person_id=row.person_id,
        handle=handle,
        question_id=row.question_id,
        attempt=row.attempt,
        choices=tuple(row.submitted_answers),
        key=marking.correct_answers,
        score=row.score,
        is_reveal=marking.state == "revealed",
        scoring=marking.scoring,
        verdict=marking.verdict,
        run_id=row.run_id,
        at=row.created_at,
        bank_sha=row.bank_sha,
        question_hash=marking.question_hash,
        shown_order=tuple(row.shown_order or ()),
        evidence=marking.evidence,
        is_regraded=is_regraded,
        marking=marking,
    )
