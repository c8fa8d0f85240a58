"""The rows that a class as it is now is made of: few statements, bare columns, never a marking or a run record.

They are read every second while a teacher looks, for 300 students at every question of the bank: so they stay as the
database gives them, and choices stay the JSON text that they are stored as, of which there are few different ones.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Executable, String, cast, exists, func, select
from sqlalchemy.orm import Session, aliased

from core.store.tables import Answer, ClassQuestion, Job, Person, Prediction, Run

Predicted = tuple[str, str, str, float]
"""Person, question, choices as JSON, when."""
Attempt = tuple[str, str, str, float | None, float]
"""Person, question, choices as JSON, score (None where the student asked for the answer), when."""


class Seen(NamedTuple):
    """A member and where they were last seen; times in seconds since 1970, `page` is a question's id."""

    person_id: str
    handle: str
    joined_at: float
    seen_at: float | None
    page: str | None


class Active(NamedTuple):
    """A run that waits or runs; `question_id` is None where it was started from a lab's own page."""

    state: Literal["running", "queued"]
    question_id: str | None


@dataclass(frozen=True)
class Rows:
    """What was read.

    Attributes:
        predicted: oldest first, as are `attempts`.
        active: by person; the running one of somebody who has a second one queued.
        failed: when the last run of a person ended, where it failed.
        ran: when a run of a person last ended, whatever came of it, in the time asked for; of other classes, too.
        changed: when the state of a question was last set.
    """

    people: Sequence[Seen]
    predicted: Sequence[Predicted]
    attempts: Sequence[Attempt]
    active: dict[str, Active]
    failed: dict[str, float]
    ran: dict[str, float]
    changed: dict[str, float]

    @cached_property
    def predicted_at(self) -> dict[str, float]:
        """When each person last predicted."""
        return {person: at for person, _, _, at in self.predicted}

    @cached_property
    def answered_at(self) -> dict[str, float]:
        """When each person last answered, or asked for an answer."""
        return {person: at for person, _, _, _, at in self.attempts}


def read_rows(session: Session, class_id: str, runs_since: float) -> Rows:
    """Read a class.

    Args:
        runs_since: runs that ended earlier (seconds since 1970) are left out of `ran`.
    """
    # The connection itself: the session would look at each of some 15,000 rows for objects to make.
    read: Callable[[Executable], Any] = session.connection().execute
    is_in = Person.class_id == class_id
    changed = select(ClassQuestion.question_id, ClassQuestion.changed_at).where(ClassQuestion.class_id == class_id)
    return Rows(
        people=[Seen(name, handle or "", *rest) for name, handle, *rest in read(_people(is_in))],
        predicted=read(_predicted(is_in)).all(),
        attempts=read(_attempts(is_in)).all(),
        active={person: Active(state, question) for person, state, question in read(_active(is_in))},
        failed=_times(read(_failed(is_in))),
        ran=_times(read(_ran(runs_since))),
        changed=_times(read(changed)),
    )


def _times(rows: Iterable[tuple[str, float | None]]) -> dict[str, float]:
    return {name: at for name, at in rows if at is not None}


def _people(is_in: ColumnElement[bool]) -> Executable:
    columns = (Person.id, Person.handle, Person.created_at, Person.seen_at, Person.seen_page)
    return select(*columns).where(is_in)


def _predicted(is_in: ColumnElement[bool]) -> Executable:
    text = cast(Prediction.choices, String)
    rows = select(Prediction.person_id, Prediction.question_id, text, Prediction.created_at)
    return rows.join(Person, Person.id == Prediction.person_id).where(is_in).order_by(Prediction.created_at)


def _attempts(is_in: ColumnElement[bool]) -> Executable:
    text = cast(Answer.submitted_answers, String)
    rows = select(Answer.person_id, Answer.question_id, text, Answer.score, Answer.created_at)
    rows = rows.join(Person, Person.id == Answer.person_id).where(is_in)
    return rows.order_by(Answer.created_at, Answer.attempt)


def _active(is_in: ColumnElement[bool]) -> Executable:
    rows = select(Job.person_id, Job.state, Job.question_id).join(Person, Person.id == Job.person_id)
    # "queued" before "running", so that the running one stays.
    return rows.where(is_in, Job.state.in_(("queued", "running"))).order_by(Job.state)


def _failed(is_in: ColumnElement[bool]) -> Executable:
    later = aliased(Job)
    is_last = ~exists().where(later.person_id == Job.person_id, later.created_at > Job.created_at)
    rows = select(Job.person_id, Job.finished_at).join(Person, Person.id == Job.person_id)
    return rows.where(is_in, Job.state == "failed", is_last)


def _ran(since: float) -> Executable:
    """Of whatever class: few runs end within minutes, and the index on their time finds them."""
    return select(Run.person_id, func.max(Run.created_at)).where(Run.created_at > since).group_by(Run.person_id)
