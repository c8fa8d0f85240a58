import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from core.config import config
from core.jobs import claiming, queue
from core.store.database import in_transaction, session
from core.store.tables import Job, Picture, Run
from tests.core.jobs.fake_lab import PNG, FakeOutcome, FakePicture
from tests.core.jobs.waiting import stored, submitted

People = Callable[[int], list[str]]
ERROR = {"kind": "out_of_memory", "message": "Full.", "remedy": "Choose a smaller model."}


def _claim(worker: str = "w1", *devices: str) -> Job | None:
    with session() as database:
        return claiming.claim(database, worker, devices or ("cpu",))


def _claimed(person: str, worker: str = "w1") -> str:
    job_id = submitted(person)
    job = _claim(worker)
    assert job is not None and job.id == job_id
    return job_id


def _outcome(state: str = "finished", error: dict[str, str] | None = None, pictures: int = 0) -> FakeOutcome:
    record: dict[str, Any] = {"id": f"run-{time.monotonic_ns()}", "state": state, "error": error, "repeats": [1.5]}
    return FakeOutcome(record, [FakePicture("result", {"seed": index}, PNG) for index in range(pictures)])


def _expire(job_id: str) -> None:
    with session() as database:
        old = time.time() - config().lease_s - 1
        database.execute(update(Job).where(Job.id == job_id).values(heartbeat_at=old))


def test_claim_starts_the_job(database: str, person: str) -> None:
    before = time.time()
    job = stored(_claimed(person, "host/cpu/1"))
    assert (job.state, job.worker, job.attempt) == ("running", "host/cpu/1", 1)
    assert job.started_at and job.started_at >= before and job.heartbeat_at == job.started_at


def test_claim_takes_only_what_the_worker_has(database: str, person: str) -> None:
    submitted(person, device="cuda:1")
    assert _claim("w1", "cpu", "cuda:0", "cuda") is None
    assert _claim("w2", "cuda:1", "cuda") is not None


def test_waiting_is_seen_without_claiming(database: str, person: str) -> None:
    with session() as opened:
        assert not claiming.is_waiting(opened, ["cpu"])
    job_id = submitted(person)
    with session() as opened:
        assert claiming.is_waiting(opened, ["cpu"]) and not claiming.is_waiting(opened, ["cuda"])
    assert stored(job_id).state == "queued"


def test_who_ran_less_lately_goes_first_then_the_oldest(database: str, people: People) -> None:
    ada, bob, cleo = people(3)
    for person in (ada, ada, bob):
        with session() as opened:
            claiming.fail(opened, _claimed(person), "w1", ERROR)
    order = {submitted(person): person for person in (ada, bob, cleo)}
    claimed = []
    while (job := _claim()) is not None:
        claimed.append(order[job.id])
        with session() as opened:
            claiming.fail(opened, job.id, "w1", ERROR)
    assert claimed == [cleo, bob, ada]


def test_runs_before_the_fairness_window_do_not_count(database: str, people: People) -> None:
    ada, bob = people(2)
    job_id = _claimed(ada)
    with session() as opened:
        claiming.fail(opened, job_id, "w1", ERROR)
        long_ago = time.time() - config().fairness_window_s - 1
        opened.execute(update(Job).where(Job.id == job_id).values(started_at=long_ago))
    first = submitted(ada)
    submitted(bob)
    job = _claim()
    assert job is not None and job.id == first


def test_a_second_worker_passes_over_someone_whose_run_is_on(database: str, people: People) -> None:
    ada, bob = people(2)
    _claimed(ada, "w1")
    submitted(ada)
    other = submitted(bob)
    job = _claim("w2")
    assert job is not None and job.id == other
    assert _claim("w3") is None


