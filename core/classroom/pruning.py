"""What takes room and has had its day goes: pictures first, later runs on which no answer rests.

    pruned = prune(time.time())     # in small transactions, so that nobody waits long
    pruned.pictures, pruned.runs

Figures of a run stay when its pictures go. `keep_pictures_days`, `max_pictures_bytes` and `keep_runs_days` of the
configuration say when; what belongs to a class goes with the class at the latest.
"""

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, exists, func, select
from sqlalchemy.orm import Session

from core.config import config
from core.runs import checkpoints
from core.runs.records import PICTURES_GONE
from core.store.database import in_transaction, session
from core.store.tables import Answer, Base, Job, Picture, Run, Upload

DAY_S = 86_400
AT_ONCE = 20
"""Runs of which the pictures, or which themselves, are deleted in one transaction."""
PATIENCE_S = 20.0
ENDED = ("finished", "failed", "cancelled")


class Pruned(NamedTuple):
    """How many of each were deleted."""

    pictures: int
    runs: int


def prune(now: float) -> Pruned:
    """Delete what the configuration no longer keeps; several processes may do so at once.

    Args:
        now: seconds since 1970.
    """
    settings = config()
    pictures = _delete_pictures(_too_old(now - settings.keep_pictures_days * DAY_S))
    pictures += _delete_pictures(_too_many(settings.max_pictures_bytes))
    uploaded = Upload.created_at < now - settings.keep_pictures_days * DAY_S
    in_transaction(lambda database: database.execute(delete(Upload).where(uploaded)), PATIENCE_S)
    runs = _delete_runs(now - settings.keep_runs_days * DAY_S)
    if checkpoints.folder().is_dir():
        with session() as database:
            known = set(database.scalars(select(Run.id)))
        checkpoints.prune(now, known)
    return Pruned(pictures, runs)


def _too_old(before: float) -> list[str]:
    """Runs of that time that still have pictures."""
    has_pictures = exists().where(Picture.run_id == Run.id)
    with session() as database:
        return list(database.scalars(select(Run.id).where(Run.created_at < before, has_pictures)))


def _too_many(most_bytes: int) -> list[str]:
    """The oldest runs, as far as the pictures of the newer ones fill what is allowed."""
    size = func.sum(func.length(Picture.png))
    by_run = select(Run.id, size).join(Picture, Picture.run_id == Run.id).group_by(Run.id, Run.created_at)
    with session() as database:
        rows = database.execute(by_run.order_by(Run.created_at.desc(), Run.id)).tuples().all()
    filled = accumulate(size for _, size in rows)
    return [run_id for (run_id, _), so_far in zip(rows, filled, strict=True) if so_far > most_bytes]


def _delete_pictures(run_ids: Sequence[str]) -> int:
    """The runs say that they had some."""

    def some(database: Session, few: Sequence[str]) -> int:
        count = _count_and_delete(database, Picture, Picture.run_id.in_(few))
        for run in database.scalars(select(Run).where(Run.id.in_(few))):
            if PICTURES_GONE not in (notes := run.record.get("notes") or []):
                run.record = run.record | {"notes": [*notes, PICTURES_GONE]}
        return count

    return _in_parts(run_ids, some)


def _delete_runs(before: float) -> int:
    """Runs and jobs of that time; a run that an answer rests on stays as long as the answer."""
    # The person stands there for the index.
    is_evidence = exists().where(Answer.person_id == Run.person_id, Answer.run_id == Run.id)
    with session() as database:
        old = list(database.scalars(select(Run.id).where(Run.created_at < before, ~is_evidence)))
    count = _in_parts(old, lambda database, few: _count_and_delete(database, Run, Run.id.in_(few), ~is_evidence))
    is_over = Job.state.in_(ENDED) & (Job.finished_at < before) & ~exists().where(Run.job_id == Job.id)
    in_transaction(lambda database: database.execute(delete(Job).where(is_over)), PATIENCE_S)
    return count


def _in_parts(run_ids: Sequence[str], act: Callable[[Session, Sequence[str]], int]) -> int:
    """`act` on a few runs in each transaction; what it gives, together."""
    parts = [run_ids[start : start + AT_ONCE] for start in range(0, len(run_ids), AT_ONCE)]
    return sum(in_transaction(_on(act, few), PATIENCE_S) for few in parts)


def _on(act: Callable[[Session, Sequence[str]], int], few: Sequence[str]) -> Callable[[Session], int]:
    return lambda database: act(database, few)


def _count_and_delete(database: Session, table: type[Base], *conditions: ColumnElement[bool]) -> int:
    count = database.scalar(select(func.count()).select_from(table).where(*conditions)) or 0
    database.execute(delete(table).where(*conditions).execution_options(synchronize_session=False))
    return count
