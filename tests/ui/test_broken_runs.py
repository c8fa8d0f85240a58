"""Runs that are broken from without, by real worker processes: what the student sees, and that the next run works."""

import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from core.config import config
from core.jobs import queue, supervisor
from core.jobs.supervisor import Supervisor
from core.jobs.worker import Worker
from core.measure.machine import Machine
from core.store.database import session
from core.store.tables import Job, Run
from tests.core.jobs.fake_lab import execute
from tests.core.jobs.waiting import full_disk, stored, submitted, wait_for, wait_for_state

EXECUTE = "tests.core.jobs.fake_lab:execute"
MACHINE = Machine("test", 2, 1, 1, 1, (), "none", "Linux", "3.11")
People = Callable[[int], list[str]]


@pytest.fixture
def workers(own_settings: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    """One real worker process, on short times."""
    monkeypatch.setenv("VRAM_LAB_HEARTBEAT_S", "0.3")
    monkeypatch.setenv("VRAM_LAB_HARD_STOP_S", "0.5")
    monkeypatch.setattr(supervisor, "TIDY_S", 0.3)
    config.cache_clear()
    running = Supervisor(MACHINE, EXECUTE)
    yield running
    running.stop()
    config.cache_clear()


def seen(job_id: str) -> str:
    """What the run's place on its page says."""

    def script(job_id: str) -> None:
        from core.store.database import session
        from core.store.tables import Job
        from ui.run_states import failure_card

        with session() as database:
            failure_card(database.get_one(Job, job_id))

    app = AppTest.from_function(script, kwargs={"job_id": job_id}).run()
    assert not app.exception
    return " ".join(str(each.value) for each in (*app.error, *app.info))


def pid_of(job: Job) -> int:
    with session() as database:
        return int(database.get_one(Run, job.run_id).record["outputs"]["pid"])


def test_a_poisoned_gpu_is_told_and_the_next_run_gets_a_process_of_its_own(
    sqlite: str, people: People, workers: Supervisor
) -> None:
    ada, bob, eve = people(3)
    before, poisoned = submitted(ada), submitted(bob, do="lose_gpu")
    workers.start()
    failed = wait_for_state(poisoned, "failed")
    after = wait_for_state(submitted(eve), "finished")
    assert pid_of(after) != pid_of(failed) == pid_of(wait_for_state(before, "finished"))
    assert (failed.attempt, after.attempt) == (1, 1)
    told = seen(poisoned)
    assert "The GPU stopped answering." in told and "illegal memory access" in told and "Run it again." in told


def test_a_run_that_hangs_is_told_and_the_next_one_works(sqlite: str, people: People, workers: Supervisor) -> None:
    ada, bob = people(2)
    hanging, after = submitted(ada, do="hang"), submitted(bob)
    with session() as database:
        database.execute(update(Job).where(Job.id == hanging).values(timeout_s=0.3))
    workers.start()
    assert wait_for_state(hanging, "failed").attempt == 1
    assert wait_for_state(after, "finished").attempt == 1
    told = seen(hanging)
    assert "This run took too long and was stopped." in told and "limit of 0 s" in told and "fewer steps" in told


def test_a_run_that_kills_its_worker_twice_is_told_and_the_next_one_works(
    sqlite: str, people: People, workers: Supervisor
) -> None:
    ada, bob = people(2)
    deadly, after = submitted(ada, do="die"), submitted(bob)
    workers.start()
    assert wait_for_state(deadly, "failed").attempt == 2
    assert wait_for_state(after, "finished").attempt == 1
    told = seen(deadly)
    assert "The worker process ended twice during this run." in told and "smaller model" in told


def test_a_disk_that_is_full_at_the_pictures_is_told_and_the_next_run_works(sqlite: str, people: People) -> None:
    ada, bob = people(2)
    worker = Worker(["cpu"], execute=execute)

    def worked(job_id: str) -> Job:
        claimed = worker._next()
        assert claimed is not None and claimed.id == job_id
        worker.work(claimed)
        return stored(job_id)

    lost = submitted(ada, picture_bytes=1_000_000)
    with full_disk(spare_pages=20):
        assert worked(lost).state == "failed"
    assert "There was no room to keep this run." in seen(lost) and "Tell whoever runs this app." in seen(lost)
    assert worked(submitted(bob, picture_bytes=1_000_000)).state == "finished"


def test_fifty_runs_that_are_cancelled_at_once_are_told_as_stopped_and_the_next_one_works(
    sqlite: str, people: People, workers: Supervisor
) -> None:
    *crowd, last = people(51)
    jobs = {person: submitted(person, steps=50, step_s=0.1) for person in crowd}
    workers.start()
    wait_for(lambda: any(stored(job_id).state == "running" for job_id in jobs.values()))
    began = time.monotonic()
    for person, job_id in jobs.items():
        with session() as database:
            queue.cancel(database, person, job_id)
    assert wait_for_state(submitted(last), "finished").attempt == 1
    assert time.monotonic() - began < 10
    for job_id in jobs.values():
        wait_for_state(job_id, "cancelled")
    assert all("You stopped this run." in seen(job_id) for job_id in list(jobs.values())[::10])
