"""Who goes first: whoever started fewest runs lately, then whoever has waited longest.

The claim and the place shown on the page read the same expressions, so that the page tells what will happen.
"""

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, exists, func, select
from sqlalchemy.orm import aliased

from core.config import config
from core.store.tables import Job


def runs_started(waiting: type[Job], now: float) -> ScalarSelect[int]:
    """How many runs the person of `waiting` started within the last `fairness_window_s`."""
    started = aliased(Job)
    since = now - config().fairness_window_s
    counted = select(func.count()).where(started.person_id == waiting.person_id, started.started_at >= since)
    return counted.correlate(waiting).scalar_subquery()


def has_running(waiting: type[Job]) -> ColumnElement[bool]:
    """Whether the person of `waiting` has a run on some worker now; one person runs one at a time."""
    running = aliased(Job)
    return exists().where(running.person_id == waiting.person_id, running.state == "running").correlate(waiting)


def claim_order(waiting: type[Job], now: float) -> tuple[Any, ...]:
    """What to sort waiting jobs by, the next one first."""
    return runs_started(waiting, now), waiting.created_at, waiting.id
