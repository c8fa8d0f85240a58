"""After a change of the bank: marks stay as given until a teacher has them marked anew, and that can be undone.

    changed_questions(database, room.id, bank)                      # [ChangedQuestion("Q4", answers=52, is_gone=False)]
    changes = preview(database, room.id, bank.question("Q4"))       # every answer before and after; nothing is written
    done = regrade(database, room.id, bank.question("Q4"), bank, seen=question.hash)
    changes_of(database, done.id)                                   # the same list, for as long as it is kept
    undo(database, done.id)                                         # every mark as it was

An answer belongs to the text of a question that it was marked by, kept as a hash with it. Answers that came in after
the change were marked by the new text, so a regrade passes them over and an undo leaves them. Who asked for the answer
has no mark, so there is none to change.
"""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from core.classroom.audit import note
from core.classroom.classes import hold
from core.classroom.handles import order
from core.classroom.remarking import CannotMarkAnew, marked_anew
from core.errors import LabError
from core.measure.machine import this_machine
from core.quiz.bank import Bank, Question
from core.quiz.marking import Marking
from core.store.tables import Answer, Person, Regrade, RegradedAnswer

Outcome = Literal["better", "worse", "same", "kept"]
OUTCOMES: tuple[Outcome, ...] = ("better", "worse", "same", "kept")
HASH, STATE = (Answer.marking[name].as_string() for name in ("question_hash", "state"))


class CannotRegrade(LabError):
    """A regrade or an undo that is not possible now; no mark was changed."""

    kind = "cannot_regrade"


@dataclass(frozen=True)
class ChangedQuestion:
    """A question whose answers were marked by another text than the bank's present one.

    Attributes:
        answers: how many; a wish to see the answer is none.
        is_gone: the bank has no such question any more, so its marks cannot change.
    """

    question_id: str
    answers: int
    is_gone: bool


@dataclass(frozen=True)
class Change:
    """One answer before and after.

    Attributes:
        choices: ids of the ticked options.
        after: None where the present bank cannot mark it; `why_kept` then says why, and it keeps its mark.
    """

    answer_id: str
    handle: str
    attempt: int
    choices: tuple[str, ...]
    before: Marking
    after: Marking | None
    why_kept: str = ""

    @property
    def outcome(self) -> Outcome:
        """Whether the score rises, falls, stays, or cannot be given anew."""
        return "kept" if self.after is None else _outcome(self.before.score, self.after.score)


@dataclass(frozen=True)
class DoneRegrade:
    """A regrade that was done; times are seconds since 1970.

    Attributes:
        counts: how many answers became better, worse or stayed.
        why_not_undone: why it cannot be undone now; empty where it can.
    """

    id: str
    question_id: str
    at: float
    undone_at: float | None
    counts: dict[Outcome, int]
    why_not_undone: str


def counts(changes: Iterable[Change]) -> dict[Outcome, int]:
    """How many of each outcome, all four named."""
    return _all_named(Counter(change.outcome for change in changes))


def changed_questions(session: Session, class_id: str, bank: Bank) -> list[ChangedQuestion]:
    """Questions with answers that another text marked, in the bank's order; those that are gone come last."""
    now = {question.id: question.hash for question in bank.questions}
    query = select(Answer.question_id, HASH, func.count()).join(Person, Person.id == Answer.person_id)
    query = query.where(*_is_attempt(class_id)).group_by(Answer.question_id, HASH)
    other: Counter[str] = Counter()
    for question_id, marked_by, answers in session.execute(query):
        if now.get(question_id) != marked_by:
            other[question_id] += answers
    order = [*(name for name in now if name in other), *sorted(name for name in other if name not in now)]
    return [ChangedQuestion(name, other[name], name not in now) for name in order]


def preview(session: Session, class_id: str, question: Question) -> list[Change]:
    """What the question as it is now makes of every answer that another text marked, by handle and attempt."""
    return [change for _, change in _changes(session, class_id, question)]


def regrade(session: Session, class_id: str, question: Question, bank: Bank, seen: str) -> Regrade:
    """Mark anew what `preview` shows.

    Args:
        seen: hash of the question that the preview was made with.

    Raises:
        CannotRegrade: the bank was changed since the preview, or there is nothing left to mark anew.
    """
    if question.hash != seen:
        raise CannotRegrade(f"{question.id} was changed again since this preview.", "Look at the preview again.")
    hold(session, class_id, to_change=True)
    found = [(row, change) for row, change in _changes(session, class_id, question) if change.after is not None]
    if not found:
        raise CannotRegrade(f"No answer to {question.id} is left to mark anew.", "Reload the page.")
    done = Regrade(
        id=uuid4().hex, class_id=class_id, question_id=question.id, bank_sha=bank.sha, created_at=time.time()
    )
    session.add(done)
    session.flush()
    for row, change in found:
        assert change.after is not None
        before = _kept(row)
        row.marking, row.score, row.bank_sha = change.after.as_dict(), change.after.score, bank.sha
        session.add(RegradedAnswer(regrade_id=done.id, answer_id=row.id, before=before, after=_kept(row)))
    told = counts(change for _, change in found)
    note(session, "answers_regraded", class_id=class_id, question_id=question.id, regrade_id=done.id, **told)
    return done


