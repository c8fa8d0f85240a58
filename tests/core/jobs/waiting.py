"""What the tests of this folder share: putting jobs in, and waiting for what happens to them."""

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, text

from core.jobs import queue
from core.store.database import engine, session
from core.store.tables import Job


def submitted(
    person_id: str, workload: str = "w", device: str = "cpu", missing: Sequence[str] = (), **settings: Any
) -> str:
    """The id of a new job of this person."""
    with session() as database:
        job = queue.submit(
            database,
            person_id=person_id,
            lab="fake",
            settings=settings,
            question_id="q4",
            device=device,
            workload=workload,
            missing=missing,
        )
    return job.id


def stored(job_id: str) -> Job:
    with session() as database:
        job = database.get(Job, job_id)
    assert job is not None
    return job


def finished(person_id: str, workload: str, duration_s: float, finished_at: float | None = None) -> None:
    """Put in a job that finished long before the fairness window, so that its workload has a duration."""
    ended = time.time() - 100_000 if finished_at is None else finished_at
    times = {"created_at": ended - duration_s, "started_at": ended - duration_s, "finished_at": ended}
    job = Job(id=uuid.uuid4().hex, person_id=person_id, lab="fake", settings={}, device="cpu", workload=workload)
    job.state, job.timeout_s = "finished", 600.0
    for name, value in times.items():
        setattr(job, name, value)
    with session() as database:
        database.add(job)


def wait_for(condition: Callable[[], Any], limit_s: float = 20.0, what: str = "") -> Any:
    """The first true value of `condition`; fails after the limit."""
    deadline = time.monotonic() + limit_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what or condition} did not happen within {limit_s} s"
        time.sleep(0.03)
    return value


def wait_for_state(job_id: str, *states: str, limit_s: float = 20.0) -> Job:
    wait_for(lambda: stored(job_id).state in states, limit_s, f"{' or '.join(states)}")
    return stored(job_id)


@contextmanager
def full_disk(spare_pages: int) -> Iterator[None]:
    """SQLite finds no more room than so many pages of 4 KB."""

    def limit(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {most}")

    with engine().connect() as connection:
        most = (connection.scalar(text("PRAGMA page_count")) or 0) + spare_pages
    event.listen(engine(), "checkout", limit)
    yield
    event.remove(engine(), "checkout", limit)
    engine().dispose()  # the limit stays with a connection
