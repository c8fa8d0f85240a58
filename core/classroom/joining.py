"""Into a class and back into it: a class code and a handle the first time, a personal code on any other device.

    joined = join(database, cookie, "K7M 4QX", "Ada")     # Joined(person_id=…, personal_code="2Q7F…")
    resume(database, other_cookie, joined.personal_code)  # the other browser is Ada now

Of the personal code only a hash is kept: it is shown once, and a new one can be made at any time.
"""

import time
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.classroom.classes import BadClass, class_by_code, hold
from core.classroom.codes import PERSONAL_LENGTH, new_code, tidy
from core.classroom.handles import BadHandle, clean, key
from core.classroom.people import become, class_of, person_for_cookie, secret_hash
from core.classroom.rows import insert_once
from core.errors import LabError
from core.store.tables import Class, Person


class CannotResume(LabError):
    """A personal code that belongs to nobody."""

    kind = "cannot_resume"


@dataclass(frozen=True)
class Joined:
    """Who joined, and the code that lets them in again; None where they were in already."""

    person_id: str
    personal_code: str | None


def join(session: Session, cookie: str, code: str, handle: str, subject: str | None = None) -> Joined:
    """Make this browser a member of a class.

    Args:
        subject: the account somebody is signed in with; the same account is the same member on every device.

    Raises:
        BadClass: no class has the code, or it is closed.
        BadHandle: it cannot be read, or somebody in the class has it.
    """
    room = class_by_code(session, code)
    here = person_for_cookie(session, cookie)
    if here.class_id == room.id:
        return Joined(here.id, None)
    if known := _of_account(session, room.id, subject):
        become(session, cookie, known)
        return Joined(known, None)
    name = clean(handle)
    hold(session, room.id)
    session.expire(room)
    room = class_by_code(session, code)
    if room.closed_at is not None:
        raise BadClass(f"{room.title} is closed.", "Ask your teacher to open it again.")
    return _enter(session, cookie, room, name, subject)


def _enter(session: Session, cookie: str, room: Class, name: str, subject: str | None) -> Joined:
    personal_code = new_code(PERSONAL_LENGTH)
    values = {
        "id": uuid4().hex,
        "class_id": room.id,
        "handle": name,
        "handle_key": key(name),
        "resume_hash": secret_hash(personal_code),
        "subject_hash": _subject_hash(room.id, subject),
        "created_at": time.time(),
        "seen_at": time.time(),
    }
    if insert_once(session, Person, values):
        become(session, cookie, str(values["id"]))
        return Joined(str(values["id"]), personal_code)
    if known := _of_account(session, room.id, subject):  # from another device, in between
        become(session, cookie, known)
        return Joined(known, None)
    raise BadHandle(
        f"Somebody in {room.title} is called {name} or nearly so.",
        "Choose another name; if it is you on another device, use your personal code.",
    )


def resume(session: Session, cookie: str, personal_code: str) -> Person:
    """Make this browser the member whose personal code it is.

    Raises:
        CannotResume: the code belongs to nobody.
    """
    person = member_for_code(session, personal_code)
    become(session, cookie, person.id)
    return person


def member_for_code(session: Session, personal_code: str) -> Person:
    """The member whose personal code it is, to ask before becoming them.

    Raises:
        CannotResume: the code belongs to nobody.
    """
    digest = secret_hash(tidy(personal_code))
    person = session.scalar(select(Person).where(Person.resume_hash == digest, Person.class_id.is_not(None)))
    if person is None:
        raise CannotResume(
            "This personal code belongs to nobody here.",
            "Check every letter and digit, or ask your teacher for a new one.",
        )
    return person


def renew_personal_code(session: Session, person_id: str) -> str:
    """A new personal code for a member; the old one stops working.

    Raises:
        CannotResume: the person is in no class.
    """
    if class_of(session, person_id) is None:
        raise CannotResume("Only members of a class have a personal code.", "Join a class first.")
    code = new_code(PERSONAL_LENGTH)
    session.execute(update(Person).where(Person.id == person_id).values(resume_hash=secret_hash(code)))
    return code


def _of_account(session: Session, class_id: str, subject: str | None) -> str | None:
    """The member who is signed in with an account; None without one."""
    if not subject:
        return None
    mine = Person.subject_hash == _subject_hash(class_id, subject)
    return session.scalar(select(Person.id).where(Person.class_id == class_id, mine))


def _subject_hash(class_id: str, subject: str | None) -> str | None:
    return secret_hash(f"{class_id} {subject}") if subject else None
