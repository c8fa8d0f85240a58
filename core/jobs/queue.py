"""The queue as the pages see it: put a run in, take it out, where it stands, how long it will take.

    with session() as database:
        job = submit(database, person_id=..., lab="text_generation", settings={...}, question_id="q4",
                     device="cpu", workload=plan.workload)
        place(database, job)            # Place(position=3, people_ahead=3, expected_wait_s=52.0)

Everything is in seconds. Nothing here runs a lab or imports torch.
"""

import statistics
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.config import config
from core.errors import QueueFull
from core.jobs import downloads
from core.jobs.claiming import CANCELLED
from core.jobs.order import runs_started
from core.jobs.presence import present
from core.store.database import insert_into
from core.store.tables import Job
from core.units import count

RECENT_RUNS = 20
"""So many finished jobs of a workload tell how long the next one takes."""
LINE_S = 0.5
"""The line in front of a device is read from the database at most this often by one process."""


@dataclass(frozen=True)
class Place:
    """Where a waiting job stands.

    Attributes:
        position: 1 is the next to start; 0 once it no longer waits.
        people_ahead: how many other people's runs come first, those that run now included.
        expected_wait_s: until it starts; None where a run ahead has not been timed here, or no worker is there.
    """

    position: int
    people_ahead: int
    expected_wait_s: float | None


def submit(
    session: Session,
    *,
    person_id: str,
    lab: str,
    settings: dict[str, Any],
    question_id: str | None,
    device: str,
    workload: str,
    missing: Sequence[str] = (),
) -> Job:
    """Queue a run.

    Args:
        settings, workload, missing: as `core.runs.planning` gives them; no worker takes it while weights are missing.
        question_id: the page that asked, if any.

    Raises:
        QueueFull: the person already has a run waiting, or `max_waiting_jobs` wait. Nothing was changed.
    """
    _refuse_flood(session)
    expected = expected_s(session, workload)
    values = {
        "id": uuid.uuid4().hex,
        "person_id": person_id,
        "lab": lab,
        "settings": settings,
        "question_id": question_id,
        "device": device,
        "workload": workload,
        "state": "queued",
        "expected_s": expected,
        "timeout_s": _timeout_s(expected),
        "created_at": time.time(),
    }
    job = _insert(session, values)
    downloads.want(session, missing, job.id)
    return job


def _insert(session: Session, values: dict[str, Any]) -> Job:
    added = insert_into(session, Job).values(values).on_conflict_do_nothing().returning(Job)
    job: Job | None = session.scalars(added).one_or_none()
    if job is None:
        raise QueueFull("You already have a run waiting.", "Wait until it starts, or leave the queue on its page.")
    return job


def _refuse_flood(session: Session) -> None:
    limit = config().max_waiting_jobs
    if (already := waiting(session)) >= limit:
        message = f"{count(already)} runs are waiting already; this installation lets {count(limit)} wait."
        raise QueueFull(message, "Try again in a few minutes.")


def _timeout_s(expected: float | None) -> float:
    return max(config().minimum_timeout_s, config().timeout_factor * (expected or 0.0))


def cancel(session: Session, person_id: str, job_id: str) -> None:
    """Take a waiting run out at once; ask a running one to stop after its step. Anybody else's stays as it is."""
    own = update(Job).where(Job.id == job_id, Job.person_id == person_id)
    own = own.execution_options(synchronize_session="fetch")
    ended = {"state": "cancelled", "finished_at": time.time(), "put_back_at": None, "error": CANCELLED}
    session.execute(own.where(Job.state == "queued").values(ended))
    # In this order: a job that is claimed between the two statements is caught by the second.
    session.execute(own.where(Job.state == "running").values(cancel_requested=True))


def latest(session: Session, person_id: str, *, lab: str, question_id: str | None) -> Job | None:
    """The person's newest job of this lab on this page."""
    own = select(Job).where(Job.person_id == person_id, Job.lab == lab, Job.question_id == question_id)
    return session.scalars(own.order_by(Job.created_at.desc(), Job.id).limit(1)).one_or_none()


