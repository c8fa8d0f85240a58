"""What was done that somebody may ask about later. No names and no addresses: an event, a time, plain details."""

import logging
import time
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.store.tables import AuditLine

_log = logging.getLogger(__name__)


def note(session: Session, event: str, **details: Any) -> AuditLine:
    """Keep a line, and write it to the log."""
    line = AuditLine(id=uuid4().hex, at=time.time(), event=event, details=details)
    session.add(line)
    _log.info("%s %s", event, details or "")
    return line


def count_since(session: Session, event: str, since: float) -> int:
    """How often something happened after `since` (seconds since 1970)."""
    found = select(func.count()).where(AuditLine.event == event, AuditLine.at > since)
    return session.scalar(found) or 0


def lines(session: Session, newest: int = 100) -> list[AuditLine]:
    """The newest lines, newest first."""
    return list(session.scalars(select(AuditLine).order_by(AuditLine.at.desc(), AuditLine.id).limit(newest)))
