"""Who is who: a browser's random cookie stands for a person. No address; of the cookie only its hash is kept.

Alone, a person is a row without a class. Joining a class makes another one (`core.classroom.joining`), so that what was
tried alone stays apart from what the class sees.
"""

import hashlib
import time
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import ColumnElement, CursorResult, delete, outerjoin, select, update
from sqlalchemy.orm import Session

from core.classroom.rows import insert_once
from core.store.tables import Browser, Class, Person, TeacherSession

SEEN_EVERY_S = 20.0
"""An open page notes its student's presence this often."""


def person_for_cookie(session: Session, cookie: str) -> Person:
    """The person of a cookie, made at the first use. Two first requests at once give one person.

    Args:
        cookie: the cookie's value, random and long enough not to be guessed.

    Raises:
        ValueError: the cookie is empty; it would make one person of everybody.
    """
    if not cookie:
        raise ValueError("the identity cookie is empty; the middleware has to set it before anybody is looked up")
    digest = secret_hash(cookie)
    return _of_browser(session, digest) or _new_browser(session, digest)


def visitor(session: Session, cookie: str) -> tuple[Person, bool]:
    """The person of a cookie, and whether a teacher has signed in with it: both in one look, for every page drawn."""
    signed_in = outerjoin(Browser, TeacherSession, TeacherSession.cookie_hash == Browser.cookie_hash)
    both = select(Person, TeacherSession.expires_at).select_from(signed_in).join(Person, Person.id == Browser.person_id)
    row = session.execute(both.where(_is(secret_hash(cookie)))).tuples().first() if cookie else None
    if row is None:
        return person_for_cookie(session, cookie), False
    person, expires_at = row
    return person, expires_at is not None and expires_at > time.time()


def secret_hash(secret: str) -> str:
    """SHA-256 of a cookie or a code, which is what the database holds. Only for what is too random to be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_person(session: Session, **fields: object) -> Person:
    """A new row of `people`."""
    person = Person(id=uuid4().hex, created_at=time.time(), **fields)
    session.add(person)
    session.flush()
    return person


def become(session: Session, cookie: str, person_id: str) -> None:
    """From now on this browser stands for `person_id`; who it was before, outside any class, is kept to go back to."""
    before = person_for_cookie(session, cookie)
    values = {"person_id": person_id}
    if before.class_id is None and before.id != person_id:
        values["alone_id"] = before.id
    session.execute(update(Browser).where(Browser.cookie_hash == secret_hash(cookie)).values(**values))


def leave(session: Session, cookie: str) -> Person:
    """This browser leaves its class and stands for who it was before. What was done in the class stays there."""
    browser = session.get_one(Browser, secret_hash(cookie))
    alone = session.get(Person, browser.alone_id) if browser.alone_id else None
    alone = alone or new_person(session)
    browser.person_id, browser.alone_id = alone.id, None
    return alone


def class_of(session: Session, person_id: str) -> Class | None:
    """The class that somebody is a member of; None alone."""
    return session.scalar(select(Class).join(Person, Person.class_id == Class.id).where(Person.id == person_id))


def seen(session: Session, person_id: str, page: str | None) -> bool:
    """Note that somebody has a question's page open (None: another page); False where they were deleted."""
    noted = update(Person).where(Person.id == person_id).values(seen_at=time.time(), seen_page=page)
    done = session.execute(noted.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", done).rowcount == 1


def _of_browser(session: Session, digest: str) -> Person | None:
    return session.scalar(select(Person).join(Browser, Browser.person_id == Person.id).where(_is(digest)))


def _new_browser(session: Session, digest: str) -> Person:
    person = new_person(session)
    values = {"cookie_hash": digest, "person_id": person.id, "created_at": person.created_at}
    if insert_once(session, Browser, values):
        return person
    # Another first request of the same browser came in between, and its person stays.
    session.execute(delete(Person).where(Person.id == person.id))
    session.expunge(person)
    return session.scalars(select(Person).join(Browser, Browser.person_id == Person.id).where(_is(digest))).one()


def _is(digest: str) -> ColumnElement[bool]:
    return Browser.cookie_hash == digest
