"""What a class did, in the form that the statistics take.

An attempt is a marked answer. Asking for the answer is none: it is counted apart, and a student who asked without
having tried has not answered.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.classroom.class_data import ClassAnswer, answers_of_class, members_of, predictions_of_class
from core.classroom.statistics import Response
from core.quiz.bank import Bank
from core.quiz.evidence import Evidence
from core.store.tables import Answer, Person, Prediction, Regrade, Run

Stamp = tuple[float | None, ...]
REACHED_BY = 0.5
"""A question belongs to the test once this share of the students with an answer have answered it."""


@dataclass(frozen=True)
class ClassWork:
    """Everything that statistics of a class are made of.

    Attributes:
        members: how many students are in the class.
        responses: every attempt, by the bank's order of questions and then by time.
        predictions: question to student to the options that were predicted.
        evidence: what a measured answer rests on, by student, question and attempt.
        asked: question to how many students asked for its answer.
        other_bank: attempts that were marked by another version of the bank; `regraded` were marked anew since.
        read_at: seconds since 1970.
    """

    members: int
    responses: tuple[Response, ...]
    predictions: Mapping[str, Mapping[str, tuple[str, ...]]]
    evidence: Mapping[tuple[str, str, int], Evidence]
    asked: Mapping[str, int]
    other_bank: int
    regraded: int
    read_at: float

    @property
    def answering(self) -> int:
        """Students with at least one attempt."""
        return len({response.student for response in self.responses})

    @property
    def questions(self) -> tuple[str, ...]:
        """Questions with at least one attempt, in the bank's order."""
        return tuple(dict.fromkeys(response.question for response in self.responses))


def stamp_of(session: Session, class_id: str) -> Stamp:
    """Figures that change whenever anything of `read_work` or the class's runs does: compare them to read only then."""
    mine = Person.class_id == class_id
    answers = select(func.count(), func.max(Answer.created_at)).join(Person, Person.id == Answer.person_id).where(mine)
    predictions = select(func.count()).select_from(Prediction).join(Person, Person.id == Prediction.person_id)
    runs = select(func.count(), func.max(Run.created_at)).join(Person, Person.id == Run.person_id).where(mine)
    regrades = select(func.count(), func.count(Regrade.undone_at), func.max(Regrade.created_at))
    found = [
        session.scalar(select(func.count()).where(mine)),
        session.scalar(predictions.where(mine)),
        *session.execute(answers).one(),
        *session.execute(runs).one(),
        *session.execute(regrades.where(Regrade.class_id == class_id)).one(),
    ]
    return tuple(found)


def read_work(session: Session, class_id: str, bank: Bank) -> ClassWork:
    """Read a class from the database; a few hundred microseconds for each answer."""
    handles = {member.person_id: member.handle for member in members_of(session, class_id)}
    everything = answers_of_class(session, class_id)
    attempts = _in_order([answer for answer in everything if not answer.is_reveal], bank)
    predictions: dict[str, dict[str, tuple[str, ...]]] = {}
    for (person_id, question), choices in predictions_of_class(session, class_id).items():
        predictions.setdefault(question, {})[handles[person_id]] = choices
    return ClassWork(
        members=len(handles),
        responses=tuple(_response(answer) for answer in attempts),
        predictions=predictions,
        evidence={(a.handle, a.question_id, a.attempt): a.evidence for a in attempts if a.evidence},
        asked=Counter(answer.question_id for answer in everything if answer.is_reveal),
        other_bank=sum(answer.bank_sha != bank.sha for answer in attempts),
        regraded=sum(answer.is_regraded for answer in attempts),
        read_at=time.time(),
    )


def questions_of_test(work: ClassWork) -> tuple[str, ...]:
    """The questions that make up the test: those that at least half of the students with an answer have answered.

    Correlations need students who reached every question. Without this rule a single student who goes on to a question
    of another section would leave the class with no such student.
    """
    reached = Counter(question for _, question in {(one.student, one.question) for one in work.responses})
    return tuple(name for name in work.questions if reached[name] >= REACHED_BY * work.answering)


def _in_order(attempts: Sequence[ClassAnswer], bank: Bank) -> list[ClassAnswer]:
    """By question as in the bank, those that it does not hold any more last; else by time, as they came."""
    places = {question.id: place for place, question in enumerate(bank.questions)}
    return sorted(attempts, key=lambda answer: (places.get(answer.question_id, len(places)), answer.question_id))


def _response(answer: ClassAnswer) -> Response:
    # Near an edge two options count for a measured answer; its evidence names both.
    key = answer.evidence.key if answer.evidence else answer.key
    return Response(
        student=answer.handle,
        question=answer.question_id,
        attempt=answer.attempt,
        choices=answer.choices,
        key=key,
        score=answer.score,
        at=answer.at,
    )
