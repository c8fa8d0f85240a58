"""What a worker does to a job's row: claim it, renew the lease, give it an end, or put it back.

Every step is one statement that names the worker, so whoever lost a job to a lost lease cannot change it any more.
A claim in two steps (look, then take) would hand one job to several workers; this one does not:

    job = claim(database, worker="host/gpu0/7f3a", devices=["cpu", "cuda:0", "cuda"])

States: queued -> running -> finished | failed | cancelled; a lost worker leads from running back to queued, once.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from sqlalchemy import ColumnElement, Select, case, literal, select, update
from sqlalchemy.orm import Session, aliased

from core.config import config
from core.jobs.downloads import is_awaiting
from core.jobs.order import claim_order, has_running
from core.store.tables import Job, Json, Picture, Run

ATTEMPTS = 2
"""A job whose worker ends is tried so often."""
WORKER_LOST = {
    "kind": "worker_lost",
    "message": f"The worker process ended during this run, {ATTEMPTS} times.",
    "remedy": "Choose a smaller model or fewer steps: a process that takes too much memory is ended by the system.",
}
CANCELLED = {"kind": "cancelled", "message": "The run was cancelled.", "remedy": "Start it again when you like."}

Verdict = Literal["go_on", "cancel", "lost"]


class RunPicture(Protocol):
    """A picture of a run, as `core.runs.execution` gives it."""

    @property
    def role(self) -> str: ...
    @property
    def details(self) -> dict[str, Any]: ...
    @property
    def png(self) -> bytes: ...


class Outcome(Protocol):
    """What an executed run leaves, as `core.runs.execution` gives it."""

    @property
    def record(self) -> dict[str, Any]: ...
    @property
    def pictures(self) -> Sequence[RunPicture]: ...


def is_waiting(session: Session, devices: Sequence[str]) -> bool:
    """Whether any job waits for these devices. Only reads: idle workers ask this a few times a second."""
    waiting = select(Job.id).where(Job.state == "queued", Job.device.in_(devices), ~is_awaiting(Job)).limit(1)
    return session.scalar(waiting) is not None


def is_short_waiting(session: Session, devices: Sequence[str]) -> bool:
    """Whether a job waits for these devices that a long run can give way to."""
    return session.scalar(_next_job(devices, time.time(), is_short=True, locks=False)) is not None


def claim(session: Session, worker: str, devices: Sequence[str], is_short: bool = False) -> Job | None:
    """Take the next job for these devices, in one statement; None where nothing waits that may run now.

    Args:
        is_short: only one that is known to take `short_run_s` at most and needs no process of its own.
    """
    now = time.time()
    taken = (
        update(Job)
        .where(Job.id == _next_job(devices, now, is_short).scalar_subquery(), Job.state == "queued")
        .values(
            state="running",
            worker=worker,
            attempt=Job.attempt + 1,
            started_at=now,
            heartbeat_at=now,
            put_back_at=None,
            progress={},
        )
        .returning(Job)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return session.scalars(taken).one_or_none()


def _next_job(devices: Sequence[str], now: float, is_short: bool = False, locks: bool = True) -> Select[str]:
    waiting = aliased(Job)
    found = (
        select(waiting.id)
        .where(waiting.state == "queued", waiting.device.in_(devices), ~is_awaiting(waiting), ~has_running(waiting))
        .order_by(*claim_order(waiting, now))
        .limit(1)
    )
    if is_short:
        found = found.where(
            waiting.expected_s <= config().short_run_s,
            waiting.settings["fresh_process"].as_boolean().is_not(True),
        )
    return found.with_for_update(skip_locked=True, of=waiting) if locks else found


def _held(job_id: str, worker: str) -> ColumnElement[bool]:
    return (Job.id == job_id) & (Job.worker == worker) & (Job.state == "running")


def heartbeat(session: Session, job_id: str, worker: str, progress: Mapping[str, Any]) -> Verdict:
    """Renew the lease and write the progress, if the worker still has the job."""
    renewed = (
        update(Job)
        .where(_held(job_id, worker))
        .values(heartbeat_at=time.time(), progress=dict(progress))
        .returning(Job.cancel_requested)
        .execution_options(synchronize_session=False)
    )
    return _verdict(session.scalar(renewed))


def verdict(session: Session, job_id: str, worker: str) -> Verdict:
    """What the running lab has to do, without writing anything."""
    return _verdict(session.scalar(select(Job.cancel_requested).where(_held(job_id, worker))))


def _verdict(cancel_requested: bool | None) -> Verdict:
    if cancel_requested is None:
        return "lost"
    return "cancel" if cancel_requested else "go_on"


def finish(session: Session, job_id: str, worker: str, outcome: Outcome) -> bool:
    """Store the run, its pictures and the job's end; False, and nothing stored, where the worker has lost the job."""
    record = outcome.record
    job = _end(session, job_id, worker, record["state"], error=record["error"], run_id=record["id"])
    if job is None:
        return False
    session.add(_run(job, record))
    session.flush()
    session.add_all(
        Picture(run_id=record["id"], index=index, role=picture.role, details=picture.details, png=picture.png)
        for index, picture in enumerate(outcome.pictures)
    )
    return True


def _run(job: Job, record: dict[str, Any]) -> Run:
    return Run(
        id=record["id"],
        job_id=job.id,
        person_id=job.person_id,
        lab=job.lab,
        question_id=job.question_id,
        state=record["state"],
        created_at=time.time(),
        record=record,
    )


def fail(session: Session, job_id: str, worker: str, error: Mapping[str, str]) -> bool:
    """End a job that left no record; False where the worker has lost it."""
    return _end(session, job_id, worker, "failed", error=dict(error)) is not None


def _end(session: Session, job_id: str, worker: str, state: str, **values: Any) -> Job | None:
    ended = (
        update(Job)
        .where(_held(job_id, worker))
        .values(state=state, finished_at=time.time(), **values)
        .returning(Job)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return session.scalars(ended).one_or_none()


def release(session: Session, worker: str) -> list[str]:
    """Put back what a worker has that has to leave, without using up the attempt; gives the jobs' ids."""
    return _put_back(session, Job.worker == worker, attempt=Job.attempt - 1)


def requeue_lost(session: Session, worker: str) -> list[str]:
    """Put back what a worker had that ended, or fail it the second time; gives the jobs' ids."""
    return _put_back(session, Job.worker == worker)


def requeue_expired(session: Session) -> list[str]:
    """Put back, or fail the second time, every job whose lease has run out; gives the jobs' ids."""
    return _put_back(session, Job.heartbeat_at < time.time() - config().lease_s)


def _put_back(session: Session, which: ColumnElement[bool], attempt: ColumnElement[int] | None = None) -> list[str]:
    """Running jobs back to queued, in one statement; cancelled where that was asked, failed after the last attempt."""
    now = time.time()
    used_up = literal(False) if attempt is not None else Job.attempt >= ATTEMPTS
    ended = Job.cancel_requested | used_up
    put_back = (
        update(Job)
        .where(Job.state == "running", which)
        .values(
            state=case((Job.cancel_requested, "cancelled"), (used_up, "failed"), else_="queued"),
            error=case(
                (Job.cancel_requested, literal(CANCELLED, Json)),
                (used_up, literal(WORKER_LOST, Json)),
                else_=literal(None, Json),
            ),
            finished_at=case((ended, now)),
            put_back_at=case((ended, None), else_=now),
            started_at=case((ended, Job.started_at)),
            attempt=Job.attempt if attempt is None else attempt,
            worker=None,
            heartbeat_at=None,
            progress={},
        )
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    )
    return list(session.scalars(put_back))
