"""Classes and the state of their questions. What a state forbids is refused where it would be written.

    room = open_class(database, "Physics 1", first_state="closed")
    set_question(database, room.id, "Q4", "open")
    ensure_taken(database, person_id, "Q4")       # raises QuestionClosed for members while Q4 is closed

`open` takes predictions, runs and answers; `closed` takes none; `revealed` takes none and shows the key. Alone,
everything is open.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args
from uuid import uuid4

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from core.classroom.audit import note
from core.classroom.codes import JOIN_LENGTH, new_code, tidy
from core.classroom.handles import order, readable
from core.classroom.rows import insert_once
from core.config import config
from core.errors import LabError
from core.store.tables import Class, ClassQuestion, Person

QuestionState = Literal["open", "closed", "revealed"]
STATES: tuple[QuestionState, ...] = get_args(QuestionState)
DAY_S = 86_400
LONGEST_TITLE = 120


class BadClass(LabError):
    """A class that cannot be opened or found; nothing was stored."""

    kind = "bad_class"


class QuestionClosed(LabError):
    """The teacher has closed the question or the class; nothing was stored."""

    kind = "question_closed"


@dataclass(frozen=True)
class Room:
    """A class and its questions' states as everybody in it sees them.

    Attributes:
        is_open: False once the class is closed; then no question takes anything.
        students: how many have joined; two looks at a class are the same whatever it says.
    """

    class_id: str
    title: str
    is_open: bool
    first_state: QuestionState
    states: Mapping[str, QuestionState]
    students: int = field(default=0, compare=False)

    def state(self, question_id: str) -> QuestionState:
        """The state of one question; an open one is closed while the class is."""
        state = self.states.get(question_id, self.first_state)
        return "closed" if state == "open" and not self.is_open else state


def open_class(
    session: Session,
    title: str,
    *,
    first_state: QuestionState = "open",
    keep_days: int | None = None,
    is_demo: bool = False,
) -> Class:
    """Open a class with a join code of its own.

    Args:
        keep_days: after how many days everything of it is deleted; default is the installation's `keep_days`.

    Raises:
        BadClass: the title is empty or too long, or the days are none.
    """
    title = readable(title)
    if not title or len(title) > LONGEST_TITLE:
        told = f"has {len(title)} characters" if title else "is empty"
        raise BadClass(f"The title {told}.", f"Give the class a title of 1 to {LONGEST_TITLE} characters.")
    days = config().keep_days if keep_days is None else keep_days
    if days < 1:
        raise BadClass(f"A class cannot be kept for {days} days.", "Keep it for at least one day.")
    values = {
        "id": uuid4().hex,
        "title": title,
        "created_at": time.time(),
        "first_state": first_state,
        "keep_until": time.time() + days * DAY_S,
        "is_demo": is_demo,
    }
    while not insert_once(session, Class, {**values, "join_code": new_code(JOIN_LENGTH)}):
        pass  # another class has this code
    note(session, "class_opened", class_id=values["id"])
    return session.get_one(Class, values["id"])


def classes(session: Session) -> list[Class]:
    """Every class, newest first."""
    return list(session.scalars(select(Class).order_by(Class.created_at.desc(), Class.id)))


def class_by_code(session: Session, code: str) -> Class:
    """The class of a join code, however it was typed.

    Raises:
        BadClass: there is none.
    """
    found = session.scalar(select(Class).where(Class.join_code == tidy(code)))
    if found is None:
        raise BadClass(
            f"No class here has the code {code.strip()[:20]!r}.", "Ask your teacher for the code as it is shown."
        )
    return found


def class_of_member(session: Session, person: Person) -> Class:
    """The class that a member is in.

    Raises:
        BadClass: they are in none.
    """
    found = session.get(Class, person.class_id) if person.class_id else None
    if found is None:
        raise BadClass("This student is in no class.", "Join one with its code.")
    return found


def members(session: Session, class_id: str) -> list[Person]:
    """Everybody in a class, by handle."""
    found = session.scalars(select(Person).where(Person.class_id == class_id))
    return sorted(found, key=lambda person: order(person.handle or ""))


def size(session: Session, class_id: str) -> int:
    """How many have joined."""
    return session.scalar(select(func.count()).where(Person.class_id == class_id)) or 0


def close_class(session: Session, class_id: str) -> None:
    """Nobody can join any more, and nothing is taken."""
    session.execute(update(Class).where(Class.id == class_id, Class.closed_at.is_(None)).values(closed_at=time.time()))
    note(session, "class_closed", class_id=class_id)


def reopen_class(session: Session, class_id: str) -> None:
    """Take back `close_class`."""
    session.execute(update(Class).where(Class.id == class_id).values(closed_at=None))
    note(session, "class_reopened", class_id=class_id)


def keep(session: Session, class_id: str, until: float | None) -> None:
    """Set when everything of the class is deleted (seconds since 1970); None keeps it."""
    session.execute(update(Class).where(Class.id == class_id).values(keep_until=until))


def set_question(session: Session, class_id: str, question_id: str, state: QuestionState) -> None:
    """Open, close or reveal one question of a class."""
    set_questions(session, class_id, [question_id], state)


def set_questions(session: Session, class_id: str, question_ids: Iterable[str], state: QuestionState) -> None:
    """The same for several at once."""
    if state not in STATES:
        raise BadClass(f"A question cannot be {state!r}.", f"Choose one of {', '.join(STATES)}.")
    hold(session, class_id, to_change=True)
    now = time.time()
    for question_id in question_ids:
        values = {"class_id": class_id, "question_id": question_id, "state": state, "changed_at": now}
        if not insert_once(session, ClassQuestion, values):
            one = update(ClassQuestion).where(
                ClassQuestion.class_id == class_id, ClassQuestion.question_id == question_id
            )
            session.execute(one.values(state=state, changed_at=now))


def room_of(session: Session, class_id: str) -> Room | None:
    """The class with its questions' states; None where it was deleted."""
    joined = select(func.count()).where(Person.class_id == Class.id).scalar_subquery()
    row = session.execute(select(Class, joined).where(Class.id == class_id)).tuples().one_or_none()
    if row is None:
        return None
    found, students = row
    rows = select(ClassQuestion.question_id, ClassQuestion.state).where(ClassQuestion.class_id == class_id)
    states = {question: _known(state) for question, state in session.execute(rows)}
    return Room(found.id, found.title, found.closed_at is None, _known(found.first_state), states, students)


