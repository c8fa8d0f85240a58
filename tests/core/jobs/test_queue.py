import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.config import Config, config
from core.errors import QueueFull
from core.jobs import claiming, presence, queue
from core.store.database import session
from core.store.tables import Job, Worker
from tests.core.jobs.waiting import finished, stored, submitted

People = Callable[[int], list[str]]


@pytest.fixture(autouse=True)
def no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "LINE_S", 0.0)


def _claim(worker: str = "w1", devices: tuple[str, ...] = ("cpu",)) -> str | None:
    with session() as database:
        job = claiming.claim(database, worker, devices)
    return job.id if job else None


def _place(job_id: str) -> queue.Place:
    with session() as database:
        return queue.place(database, stored(job_id))


def _announce(name: str, *devices: str) -> None:
    with session() as database:
        presence.announce(database, name, devices)


def _active(database: Session, person: str) -> list[Job]:
    """The person's running and waiting jobs, the running one first."""
    own = select(Job).where(Job.person_id == person, Job.state.in_(("running", "queued")))
    return list(database.scalars(own.order_by(Job.state.desc())))


def test_a_new_job_waits_with_everything_it_was_given(database: str, person: str) -> None:
    job = stored(submitted(person, steps=3))
    assert (job.state, job.attempt, job.settings, job.question_id) == ("queued", 0, {"steps": 3}, "q4")
    assert job.error is None and job.progress == {} and not job.cancel_requested


def test_a_second_waiting_run_is_refused_and_changes_nothing(database: str, person: str) -> None:
    first = submitted(person)
    with pytest.raises(QueueFull) as caught:
        submitted(person)
    assert "leave the queue" in caught.value.remedy
    with session() as database_session:
        assert [job.id for job in _active(database_session, person)] == [first]


def test_refusal_leaves_the_callers_transaction_usable(database: str, person: str) -> None:
    submitted(person)
    with session() as opened:
        arguments: dict[str, Any] = {
            "lab": "fake",
            "settings": {},
            "question_id": None,
            "device": "cpu",
            "workload": "w",
        }
        with pytest.raises(QueueFull):
            queue.submit(opened, person_id=person, **arguments)
        assert queue.waiting(opened) == 1


def test_one_may_wait_while_one_runs_and_no_more(database: str, person: str) -> None:
    running = submitted(person)
    assert _claim() == running
    waiting = submitted(person)
    with pytest.raises(QueueFull):
        submitted(person)
    with session() as opened:
        assert [job.id for job in _active(opened, person)] == [running, waiting]


