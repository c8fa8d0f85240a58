"""A class as a list of names: who is in it, how much each has done; and a name that is changed.

roster(database, room.id)[0].answered       # 7 questions
rename(database, person_id, "Ada L.")       # cleaned, and refused where somebody has it or nearly so
"""

from dataclasses import dataclass

from sqlalchemy import ScalarSelect, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.classroom.audit import note
from core.classroom.handles import BadHandle, clean, key
from core.store.tables import Answer, Person, Run


@dataclass(frozen=True)
class Entry:
    """One student. Times are seconds since 1970.

    Attributes:
        answered: questions with at least one attempt, or whose answer was asked for.
        runs: whatever came of them.
    """

    person_id: str
    handle: str
    joined_at: float
    seen_at: float | None
    answered: int
    runs: int


def roster(session: Session, class_id: str) -> list[Entry]:
    """Everybody in a class, by name."""
    columns = (Person.id, Person.handle, Person.created_at, Person.seen_at)
    rows = select(*columns, _answered(), _runs()).where(Person.class_id == class_id).order_by(Person.handle_key)
    return [
        Entry(person_id, handle or "", joined_at, seen_at, answered, runs)
        for person_id, handle, joined_at, seen_at, answered, runs in session.execute(rows)
    ]


def _answered() -> ScalarSelect[int]:
    mine = select(func.count(Answer.question_id.distinct())).where(Answer.person_id == Person.id)
    return mine.correlate(Person).scalar_subquery()


def _runs() -> ScalarSelect[int]:
    return select(func.count(Run.id)).where(Run.person_id == Person.id).correlate(Person).scalar_subquery()


def rename(session: Session, person_id: str, handle: str) -> str:
    """Give a member another name; gives it as it is kept.

    Raises:
        BadHandle: it cannot be read, or somebody in the class has it. Roll the transaction back.
    """
    name = clean(handle)
    try:
        session.execute(update(Person).where(Person.id == person_id).values(handle=name, handle_key=key(name)))
    except IntegrityError as error:
        raise BadHandle(f"Somebody in this class is called {name} or nearly so.", "Choose another name.") from error
    note(session, "student_renamed")
    return name