def state_for(session: Session, person_id: str, question_id: str, is_held: bool = True) -> QuestionState:
    """The state of a question for one person; alone it is open.

    Args:
        is_held: until the transaction ends nobody changes it.
    """
    class_id = session.scalar(select(Person.class_id).where(Person.id == person_id))
    if class_id is None:
        return "open"
    if is_held:
        hold(session, class_id)
    # A statement of its own: on PostgreSQL one that had to wait still sees what was there before.
    own = (ClassQuestion.class_id == Class.id) & (ClassQuestion.question_id == question_id)
    query = select(Class.closed_at, Class.first_state, ClassQuestion.state).outerjoin(ClassQuestion, own)
    row = session.execute(query.where(Class.id == class_id)).one_or_none()
    if row is None:
        return "closed"
    closed_at, first, state = row
    now = _known(state or first)
    return "closed" if now == "open" and closed_at is not None else now


def hold(session: Session, class_id: str, to_change: bool = False) -> None:
    """Until the transaction ends nobody else changes the class or the state of its questions.

    So an answer that is being written and the teacher's close wait for each other: what came in before the close is
    kept, nothing after. Answers do not wait for one another, except on SQLite, which has one writer at a time.
    """
    if session.get_bind().dialect.name == "sqlite":
        # Only a write begins a transaction there; this one changes nothing.
        nothing = update(Class).where(Class.id == class_id).values(closed_at=Class.closed_at)
        session.execute(nothing.execution_options(synchronize_session=False))
    else:
        session.execute(select(Class.id).where(Class.id == class_id).with_for_update(read=not to_change))


def ensure_taken(session: Session, person_id: str, question_id: str) -> None:
    """Let predictions and answers through while the question is open for this person.

    On PostgreSQL it stays so until the transaction ends. On SQLite to hold it would keep the whole class waiting; there
    the statement that writes asks once more (`is_taken`).

    Raises:
        QuestionClosed: it is not.
    """
    state = state_for(session, person_id, question_id, is_held=session.get_bind().dialect.name != "sqlite")
    if state == "closed":
        raise QuestionClosed(f"{question_id} is closed in your class.", "Wait until your teacher opens it.")
    if state == "revealed":
        raise QuestionClosed(f"The answer to {question_id} has been shown to the class.", "Read it below, and go on.")


def is_taken(person_id: str, question_id: str) -> ColumnElement[bool]:
    """The condition of `ensure_taken` for a statement that writes."""
    own = (ClassQuestion.class_id == Class.id) & (ClassQuestion.question_id == question_id)
    room = select(Class.id).join(Person, Person.class_id == Class.id).outerjoin(ClassQuestion, own)
    is_shut = or_(Class.closed_at.is_not(None), func.coalesce(ClassQuestion.state, Class.first_state) != "open")
    return ~room.where(Person.id == person_id, is_shut).exists()


def ensure_runs(session: Session, person_id: str, question_id: str | None) -> None:
    """Let runs of a question's page through unless the question is closed: a run before the prediction would spoil it.

    Raises:
        QuestionClosed: it is.
    """
    if question_id is not None and state_for(session, person_id, question_id) == "closed":
        raise QuestionClosed(f"{question_id} is closed in your class.", "Wait until your teacher opens it.")


def _known(state: str) -> QuestionState:
    return next((known for known in STATES if known == state), "closed")