@pytest.mark.parametrize("claimers", [8])
def test_concurrent_claimers_take_every_job_exactly_once(database: str, people: People, claimers: int) -> None:
    jobs = [submitted(person) for person in people(200)]
    claimed: Counter[str] = Counter()
    failures: list[BaseException] = []
    start = threading.Barrier(claimers)

    def one(name: str) -> None:
        try:
            start.wait()
            misses = 0
            while misses < 3:
                job = in_transaction(lambda opened: claiming.claim(opened, name, ["cpu"]), patience_s=30)
                misses = 0 if job else misses + 1
                claimed.update([job.id] if job else [])
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=one, args=(f"w{index}",)) for index in range(claimers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert claimed == Counter(jobs)


def test_heartbeat_renews_the_lease_and_writes_the_progress(database: str, person: str) -> None:
    job_id = _claimed(person)
    _expire(job_id)
    with session() as opened:
        assert claiming.heartbeat(opened, job_id, "w1", {"stage": "Loading"}) == "go_on"
        assert claiming.requeue_expired(opened) == []
    assert stored(job_id).progress == {"stage": "Loading"}


def test_heartbeat_brings_the_wish_to_cancel(database: str, person: str) -> None:
    job_id = _claimed(person)
    with session() as opened:
        queue.cancel(opened, person, job_id)
        assert claiming.heartbeat(opened, job_id, "w1", {}) == "cancel"
        assert claiming.verdict(opened, job_id, "w1") == "cancel"


def test_a_worker_that_lost_its_job_changes_nothing(database: str, person: str) -> None:
    job_id = _claimed(person, "slow")
    _expire(job_id)
    with session() as opened:
        assert claiming.requeue_expired(opened) == [job_id]
    assert _claim("quick") is not None
    with session() as opened:
        assert claiming.heartbeat(opened, job_id, "slow", {"stage": "late"}) == "lost"
        assert claiming.verdict(opened, job_id, "slow") == "lost"
        assert not claiming.finish(opened, job_id, "slow", _outcome(pictures=1))
        assert not claiming.fail(opened, job_id, "slow", ERROR)
        assert claiming.release(opened, "slow") == []
    with session() as opened:
        assert opened.scalars(select(Run)).all() == []
    assert (stored(job_id).state, stored(job_id).worker, stored(job_id).progress) == ("running", "quick", {})


def test_finish_stores_the_run_and_its_pictures(database: str, person: str) -> None:
    job_id, outcome = _claimed(person), _outcome(pictures=2)
    with session() as opened:
        assert claiming.finish(opened, job_id, "w1", outcome)
    job = stored(job_id)
    assert (job.state, job.run_id, job.error) == ("finished", outcome.record["id"], None)
    with session() as opened:
        run = opened.get(Run, outcome.record["id"])
        assert run is not None and run.record == outcome.record
        assert (run.person_id, run.question_id, run.job_id) == (person, "q4", job_id)
        pictures = opened.scalars(select(Picture).order_by(Picture.index)).all()
        assert [(one.index, one.details, one.png) for one in pictures] == [
            (0, {"seed": 0}, PNG),
            (1, {"seed": 1}, PNG),
        ]


def test_a_failed_record_is_kept_with_its_error(database: str, person: str) -> None:
    job_id = _claimed(person)
    with session() as opened:
        assert claiming.finish(opened, job_id, "w1", _outcome("failed", ERROR))
    assert (stored(job_id).state, stored(job_id).error) == ("failed", ERROR)


def test_release_puts_the_job_back_without_using_the_attempt(database: str, person: str) -> None:
    job_id = _claimed(person)
    with session() as opened:
        assert claiming.release(opened, "w1") == [job_id]
    job = stored(job_id)
    assert (job.state, job.attempt, job.worker, job.started_at) == ("queued", 0, None, None)


def test_a_released_job_may_wait_beside_a_newer_one(database: str, person: str) -> None:
    running = _claimed(person)
    newer = submitted(person)
    with session() as opened:
        claiming.release(opened, "w1")
    assert [stored(job_id).state for job_id in (running, newer)] == ["queued", "queued"]
    job = _claim()
    assert job is not None and job.id == running


def test_an_expired_job_is_put_back_once_then_fails(database: str, person: str) -> None:
    job_id = _claimed(person)
    _expire(job_id)
    with session() as opened:
        claiming.requeue_expired(opened)
    assert (stored(job_id).state, stored(job_id).attempt) == ("queued", 1)
    again = _claim()
    assert again is not None and again.attempt == 2
    _expire(job_id)
    with session() as opened:
        claiming.requeue_expired(opened)
    job = stored(job_id)
    assert job.state == "failed" and job.finished_at and job.error and job.error["kind"] == "worker_lost"


def test_a_lost_job_that_was_to_be_cancelled_is_cancelled(database: str, person: str) -> None:
    job_id = _claimed(person)
    with session() as opened:
        queue.cancel(opened, person, job_id)
        claiming.requeue_lost(opened, "w1")
    job = stored(job_id)
    assert job.state == "cancelled" and job.error and job.error["kind"] == "cancelled"


def test_requeue_lost_leaves_other_workers_jobs(database: str, people: People) -> None:
    ada, bob = people(2)
    _claimed(ada, "w1")
    others = _claimed(bob, "w2")
    with session() as opened:
        claiming.requeue_lost(opened, "w1")
    assert stored(others).state == "running"
