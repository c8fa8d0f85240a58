"""Everything that the database holds of one person, as plain JSON, and how much of it there is.

Of an answer to a question that the student can still answer, the key stays back as it does on the page: their own data
is no way around the question. A teacher's copy holds it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.classroom.answers import history, is_closed
from core.classroom.classes import Room, room_of
from core.quiz.bank import Bank
from core.quiz.loading import current_bank
from core.quiz.marking import Marking
from core.runs.records import ending_of
from core.store.tables import (
    Answer,
    Base,
    Browser,
    Class,
    Job,
    Person,
    Picture,
    Prediction,
    Regrade,
    RegradedAnswer,
    Run,
    Upload,
)

SCHEMA = "vram-lab/person/1"
LEFT_OUT = {"person_id", "handle_key", "class_id", "png"}
"""Columns that say nothing of their own beside the rest: who it is, and bytes that are files of the archive."""
KEPT_BACK = "kept back while you can still answer this question"
ABOUT = (
    "Everything that VRAM Lab holds of you. Times are UTC. Not in here because it is not kept: your address, your "
    "e-mail, any name but the one you chose. Of the browser's cookie, the personal code and an account that you signed "
    "in with, only a hash is kept, which tells nothing of them."
)


@dataclass(frozen=True)
class Kept:
    """How much is kept of somebody.

    Attributes:
        class_title: None alone, as are `handle` and `until`.
        until: when the class is deleted (seconds since 1970); None where no day is set.
        browsers: devices that stand for this person.
    """

    class_title: str | None
    handle: str | None
    until: float | None
    since: float
    predictions: int
    answers: int
    runs: int
    pictures: int
    uploads: int
    browsers: int


def kept_of(session: Session, person_id: str) -> Kept:
    """Count what is kept."""
    person = session.get_one(Person, person_id)
    room = session.get(Class, person.class_id) if person.class_id else None
    return Kept(
        class_title=room.title if room else None,
        handle=person.handle,
        until=room.keep_until if room else None,
        since=person.created_at,
        predictions=_count(session, select(Prediction).where(Prediction.person_id == person_id)),
        answers=_count(session, select(Answer).where(Answer.person_id == person_id)),
        runs=_count(session, select(Run).where(Run.person_id == person_id)),
        pictures=_count(session, select(Picture).join(Run).where(Run.person_id == person_id)),
        uploads=_count(session, select(Upload).where(Upload.person_id == person_id)),
        browsers=_count(session, select(Browser).where(Browser.person_id == person_id)),
    )


def stored_of(session: Session, person_id: str, *, with_keys: bool = False) -> dict[str, Any]:
    """Everything kept of one person.

    Args:
        with_keys: with the keys of questions that the student can still answer; for the teacher.
    """
    person = session.get_one(Person, person_id)
    room = room_of(session, person.class_id) if person.class_id else None
    seen = _Seen(history(session, person_id), current_bank()[0], room, with_keys)
    return {
        "schema": SCHEMA,
        "about": ABOUT,
        "taken_at": _time(datetime.now(UTC).timestamp()),
        "person": _person(session, person),
        "browsers": [{"known_since": _time(row.created_at)} for row in _rows(session, Browser, person_id)],
        "predictions": [_plain(row) for row in _rows(session, Prediction, person_id)],
        "answers": [seen.answer(row) for row in seen.answers],
        "marked_anew": [seen.regraded(*row) for row in _regraded(session, person_id)],
        "jobs": [_plain(row) for row in _rows(session, Job, person_id)],
        "runs": [_run(session, row) for row in _rows(session, Run, person_id)],
        "uploads": [_plain(row) | {"file": upload_file(row.id)} for row in _rows(session, Upload, person_id)],
    }


def picture_file(run_id: str, index: int, role: str) -> str:
    """Where a picture lies in the archive."""
    return f"pictures/{run_id}-{index:02d}-{role}.{ending_of(role)}"


def upload_file(upload_id: str) -> str:
    """Where an uploaded picture lies in the archive."""
    return f"uploads/{upload_id}.png"


@dataclass(frozen=True)
class _Seen:
    """A person's answers, with what they may see of them now."""

    answers: Sequence[Answer]
    bank: Bank
    room: Room | None
    with_keys: bool

    def answer(self, row: Answer) -> dict[str, Any]:
        """One answer; of an open question without its key."""
        return _plain(row, self._shows(row.question_id))

    def regraded(self, row: RegradedAnswer, regrade: Regrade, question_id: str) -> dict[str, Any]:
        """One answer before and after it was marked anew."""
        shows = self._shows(question_id)
        both = {name: getattr(row, name) if shows else KEPT_BACK for name in ("before", "after")}
        return {"answer_id": row.answer_id, "question_id": question_id, **_plain(regrade, shows), **both}

    def _shows(self, question_id: str) -> bool:
        if self.with_keys or (self.room and self.room.state(question_id) == "revealed"):
            return True
        mine = [answer for answer in self.answers if answer.question_id == question_id]
        question = next((known for known in self.bank.questions if known.id == question_id), None)
        if question is not None:
            return is_closed(question, mine)
        # The bank holds it no more, but may again.
        return any(answer.score == 1 or answer.marking.get("state") == "revealed" for answer in mine)


def _person(session: Session, person: Person) -> dict[str, Any]:
    room = session.get(Class, person.class_id) if person.class_id else None
    own = {"has_personal_code": person.resume_hash is not None, "has_account": person.subject_hash is not None}
    of_class = {"class": room.title, "deleted_on": _time(room.keep_until)} if room else {}
    return _plain(person) | own | of_class


def _run(session: Session, run: Run) -> dict[str, Any]:
    columns = (Picture.index, Picture.role, Picture.details)
    made = session.execute(select(*columns).where(Picture.run_id == run.id).order_by(Picture.index))
    pictures = [{"file": picture_file(run.id, index, role), "details": details} for index, role, details in made]
    return _plain(run) | {"pictures": pictures}


def _regraded(session: Session, person_id: str) -> list[tuple[RegradedAnswer, Regrade, str]]:
    rows = select(RegradedAnswer, Regrade, Answer.question_id).join(Regrade).join(Answer)
    found = session.execute(rows.where(Answer.person_id == person_id).order_by(Regrade.created_at))
    return [(row, regrade, question) for row, regrade, question in found]


def _rows(session: Session, table: Any, person_id: str) -> list[Any]:
    return list(session.scalars(select(table).where(table.person_id == person_id).order_by(table.created_at)))


def _count(session: Session, rows: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def _plain(row: Base, shows_key: bool = True) -> dict[str, Any]:
    """A row with its times spelled, without hashes and bytes; its marking as far as it may be seen."""
    values: dict[str, Any] = {}
    for attribute in row.__mapper__.column_attrs:
        name, value = attribute.key, getattr(row, attribute.key)
        if name in LEFT_OUT or name.endswith("_hash"):
            continue
        values[name] = _time(value) if name.endswith("_at") else value
    if not shows_key:
        values |= _before_final(values)
    return values


def _before_final(values: dict[str, Any]) -> dict[str, Any]:
    if "marking" not in values:
        return {}
    shown = Marking.model_validate(values["marking"]).before_final().as_dict()
    return {"score": None, "marking": shown | {"score": None}, "score_reason": KEPT_BACK}


def _time(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
