"""Answers of one person: written once, marked by the server, never changed afterwards.

An attempt is a graded answer. A blank answer, an unknown option or a measured question without a run uses none and
is not stored. The same answer again, resting on the same evidence, is the same attempt: that is what a double click, a
reload or a second look sends. A question is closed once it is right, its attempts are used, or it was revealed.

A question is decided by runs of its own page alone, so that the prediction asked for there comes before the measuring:
`predict: required` takes no answer before the prediction.

In a class the teacher opens and closes questions; what that forbids is refused here, whatever the page shows.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from core.classroom.classes import ensure_taken, is_taken
from core.classroom.predictions import wants_prediction
from core.classroom.rows import insert_once
from core.errors import AnswerRefused
from core.quiz.bank import Bank, Question
from core.quiz.evidence import newer_run
from core.quiz.marking import Marking, mark
from core.quiz.marking import reveal as reveal_marking
from core.store.tables import Answer, Run

if TYPE_CHECKING:
    from core.measure.machine import Machine

RUNS_LOOKED_AT = 200
"""Newest runs of a question among which the deciding one is looked for."""

TRIES = 10
"""How often an answer is stored anew because another request came in between."""


@dataclass(frozen=True)
class Submission:
    """What came of an answer.

    Attributes:
        marking: complete; show `shown` instead, which keeps the key back while attempts are left.
        answer: the stored attempt, None where none was used.
    """

    marking: Marking
    answer: Answer | None
    attempts: int
    attempts_left: int
    is_final: bool

    @property
    def shown(self) -> Marking:
        """The marking as the student may see it now."""
        return self.marking if self.is_final else self.marking.before_final()


def submit_answer(
    session: Session,
    person_id: str,
    question: Question,
    submitted: Sequence[str],
    *,
    bank: Bank,
    machine: "Machine",
    refusal: str = "",
) -> Submission:
    """Mark an answer and keep it as an attempt, if it is one.

    Args:
        submitted: ids of the ticked options.
        refusal: why this machine cannot make the question's run, where the caller knows (`Plan.refusal`).

    Raises:
        AnswerRefused: the question is closed, or a prediction has to come first.
        QuestionClosed: the class does not take it now.
    """
    # Everything that takes time comes before the class is held.
    is_early = wants_prediction(session, person_id, question)
    runs = runs_of(session, person_id, question) if question.key else []
    marking = mark(question, submitted, runs=runs, machine=machine, refusal=refusal)
    for _ in range(TRIES):
        ensure_taken(session, person_id, question.id)
        if is_early:
            raise AnswerRefused(f"{question.id} asks what you expect first.", "Predict first, then answer.")
        before = answers_of(session, person_id, question.id)
        if repeated := _repeated(before, marking):
            return _submission(question, before, repeated)
        if is_closed(question, before):
            raise AnswerRefused(f"{question.id} is closed.", "Read the explanation, or go on to the next question.")
        if not marking.uses_attempt:
            return _submission(question, before, None, marking=marking)
        if stored := _store(session, person_id, question, marking, bank, len(before) + 1):
            return _submission(question, [*before, stored], stored)
    raise _crowded(question)


def reveal(
    session: Session, person_id: str, question: Question, *, bank: Bank, machine: "Machine", refusal: str = ""
) -> Submission:
    """Show the answer and close the question. The score stays what the attempts have earned.

    Raises:
        QuestionClosed: the class does not take it now.
    """
    for _ in range(TRIES):
        ensure_taken(session, person_id, question.id)
        before = answers_of(session, person_id, question.id)
        if is_closed(question, before):
            return _submission(question, before, before[-1])
        runs = runs_of(session, person_id, question) if question.key else []
        marking = reveal_marking(question, runs=runs, machine=machine, refusal=refusal)
        if stored := _store(session, person_id, question, marking, bank, len(before) + 1):
            return _submission(question, [*before, stored], stored)
    raise _crowded(question)


def answers_of(session: Session, person_id: str, question_id: str) -> list[Answer]:
    """Attempts on one question, first to last; a reveal is the last one."""
    mine = select(Answer).where(Answer.person_id == person_id, Answer.question_id == question_id)
    return list(session.scalars(mine.order_by(Answer.attempt)))


def last_ticks(session: Session, person_id: str, question_id: str) -> list[str]:
    """What the last attempt ticked; empty without one. Asking for the answer ticks nothing."""
    attempts = [answer for answer in answers_of(session, person_id, question_id) if not _is_reveal(answer)]
    return attempts[-1].submitted_answers if attempts else []


def history(session: Session, person_id: str) -> list[Answer]:
    """Every attempt and reveal of a person, oldest first."""
    mine = select(Answer).where(Answer.person_id == person_id)
    return list(session.scalars(mine.order_by(Answer.created_at, Answer.attempt)))


def last_submission(session: Session, person_id: str, question: Question) -> Submission | None:
    """The latest attempt as it was when it was sent, for a page that is opened again; None without one."""
    before = answers_of(session, person_id, question.id)
    return _submission(question, before, before[-1]) if before else None


def shown_to_class(
    session: Session, person_id: str, question: Question, *, machine: "Machine", refusal: str = ""
) -> Submission:
    """What a student sees of a question that their class's teacher revealed: their last attempt, closed, or the key.

    Nothing is stored, and the score stays.
    """
    before = answers_of(session, person_id, question.id)
    if before:
        return replace(_submission(question, before, before[-1]), attempts_left=0, is_final=True)
    runs = runs_of(session, person_id, question) if question.key else []
    marking = reveal_marking(question, runs=runs, machine=machine, refusal=refusal)
    marking = marking.model_copy(update={"verdict": "Your teacher has shown the answer."})
    return Submission(marking=marking, answer=None, attempts=0, attempts_left=0, is_final=True)


def runs_of(session: Session, person_id: str, question: Question) -> list[dict[str, Any]]:
    """The person's run records from the question's own page, newest first."""
    mine = select(Run.record).where(_is_own(person_id, question))
    return list(session.scalars(mine.order_by(Run.created_at.desc(), Run.id).limit(RUNS_LOOKED_AT)))


def newer_evidence(session: Session, person_id: str, question: Question, answer: Answer) -> str | None:
    """Id of a qualifying run newer than the one the answer rests on; None where it is not stale.

    The answer stays as it was marked. The page can offer to answer again while attempts are left.
    """
    if question.key is None:
        return None
    return newer_run(question, Marking.model_validate(answer.marking).evidence, runs_of(session, person_id, question))


def is_closed(question: Question, answers: Sequence[Answer]) -> bool:
    """True once nothing more can be submitted: right, revealed, or no attempt left."""
    done = any(answer.score == 1 or _is_reveal(answer) for answer in answers)
    return done or attempts_in(answers) >= question.max_attempts


def attempts_in(answers: Sequence[Answer]) -> int:
    """How many attempts there are; a reveal is none."""
    return sum(not _is_reveal(answer) for answer in answers)


def _is_own(person_id: str, question: Question) -> ColumnElement[bool]:
    """Runs of a lab's own page or of another question's do not count: nothing was predicted before them."""
    return and_(Run.person_id == person_id, Run.lab == question.lab.name, Run.question_id == question.id)


def _is_reveal(answer: Answer) -> bool:
    return bool(answer.marking.get("state") == "revealed")


def _repeated(before: Sequence[Answer], marking: Marking) -> Answer | None:
    """The last attempt, where `marking` says the same of the same."""
    attempts = [answer for answer in before if not _is_reveal(answer)]
    if not attempts or not marking.uses_attempt:
        return None
    last = Marking.model_validate(attempts[-1].marking)
    same = (
        last.submitted_answers == marking.submitted_answers
        and last.question_hash == marking.question_hash
        and (last.evidence and (last.evidence.source, last.evidence.run_id))
        == (marking.evidence and (marking.evidence.source, marking.evidence.run_id))
    )
    return attempts[-1] if same else None


def _store(
    session: Session, person_id: str, question: Question, marking: Marking, bank: Bank, attempt: int
) -> Answer | None:
    """The stored row; None where another request has just taken that attempt, or the question was just closed."""
    values = {
        "id": uuid4().hex,
        "person_id": person_id,
        "question_id": question.id,
        "attempt": attempt,
        "submitted_answers": list(marking.submitted_answers),
        "marking": marking.as_dict(),
        "score": marking.score,
        "run_id": marking.evidence.run_id if marking.evidence else None,
        "bank_sha": bank.sha,
        "shown_order": [choice.id for choice in question.choices],
        "created_at": time.time(),
    }
    is_new = insert_once(session, Answer, values, only_if=is_taken(person_id, question.id))
    return Answer(**values) if is_new else None


def _submission(
    question: Question,
    answers: Sequence[Answer],
    answer: Answer | None,
    *,
    marking: Marking | None = None,
) -> Submission:
    attempts = attempts_in(answers)
    if marking is None:
        assert answer is not None
        marking = Marking.model_validate(answer.marking)
    return Submission(
        marking=marking,
        answer=answer,
        attempts=attempts,
        attempts_left=max(0, question.max_attempts - attempts),
        is_final=is_closed(question, answers),
    )


def _crowded(question: Question) -> AnswerRefused:
    return AnswerRefused(f"{TRIES} other answers to {question.id} came in between.", "Send it again.")
