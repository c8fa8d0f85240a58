"""Who may see a class's answers: accounts on a list, whoever knows the passcode, or whoever reads the server's console.

There is no default passcode. Where neither a passcode nor a list of teachers is set, the server prints a token that
signs one browser in once. A passcode is compared by scrypt, in constant time, and guessing it is locked: after
`TRIES_EACH` wrong ones from one browser, after `TRIES_ALL` from all together. Browsers that have signed in before are
not locked by the guesses of others, so that a student cannot keep the teacher out.
"""

import base64
import hashlib
import hmac
import secrets
import time
from functools import lru_cache
from typing import Literal

from sqlalchemy import ColumnElement, delete, func, select, text, update
from sqlalchemy.orm import Session

from core.classroom.audit import count_since, note
from core.classroom.people import secret_hash
from core.classroom.rows import insert_once
from core.config import config
from core.errors import LabError
from core.store.database import session as new_session
from core.store.tables import AuditLine, OneTimeToken, TeacherSession

TRIES_EACH = 5
TRIES_ALL = 30
LOCK_S = 900.0
TOKEN_S = 86_400.0
KEPT_S = 90 * 86_400.0
"""So long a browser counts as one that has signed in before."""
SCRYPT = {"n": 2**14, "r": 8, "p": 1}
KEY_BYTES = 32
WRONG, LOCKED = "sign_in_failed", "sign_in_locked"
PASSCODE_LOCK = 0x56524142
"""Number of PostgreSQL's advisory lock while a passcode is tried."""

Way = Literal["account", "passcode", "token"]


class SignInRefused(LabError):
    """A teacher's sign-in that was not taken."""

    kind = "sign_in_refused"


def ways() -> tuple[Way, ...]:
    """How a teacher can sign in here; a token from the console where nothing else is set."""
    settings = config()
    found: list[Way] = ["account"] if settings.teachers else []
    if settings.teacher_passcode.get_secret_value() or settings.teacher_passcode_hash:
        found.append("passcode")
    return tuple(found) or ("token",)


def is_teacher(database: Session, cookie: str) -> bool:
    """Whether a teacher is signed in in this browser by passcode or token."""
    row = database.get(TeacherSession, secret_hash(cookie))
    return row is not None and row.expires_at > time.time()


def is_teacher_account(email: str | None, is_verified: bool) -> bool:
    """Whether an account is on the installation's list of teachers."""
    known = {name.strip().casefold() for name in config().teachers}
    return bool(email) and is_verified and str(email).strip().casefold() in known


def sign_in_with_passcode(cookie: str, passcode: str) -> None:
    """Sign this browser in. Opens a transaction of its own, since a refusal has to be counted, too.

    Raises:
        SignInRefused: the passcode is wrong, none is set, or guessing is locked.
    """
    if "passcode" not in ways():
        raise SignInRefused("No passcode is set here.", "Use the way that the sign-in page names.")
    with new_session() as database:
        refusal = _try(database, secret_hash(cookie), passcode)
    if refusal is not None:
        raise refusal


def sign_in_with_token(database: Session, cookie: str, token: str) -> None:
    """Sign this browser in by a printed token, which is spent with it.

    Raises:
        SignInRefused: the token is unknown, spent, or older than a day.
    """
    spent = delete(OneTimeToken).where(
        OneTimeToken.token_hash == secret_hash(token), OneTimeToken.created_at > time.time() - TOKEN_S
    )
    if database.scalar(spent.returning(OneTimeToken.token_hash)) is None:
        raise SignInRefused(
            "This token is spent, too old, or not from this server.",
            "Take the newest one from the server's console, or run: python -m core teacher-token",
        )
    _signed_in(database, secret_hash(cookie), "token")


def new_token(database: Session) -> str:
    """A token that signs one browser in once, within a day."""
    token = secrets.token_urlsafe(32)
    database.execute(delete(OneTimeToken).where(OneTimeToken.created_at <= time.time() - TOKEN_S))
    database.add(OneTimeToken(token_hash=secret_hash(token), created_at=time.time()))
    return token