def test_only_so_many_runs_may_wait_and_the_next_is_told_how_many(
    database: str, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VRAM_LAB_MAX_WAITING_JOBS", "2")
    config.cache_clear()
    ada, bob, cleo = people(3)
    submitted(ada)
    submitted(bob)
    with pytest.raises(QueueFull, match=r"2 runs are waiting already; this installation lets 2 wait") as caught:
        submitted(cleo)
    assert "Try again" in caught.value.remedy
    assert _claim()
    submitted(cleo)


def test_the_limit_is_ten_times_the_expected_time_and_at_least_ten_minutes(database: str, person: str) -> None:
    finished(person, "slow", 100.0)
    assert stored(submitted(person, workload="slow")).timeout_s == pytest.approx(1000.0)
    assert _claim()
    assert stored(submitted(person, workload="unknown")).timeout_s == 600.0


def test_expected_time_is_the_median_of_the_last_twenty(database: str, person: str) -> None:
    now = time.time()
    for index in range(20):
        finished(person, "w", 10.0 + index, finished_at=now - index)
    for index in range(5):
        finished(person, "w", 1000.0, finished_at=now - 100 - index)
    finished(person, "other", 3.0)
    with session() as opened:
        assert queue.expected_s(opened, "w") == pytest.approx(19.5, abs=1e-3)
        assert queue.expected_s(opened, "never run") is None


def test_cancelling_a_waiting_job_ends_it_at_once(database: str, person: str) -> None:
    job_id = submitted(person)
    with session() as opened:
        queue.cancel(opened, person, job_id)
    job = stored(job_id)
    assert job.state == "cancelled" and job.finished_at and job.error and job.error["kind"] == "cancelled"
    submitted(person)


def test_cancelling_a_running_job_sets_the_flag_only(database: str, person: str) -> None:
    job_id = submitted(person)
    _claim()
    with session() as opened:
        queue.cancel(opened, person, job_id)
    assert (stored(job_id).state, stored(job_id).cancel_requested) == ("running", True)


def test_nobody_cancels_somebody_elses_job(database: str, people: People) -> None:
    owner, other = people(2)
    job_id = submitted(owner)
    with session() as opened:
        queue.cancel(opened, other, job_id)
    assert stored(job_id).state == "queued"


def test_latest_is_the_newest_of_that_page(database: str, person: str) -> None:
    submitted(person)
    _claim()
    newest = submitted(person)
    with session() as opened:
        job = queue.latest(opened, person, lab="fake", question_id="q4")
        assert job is not None and job.id == newest
        assert queue.latest(opened, person, lab="fake", question_id=None) is None


def test_place_agrees_with_the_order_of_the_claims(database: str, people: People) -> None:
    ada, bob, cleo, dan = people(4)
    _announce("w1", "cpu")
    for person in (ada, ada, bob):  # ada started two runs lately, bob one
        submitted(person)
        _end_running()
    waiting = {submitted(person) for person in (ada, bob, cleo, dan)}
    told = sorted(waiting, key=lambda job_id: _place(job_id).position)
    claimed = [_end_running() for _ in told]
    assert told == claimed


def test_place_agrees_when_one_person_has_two_waiting(database: str, people: People) -> None:
    ada, bob, cleo = people(3)
    _announce("w1", "cpu")
    lost = submitted(ada)
    _claim()
    again = submitted(ada)
    with session() as opened:
        claiming.requeue_lost(opened, "w1")
    waiting = [lost, again, submitted(bob), submitted(cleo)]
    told = sorted(waiting, key=lambda job_id: _place(job_id).position)
    assert [_place(job_id).position for job_id in told] == [1, 2, 3, 4]
    assert told == [_end_running() for _ in told]
    assert told[0] == lost and told[-1] == again


def _end_running() -> str:
    job_id = _claim()
    assert job_id
    with session() as opened:
        claiming.fail(opened, job_id, "w1", {"kind": "x", "message": "", "remedy": ""})
    return job_id


def test_place_tells_who_and_how_long(database: str, people: People) -> None:
    ada, bob, cleo = people(3)
    for workload, duration_s in {"a": 40.0, "b": 7.0}.items():
        finished(ada, workload, duration_s)
    _announce("w1", "cpu")
    submitted(ada, workload="a")
    _claim()
    submitted(bob, workload="b")
    place = _place(submitted(cleo))
    assert (place.position, place.people_ahead) == (2, 2)
    assert place.expected_wait_s == pytest.approx(47.0, abs=2.0)


def test_wait_is_unknown_where_a_run_ahead_was_never_timed(database: str, people: People) -> None:
    ada, bob = people(2)
    _announce("w1", "cpu")
    submitted(ada)
    assert _place(submitted(bob)) == queue.Place(position=2, people_ahead=1, expected_wait_s=None)


def test_wait_is_unknown_where_no_worker_is_there(database: str, person: str) -> None:
    assert _place(submitted(person)) == queue.Place(position=1, people_ahead=0, expected_wait_s=None)


def test_next_in_an_idle_queue_waits_for_nothing(database: str, person: str) -> None:
    _announce("w1", "cpu")
    assert _place(submitted(person)) == queue.Place(position=1, people_ahead=0, expected_wait_s=0.0)


def test_two_gpus_share_the_wait_and_other_devices_do_not_count(database: str, people: People) -> None:
    ada, bob, cleo, dan = people(4)
    finished(ada, "a", 40.0)
    _announce("w1", "cpu", "cuda:0", "cuda")
    _announce("w2", "cuda:1", "cuda")
    submitted(ada, workload="a", device="cuda")
    submitted(bob, workload="a", device="cuda")
    assert _place(submitted(cleo, device="cuda")).expected_wait_s == pytest.approx(40.0)
    only_second = _place(submitted(dan, device="cuda:1"))
    assert only_second.position == 4 and only_second.expected_wait_s is None  # cleo's was never timed


def test_place_of_a_job_that_no_longer_waits_is_zero(database: str, person: str) -> None:
    _announce("w1", "cpu")
    job_id = submitted(person)
    _claim()
    assert _place(job_id).position == 0


def test_present_forgets_a_worker_without_heartbeat(database: str, own_settings: Config) -> None:
    _announce("w1", "cpu")
    with session() as opened:
        worker = opened.get(Worker, "w1")
        assert worker is not None
        worker.heartbeat_at -= config().lease_s + 1
    _announce("w2", "cuda:0", "cuda")
    with session() as opened:
        assert [worker.name for worker in presence.present(opened)] == ["w2"]
        assert presence.present(opened, "cpu") == []
        assert [worker.name for worker in presence.present(opened, "cuda")] == ["w2"]


def test_place_reads_the_line_once_for_a_whole_class(
    sqlite: str, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "LINE_S", 60.0)
    jobs = [submitted(person) for person in people(3)]
    assert [_place(job_id).position for job_id in jobs] == [1, 2, 3]
    _claim()
    assert _place(jobs[2]).position == 3
    newest = submitted(people(1)[0])
    assert _place(newest).position == 3  # not in the kept line, so it is read again
    assert _place(jobs[2]).position == 2
