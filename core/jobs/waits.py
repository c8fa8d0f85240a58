"""How long finished runs waited before they began, and how long they took, as the queue's own rows say."""

import math
import statistics
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.store.tables import Job

LAST, FEWEST = 50, 5
"""So many of the newest runs are looked at, and at least so many have to be there: fewer say nothing, or of whom."""


@dataclass(frozen=True)
class Waits:
    """Seconds, of the newest finished runs of one kind of device.

    Attributes:
        most_of_them: nine of ten waited no longer.
    """

    runs: int
    median: float
    most_of_them: float
    median_run: float


def waits(session: Session, kind: str) -> Waits | None:
    """Of `cpu` or `cuda`, of whatever lab and person; None where too few have finished."""
    taken = select(Job.started_at - Job.created_at, Job.finished_at - Job.started_at)
    # A run whose worker was lost began twice, and its first wait is no longer known.
    taken = taken.where(Job.state == "finished", Job.attempt <= 1, Job.device.startswith(kind))
    found = session.execute(taken.order_by(Job.finished_at.desc()).limit(LAST)).tuples().all()
    if len(found) < FEWEST:
        return None
    waited = sorted(float(wait or 0) for wait, _ in found)
    most = waited[math.ceil(0.9 * len(waited)) - 1]
    return Waits(len(waited), statistics.median(waited), most, statistics.median(float(ran or 0) for _, ran in found))
