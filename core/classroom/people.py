"""Who is who: a person is a row made for a random cookie. No name, no address; of the cookie only its hash is kept."""

import hashlib
import time
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.classroom.rows import insert_once
from core.store.tables import Person


def person_for_cookie(session: Session, cookie: str) -> Person:
    """The person of a cookie, made at the first use. Two first requests at once give one person.

    Args:
        cookie: the cookie's value, random and long enough not to be guessed.

    Raises:
        ValueError: the cookie is empty; it would make one person of everybody.
    """
    if not cookie:
        raise ValueError("the identity cookie is empty; the middleware has to set it before anybody is looked up")
    digest = cookie_hash(cookie)
    found = session.scalar(select(Person).where(Person.cookie_hash == digest))
    if found is not None:
        return found
    insert_once(session, Person, {"id": uuid4().hex, "cookie_hash": digest, "created_at": time.time()})
    return session.scalars(select(Person).where(Person.cookie_hash == digest)).one()


def cookie_hash(cookie: str) -> str:
    """SHA-256 of a cookie, which is what the database holds."""
    return hashlib.sha256(cookie.encode()).hexdigest()
