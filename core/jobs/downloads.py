"""Weights that runs wait for: fetched once for everyone who waits, while the runs that need none go on.

A run whose weights are not here yet is queued with the models that it awaits, and no worker takes it before they have
come. One process fetches them, one after the other (`core.jobs.fetcher`); when nobody waits any more it stops, and
what has arrived is kept.

    with session() as database:
        job = queue.submit(database, …, missing=["sdxl-inpainting"])
        arriving(database, job.id)      # Arriving("sdxl-inpainting", 1_200_000_000, 6_940_000_000, 25e6, waiting=29)
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from core.store.database import insert_into
from core.store.tables import Awaited, Download, Job

SILENT_S = 10.0
"""A download that was not heard of for so long is about to be begun anew."""


@dataclass(frozen=True)
class Arriving:
    """A download as those see it who wait.

    Attributes:
        done_bytes, total_bytes: 0 before the first byte.
        bytes_per_s: over the last seconds; None where that is not known.
        waiting: how many runs wait for this model.
        is_heard: whether a process is at it.
        error: why it could not be had; only of what a teacher asked for.
    """

    model_id: str
    done_bytes: int
    total_bytes: int
    bytes_per_s: float | None
    waiting: int
    is_heard: bool
    error: dict[str, Any] | None = None


_WAITS = (Awaited.job_id == Job.id, Job.state == "queued")
_IS_WANTED = and_(
    Download.error.is_(None),
    or_(Download.is_kept, exists().where(Awaited.model_id == Download.model_id, *_WAITS).correlate(Download)),
)
_BLIND = {"synchronize_session": False}


def is_awaiting(job: type[Job]) -> ColumnElement[bool]:
    """Whether `job` waits for weights."""
    return exists().where(Awaited.job_id == job.id).correlate(job)


def want(session: Session, models: Sequence[str], job_id: str) -> None:
    """Let a queued run wait for these models, and have them fetched."""
    for model_id in sorted(models):
        _want(session, model_id, is_kept=False)
        session.add(Awaited(job_id=job_id, model_id=model_id))
    session.flush()


def want_for_all(session: Session, models: Sequence[str]) -> None:
    """Have these models fetched whether or not a run waits; what failed is tried again."""
    for model_id in sorted(models):
        _want(session, model_id, is_kept=True)


def _want(session: Session, model_id: str, is_kept: bool) -> None:
    values = {"model_id": model_id, "wanted_at": time.time(), "is_kept": is_kept, "progress": {}}
    added = insert_into(session, Download).values(values)
    again = added.on_conflict_do_update(
        index_elements=["model_id"], set_={"is_kept": or_(Download.is_kept, added.excluded.is_kept), "error": None}
    )
    session.execute(again)


def give_up(session: Session, model_id: str) -> None:
    """Fetch it no longer for everyone; a run that waits for it still gets it."""
    session.execute(update(Download).where(Download.model_id == model_id).values(is_kept=False))


def arriving(session: Session, job_id: str) -> Arriving | None:
    """What a queued run waits for: the model that comes now, else the first; None where it waits for nothing."""
    awaited = select(Awaited.model_id).where(Awaited.job_id == job_id)
    found = _found(session, Download.model_id.in_(awaited))
    return found[0] if found else None


def all_arriving(session: Session) -> dict[str, Arriving]:
    """Every download by its model, with those that failed."""
    return {each.model_id: each for each in _found(session, Download.model_id.is_not(None))}


def _found(session: Session, which: ColumnElement[bool]) -> list[Arriving]:
    waiting = select(func.count()).where(Awaited.model_id == Download.model_id, *_WAITS).scalar_subquery()
    rows = session.execute(select(Download, waiting).where(which).order_by(Download.wanted_at, Download.model_id))
    since = time.time() - SILENT_S
    found = [
        Arriving(
            row.model_id,
            row.progress.get("done_bytes", 0),
            row.progress.get("total_bytes", 0),
            row.progress.get("bytes_per_s"),
            count,
            row.heard_at is not None and row.heard_at > since,
            row.error,
        )
        for row, count in rows
    ]
    return sorted(found, key=lambda each: not each.is_heard)


def is_any(session: Session) -> bool:
    """Whether there is something to fetch, or to tidy up."""
    return session.scalar(select(Download.model_id).where(Download.error.is_(None)).limit(1)) is not None


def next_wanted(session: Session) -> str | None:
    """The model that is waited for longest. Where nothing is, what nobody waits for any more is forgotten."""
    found = session.scalar(select(Download.model_id).where(_IS_WANTED).order_by(Download.wanted_at).limit(1))
    if found is None:
        session.execute(delete(Download).where(Download.error.is_(None), ~_IS_WANTED))
        session.execute(delete(Awaited).where(~exists().where(*_WAITS).correlate(Awaited)))
    return found


def heard(session: Session, model_id: str, progress: Mapping[str, Any]) -> bool:
    """Write how far it is; False where nobody waits for it any more."""
    values = {"progress": dict(progress), "heard_at": time.time()}
    told = update(Download).where(Download.model_id == model_id, _IS_WANTED).values(values).returning(Download.model_id)
    return session.scalar(told, execution_options=_BLIND) is not None


def arrived(session: Session, model_id: str) -> None:
    """It is here: those who waited for it only may be claimed."""
    # The download first, here and below: a run that asks for it at this moment holds that row until its own stands.
    session.execute(delete(Download).where(Download.model_id == model_id))
    session.execute(delete(Awaited).where(Awaited.model_id == model_id))


def failed(session: Session, model_id: str, error: Mapping[str, str]) -> None:
    """It cannot be had: end the runs that wait for it, with the reason; a teacher sees it until asking again."""
    told = update(Download).where(Download.model_id == model_id, Download.is_kept)
    session.execute(told.values(error=dict(error), progress={}, heard_at=None), execution_options=_BLIND)
    session.execute(delete(Download).where(Download.model_id == model_id, ~Download.is_kept))
    waited = select(Awaited.job_id).where(Awaited.model_id == model_id)
    ended = {"state": "failed", "finished_at": time.time(), "put_back_at": None, "error": dict(error)}
    queued = update(Job).where(Job.id.in_(waited), Job.state == "queued").values(ended)
    session.execute(queued, execution_options=_BLIND)
    session.execute(delete(Awaited).where(Awaited.model_id == model_id))