def undo(session: Session, regrade_id: str) -> None:
    """Bring every mark back as it was before a regrade; answers that were given since stay.

    Raises:
        CannotRegrade: it was undone, is not there any more, or a later regrade of the same question stands above it.
    """
    done = session.get(Regrade, regrade_id)
    if done is None:
        raise CannotRegrade("This regrade is not there any more.", "Reload the page.")
    hold(session, done.class_id, to_change=True)
    session.refresh(done)
    if why_not := _why_not_undone(done, _done_in(session, done.class_id)):
        raise CannotRegrade(why_not, "Reload the page to see where the marks stand.")
    for row, kept in session.execute(_regraded(regrade_id)):
        row.marking, row.score, row.bank_sha = (kept.before[name] for name in ("marking", "score", "bank_sha"))
    done.undone_at = time.time()
    note(session, "regrade_undone", class_id=done.class_id, question_id=done.question_id, regrade_id=done.id)


def done_regrades(session: Session, class_id: str) -> list[DoneRegrade]:
    """Every regrade of the class, newest first."""
    rows = _done_in(session, class_id)
    found: dict[str, Counter[Outcome]] = {row.id: Counter() for row in rows}
    scores = (part["score"].as_float() for part in (RegradedAnswer.before, RegradedAnswer.after))
    for regrade_id, old, new in session.execute(
        select(RegradedAnswer.regrade_id, *scores).where(RegradedAnswer.regrade_id.in_(found))
    ):
        found[regrade_id][_outcome(old, new)] += 1
    return [
        DoneRegrade(
            id=row.id,
            question_id=row.question_id,
            at=row.created_at,
            undone_at=row.undone_at,
            counts=_all_named(found[row.id]),
            why_not_undone=_why_not_undone(row, rows),
        )
        for row in rows
    ]


def changes_of(session: Session, regrade_id: str) -> list[Change]:
    """Every answer of a regrade before and after, by handle and attempt, also once it was undone."""
    query = _regraded(regrade_id).add_columns(Person.handle).join(Person, Person.id == Answer.person_id)
    found = []
    for row, kept, handle in session.execute(query):
        before, after = (Marking.model_validate(part["marking"]) for part in (kept.before, kept.after))
        found.append(Change(row.id, handle or "", row.attempt, tuple(row.submitted_answers), before, after))
    return sorted(found, key=_place)


def regraded_at(session: Session, answer_id: str) -> float | None:
    """When an answer was last marked anew (seconds since 1970); None where its first mark stands."""
    query = select(func.max(Regrade.created_at)).join(RegradedAnswer, RegradedAnswer.regrade_id == Regrade.id)
    return session.scalar(query.where(RegradedAnswer.answer_id == answer_id, Regrade.undone_at.is_(None)))


def _changes(session: Session, class_id: str, question: Question) -> list[tuple[Answer, Change]]:
    query = select(Answer, Person.handle).join(Person, Person.id == Answer.person_id)
    query = query.where(*_is_attempt(class_id), Answer.question_id == question.id, HASH.is_distinct_from(question.hash))
    found = [(row, _change(row, handle or "", question)) for row, handle in session.execute(query)]
    return sorted(found, key=lambda each: _place(each[1]))


def _change(row: Answer, handle: str, question: Question) -> Change:
    before = Marking.model_validate(row.marking)
    try:
        after, why_kept = marked_anew(question, before, this_machine()), ""
    except CannotMarkAnew as error:
        after, why_kept = None, error.message
    return Change(row.id, handle, row.attempt, tuple(row.submitted_answers), before, after, why_kept)


def _place(change: Change) -> tuple[object, ...]:
    return order(change.handle), change.attempt


def _outcome(old: float | None, new: float | None) -> Outcome:
    before, after = old or 0.0, new or 0.0
    return "better" if after > before else "worse" if after < before else "same"


def _all_named(found: Counter[Outcome]) -> dict[Outcome, int]:
    return {outcome: found[outcome] for outcome in OUTCOMES}


def _is_attempt(class_id: str) -> tuple[ColumnElement[bool], ...]:
    return Person.class_id == class_id, STATE != "revealed"


def _regraded(regrade_id: str) -> Select[Answer, RegradedAnswer]:
    query = select(Answer, RegradedAnswer).join(RegradedAnswer, RegradedAnswer.answer_id == Answer.id)
    return query.where(RegradedAnswer.regrade_id == regrade_id)


def _kept(row: Answer) -> dict[str, Any]:
    return {"marking": row.marking, "score": row.score, "bank_sha": row.bank_sha}


def _done_in(session: Session, class_id: str) -> list[Regrade]:
    query = select(Regrade).where(Regrade.class_id == class_id)
    return list(session.scalars(query.order_by(Regrade.created_at.desc(), Regrade.id)))


def _why_not_undone(row: Regrade, all_of_class: Sequence[Regrade]) -> str:
    if row.undone_at is not None:
        return "It was undone already."
    above = [
        other
        for other in all_of_class
        if other.question_id == row.question_id and other.undone_at is None and other.created_at > row.created_at
    ]
    return f"A later regrade of {row.question_id} stands above it: undo that one first." if above else ""
