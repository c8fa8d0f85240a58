"""What the queue's rows say of the waits that were had."""

import time
import uuid

import pytest

from core.jobs.waits import LAST, Waits, waits
from core.store.database import session
from core.store.tables import Job


def served(person: str, waited_s: float, device: str = "cpu", state: str = "finished", attempt: int = 1) -> None:
    """A run that waited so long and then took two seconds."""
    begun = time.time()
    job = Job(id=uuid.uuid4().hex, person_id=person, lab="fake", settings={}, device=device, workload="w")
    job.state, job.timeout_s, job.attempt = state, 600.0, attempt
    job.created_at, job.started_at, job.finished_at = begun - waited_s, begun, begun + 2
    with session() as database:
        database.add(job)


def found(kind: str = "cpu") -> Waits | None:
    with session() as database:
        return waits(database, kind)


@pytest.mark.usefixtures("database")
def test_nine_of_ten_waited_no_longer(person: str) -> None:
    for waited in range(10):
        served(person, waited)
    taken = found()
    assert taken is not None and taken.runs == 10
    assert (taken.median, taken.most_of_them) == (pytest.approx(4.5, abs=0.01), pytest.approx(8, abs=0.01))
    assert taken.median_run == pytest.approx(2, abs=0.01)


@pytest.mark.usefixtures("database")
def test_few_runs_say_nothing_and_others_do_not_count(person: str) -> None:
    for _ in range(4):
        served(person, 1)
        served(person, 1, device="cuda:0")
    served(person, 1, state="failed")
    served(person, 500, attempt=2)
    assert found() is found("cuda") is None
    served(person, 1, device="cuda")
    assert found("cuda") is not None and found() is None


@pytest.mark.usefixtures("database")
def test_only_the_newest_count(person: str) -> None:
    for _ in range(5):
        served(person, 100)
    for _ in range(LAST):
        served(person, 1)
    taken = found()
    assert taken is not None and taken.runs == LAST and taken.most_of_them == pytest.approx(1, abs=0.01)