def sign_out(database: Session, cookie: str) -> None:
    """End the sign-in of this browser; it stays one that has signed in before."""
    mine = update(TeacherSession).where(TeacherSession.cookie_hash == secret_hash(cookie))
    database.execute(mine.values(expires_at=0.0))
    note(database, "teacher_signed_out")


def unlock(database: Session) -> None:
    """Forget all wrong passcodes, from the server's command line."""
    database.execute(delete(AuditLine).where(AuditLine.event.in_((WRONG, LOCKED))))
    note(database, "sign_in_unlocked")


def hashed(passcode: str, salt: bytes | None = None) -> str:
    """A passcode as `VRAM_LAB_TEACHER_PASSCODE_HASH` takes it: `scrypt:SALT:KEY` in base64."""
    salt = salt or secrets.token_bytes(16)
    key = hashlib.scrypt(passcode.encode(), salt=salt, dklen=KEY_BYTES, **SCRYPT)
    return ":".join(("scrypt", *(base64.b64encode(part).decode() for part in (salt, key))))


def _try(database: Session, browser: str, passcode: str) -> SignInRefused | None:
    """One try, counted before it is looked at, so that many at once are no more than many after each other."""
    if _is_locked(database, browser):
        return _refused(database)
    _one_at_a_time(database)
    this = note(database, WRONG, browser=browser)
    database.flush()
    if _is_locked(database, browser, besides=1):
        # Not counted: the lock ends though somebody goes on.
        database.delete(this)
        return _refused(database)
    if not _is_right(passcode):
        return SignInRefused("This is not the passcode.", f"After {TRIES_EACH} wrong ones a browser has to wait.")
    database.execute(delete(AuditLine).where(*_of(browser, 0.0)))
    _signed_in(database, browser, "passcode")
    return None


def _one_at_a_time(database: Session) -> None:
    """Passcodes are tried one after the other; on SQLite the first write does the same."""
    if database.get_bind().dialect.name == "postgresql":
        database.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": PASSCODE_LOCK})


def _is_locked(database: Session, browser: str, besides: int = 0) -> bool:
    """Whether no passcode of this browser is looked at now; `besides` are tries that do not count. Writes nothing."""
    since = time.time() - LOCK_S
    if _tries_of(database, browser, since) - besides >= TRIES_EACH:
        return True
    is_crowded = count_since(database, WRONG, since) - besides >= TRIES_ALL
    return is_crowded and database.get(TeacherSession, browser) is None


def _refused(database: Session) -> SignInRefused:
    if not count_since(database, LOCKED, time.time() - LOCK_S):
        note(database, LOCKED)
    return SignInRefused(
        f"There were too many wrong passcodes in the last {LOCK_S / 60:.0f} minutes, so none is looked at now.",
        "Wait, or run on the server: python -m core unlock-teacher",
    )


def _tries_of(database: Session, browser: str, since: float) -> int:
    return database.scalar(select(func.count()).where(*_of(browser, since))) or 0


def _of(browser: str, since: float) -> tuple[ColumnElement[bool], ...]:
    return AuditLine.event == WRONG, AuditLine.at > since, AuditLine.details["browser"].as_string() == browser


def _is_right(passcode: str) -> bool:
    settings = config()
    known = settings.teacher_passcode_hash or _hash_of(settings.teacher_passcode.get_secret_value())
    try:
        _, salt, key = known.split(":")
        mine = hashed(passcode, base64.b64decode(salt, validate=True)).rsplit(":", 1)[1]
    except ValueError as error:
        raise SignInRefused(
            "The passcode's hash in the settings of this server cannot be read.",
            "Make one on the server: python -m core passcode",
        ) from error
    return hmac.compare_digest(mine.encode(), key.encode())


@lru_cache
def _hash_of(passcode: str) -> str:
    return hashed(passcode)


def _signed_in(database: Session, browser: str, way: Way) -> None:
    now = time.time()
    database.execute(delete(TeacherSession).where(TeacherSession.signed_in_at < now - KEPT_S))
    values = {"cookie_hash": browser, "signed_in_at": now, "expires_at": now + 3600 * config().teacher_hours}
    if not insert_once(database, TeacherSession, values):
        database.execute(update(TeacherSession).where(TeacherSession.cookie_hash == browser).values(**values))
    note(database, "teacher_signed_in", way=way)