def waiting(session: Session) -> int:
    """How many runs wait, whoever's and for whatever device."""
    return session.scalar(select(func.count()).where(Job.state == "queued")) or 0


def waiting_lately(session: Session) -> int:
    """The same as of `LINE_S` ago at most, for what a page says beside its button."""
    held = _waiting.get(config().url)
    if held is None or time.monotonic() - held[0] > LINE_S:
        held = _waiting[config().url] = (time.monotonic(), waiting(session))
    return held[1]


def expected_s(session: Session, workload: str) -> float | None:
    """Median duration of the last finished jobs of this workload; None where none has finished here."""
    finished = select(Job.finished_at - Job.started_at).where(Job.workload == workload, Job.state == "finished")
    durations = session.scalars(finished.order_by(Job.finished_at.desc()).limit(RECENT_RUNS))
    known = [duration for duration in durations if duration is not None]
    return statistics.median(known) if known else None


def place(session: Session, job: Job) -> Place:
    """Where the job stands among those that the same workers will take, as of `LINE_S` ago at most.

    Someone who has a run on another worker is passed over until it ends, which no place can foresee.
    """
    line = _line(session, job)
    if job.id not in line.positions:
        return Place(0, 0, 0.0)
    ahead = line.waiting[: line.positions[job.id]]
    people = {entry.person_id for entry in [*ahead, *line.running]} - {job.person_id}
    return Place(len(ahead) + 1, len(people), _wait_s(ahead, line.running, line.workers))


@dataclass(frozen=True)
class _Line:
    """Who waits for one device, the next first, and who runs before them."""

    waiting: list[Any]
    running: list[Any]
    workers: int
    positions: dict[str, int]
    taken_at: float


_lines: dict[tuple[str, str], _Line] = {}
_waiting: dict[str, tuple[float, int]] = {}


def _line(session: Session, job: Job) -> _Line:
    """The line that the job stands in. A class of 300 asks once a second each, so one answer serves for `LINE_S`."""
    key = config().url, job.device
    line = _lines.get(key)
    if line is None or time.monotonic() - line.taken_at > LINE_S or job.id not in line.positions:
        line = _lines[key] = _line_now(session, job.device)
    return line


def _line_now(session: Session, device: str) -> _Line:
    workers = present(session, device)
    waiting = _waiting_in_order(session, {served for worker in workers for served in worker.devices})
    positions = {entry.id: index for index, entry in enumerate(waiting)}
    running = _running(session, [worker.name for worker in workers])
    return _Line(waiting, running, len(workers), positions, time.monotonic())


def _waiting_in_order(session: Session, devices: set[str]) -> list[Any]:
    """Waiting jobs for these devices, for any if there are none, in the order in which they will be claimed.

    Those that wait for weights stand in no line yet.
    """
    runs = runs_started(Job, time.time()).label("runs")
    rows = select(Job.id, Job.person_id, Job.expected_s, Job.created_at, runs)
    rows = rows.where(Job.state == "queued", ~downloads.is_awaiting(Job)).order_by(Job.created_at, Job.id)
    entries = list(session.execute(rows.where(Job.device.in_(devices)) if devices else rows))
    # The second job of one person comes after the first has started, and then counts one run more.
    earlier: Counter[str] = Counter()
    keys: dict[str, tuple[Any, ...]] = {}
    for entry in entries:
        keys[entry.id] = (entry.runs + earlier[entry.person_id], entry.created_at, entry.id)
        earlier[entry.person_id] += 1
    return sorted(entries, key=lambda entry: keys[entry.id])


def _running(session: Session, workers: list[str]) -> list[Any]:
    rows = select(Job.person_id, Job.expected_s, Job.started_at).where(Job.state == "running")
    return list(session.execute(rows.where(Job.worker.in_(workers)) if workers else rows))


def _wait_s(ahead: list[Any], running: list[Any], workers: int) -> float | None:
    """Expected time of what comes before, shared among the workers."""
    if not workers or any(entry.expected_s is None for entry in [*ahead, *running]):
        return None
    now = time.time()
    remaining = sum(max(0.0, entry.started_at + entry.expected_s - now) for entry in running)
    return float(remaining + sum(entry.expected_s for entry in ahead)) / workers
