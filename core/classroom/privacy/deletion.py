"""Deleting a person or a class, so that no row, no copy of the database and no file holds them any more.

Everything here opens transactions of its own: the files can be cleaned only after a deletion is committed. A run that
is going on for somebody who is deleted stops at its next step, and nothing of it is stored: its worker no longer finds
the job. The audit says that somebody was deleted, not who.

On PostgreSQL rows and copies are gone at once; the bytes in its own files are freed by its autovacuum, later.
"""

import time
from collections.abc import Sequence
from typing import Literal

from sqlalchemy import ColumnElement, Select, delete, select, true, update
from sqlalchemy.orm import Session

from core.classroom.audit import note
from core.store import backups
from core.store.backups import Gone
from core.store.database import in_transaction, session
from core.store.erasing import AT_ONCE_BYTES, database_file, owe, settle
from core.store.tables import AuditLine, Browser, Class, Job, Person

By = Literal["student", "teacher"]
PATIENCE_S = 20.0
POINTERS = ("browser", "class_id", "regrade_id")


def delete_person(person_id: str, by: By = "student") -> bool:
    """Delete somebody with everything they did. A browser that joined a class is again who it was before.

    Returns:
        False where there is no such person any more.

    Raises:
        CannotForget: a copy of the database could not be changed; nothing was deleted.
    """
    _forget(select(Person.id).where(Person.id == person_id), ())
    is_done = in_transaction(lambda database: _delete_person(database, person_id, by), PATIENCE_S)
    clean()
    return is_done


def delete_class(class_id: str) -> bool:
    """Delete a class with everybody in it and everything they did.

    Returns:
        False where there is no such class any more.

    Raises:
        CannotForget: a copy of the database could not be changed; nothing was deleted.
    """
    return _delete_class(class_id, "class_deleted", true())


def delete_expired() -> int:
    """Delete the classes whose last day has come; several processes may do so at once.

    Returns:
        How many this call has deleted.
    """
    is_over = Class.keep_until <= time.time()
    with session() as database:
        over = list(database.scalars(select(Class.id).where(is_over)))
    return sum(_delete_class(class_id, "class_expired", is_over) for class_id in over)


def clean(at_once_bytes: int | None = AT_ONCE_BYTES) -> bool:
    """Remove what SQLite's files still hold of whoever was deleted; `core.store.erasing` says why and when.

    Returns:
        True where nothing is left to be removed.
    """
    path = database_file()
    settled = [settle(file, at_once_bytes) for file in ([path, *backups.files()] if path else [])]
    return all(settled)


def _delete_class(class_id: str, event: str, condition: ColumnElement[bool]) -> bool:
    _forget(select(Person.id).where(Person.class_id == class_id), (class_id,))

    def act(database: Session) -> bool:
        # Written first: from here on this transaction alone decides over the class, and nobody joins or answers.
        mine = update(Class).where(Class.id == class_id, condition).values(closed_at=time.time())
        if database.scalar(mine.returning(Class.id)) is None:
            return False
        people = list(database.scalars(select(Person.id).where(Person.class_id == class_id)))
        _delete_people(database, people)
        database.execute(delete(Class).where(Class.id == class_id))
        _forget_in_audit(database, "class_id", [class_id])
        note(database, event, students=len(people))
        return True

    is_done = in_transaction(act, PATIENCE_S)
    clean()
    return is_done


def _delete_person(database: Session, person_id: str, by: By) -> bool:
    # Written first, as above. A page that is open elsewhere is told with the next look.
    mine = update(Person).where(Person.id == person_id).values(seen_page=None)
    if database.scalar(mine.returning(Person.id)) is None:
        return False
    _delete_people(database, [person_id])
    note(database, "person_deleted", by=by)
    return True


def _delete_people(database: Session, people: Sequence[str]) -> None:
    """Delete people within the caller's transaction, what hangs on them by the tables' foreign keys."""
    # A worker stores a run by changing its job first: taken in the same order, neither waits for the other for ever.
    database.execute(select(Job.id).where(Job.person_id.in_(people)).order_by(Job.id).with_for_update())
    _forget_in_audit(database, "browser", list(database.scalars(_cookies(people))))
    back = update(Browser).where(Browser.person_id.in_(people), Browser.alone_id.is_not(None))
    database.execute(back.values(person_id=Browser.alone_id, alone_id=None))
    database.execute(delete(Person).where(Person.id.in_(people)))
    owe(database)


def _forget(people: Select[str], classes: tuple[str, ...]) -> None:
    """Delete them from the copies; first, so that a crash in between leaves them to be deleted again."""
    with session() as database:
        ids = tuple(database.scalars(people))
        hashes = tuple(database.scalars(_cookies(ids)))
        backups.forget(database, Gone(ids, classes, hashes))


def _cookies(people: Sequence[str]) -> Select[str]:
    return select(Browser.cookie_hash).where(Browser.person_id.in_(people))


def _forget_in_audit(database: Session, name: str, values: Sequence[str]) -> None:
    """Audit lines stay, without the details that point to one browser, or to one class and what was done in it."""
    lines = select(AuditLine).where(AuditLine.details[name].as_string().in_(values))
    for line in database.scalars(lines):
        line.details = {key: value for key, value in line.details.items() if key not in POINTERS}
    database.flush()
