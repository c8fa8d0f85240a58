"""A long run gives way to short ones between its steps, has its own share of the time, and loses nothing."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from core.config import config
from core.jobs import claiming, reporter
from core.jobs.reporter import JobProgress, Reporter
from core.jobs.way import Way
from core.jobs.worker import LET_IN, Worker
from core.store.database import session
from core.store.tables import Run
from tests.core.jobs.fake_lab import execute
from tests.core.jobs.waiting import finished, stored, submitted

People = Callable[[int], list[str]]
SHORT, LONG = "short", "long"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporter, "TICK_S", 0.01)
    monkeypatch.setattr(reporter, "TALK_S", 0.01)


def record(job_id: str) -> dict[str, Any]:
    with session() as database:
        run = database.get(Run, stored(job_id).run_id)
    assert run is not None
    return run.record


def worked(worker: Worker, job_id: str) -> None:
    job = worker._next()
    assert job is not None and job.id == job_id
    worker.work(job)


def test_a_short_run_is_let_in_and_the_long_one_goes_on(database: str, people: People) -> None:
    one, other = people(2)
    finished(other, SHORT, 1.0)
    long = submitted(one, LONG, do="give_way", steps=40, step_s=0.02)
    worker = Worker(["cpu"], execute=execute)
    job = worker._next()
    assert job is not None and job.id == long
    short = submitted(other, SHORT, steps=2)
    worker.work(job)
    assert (stored(short).state, stored(long).state) == ("finished", "finished")
    assert stored(short).finished_at < stored(long).finished_at
    assert record(long)["outputs"]["gave_way"] == 1 and len(record(long)["repeats"]) == 40
    assert record(short)["notes"] == [LET_IN] and record(short)["outputs"]["is_fresh"] is False


@pytest.mark.parametrize(
    ("took_s", "settings"), [(config().short_run_s + 1, {}), (None, {}), (1.0, {"fresh_process": True})]
)
def test_what_is_long_or_not_timed_or_needs_a_process_of_its_own_waits(
    took_s: float | None, settings: dict[str, Any], database: str, people: People
) -> None:
    one, other = people(2)
    if took_s is not None:
        finished(other, SHORT, took_s)
    long = submitted(one, LONG, do="give_way", steps=10, step_s=0.02)
    worker = Worker(["cpu"], execute=execute)
    job = worker._next()
    waits = submitted(other, SHORT, **settings)
    with session() as opened:
        assert not claiming.is_short_waiting(opened, ["cpu"])
    assert job is not None
    worker.work(job)
    assert stored(long).state == "finished" and stored(waits).state == "queued"


def test_a_person_whose_run_gives_way_does_not_overtake_it(database: str, people: People) -> None:
    (one,) = people(1)
    finished(one, SHORT, 1.0)
    submitted(one, LONG, do="give_way", steps=10, step_s=0.02)
    worker = Worker(["cpu"], execute=execute)
    job = worker._next()
    own = submitted(one, SHORT)
    assert job is not None
    worker.work(job)
    assert stored(own).state == "queued"


def test_a_run_that_is_let_in_lets_nobody_in(database: str, people: People) -> None:
    one, two, three = people(3)
    finished(two, SHORT, 1.0)
    submitted(one, LONG, do="give_way", steps=30, step_s=0.02)
    worker = Worker(["cpu"], execute=execute)
    job = worker._next()
    assert job is not None
    first = submitted(two, SHORT, do="give_way", steps=10, step_s=0.02)
    second = submitted(three, SHORT, do="give_way", steps=10, step_s=0.02)
    worker.work(job)
    assert "gave_way" not in record(first)["outputs"]
    assert stored(first).finished_at < stored(second).started_at
    assert record(job.id)["outputs"]["gave_way"] == 2


def test_afterwards_it_goes_on_for_as_long_as_it_gave() -> None:
    now = [100.0]
    way = Way(lambda: now[0])
    way.is_short_waiting = lambda database: True

    def serve() -> int:
        now[0] += 5
        assert way.given_s == 5
        return 1

    way.serve = serve
    way.look(None)  # type: ignore[arg-type]
    assert not way.is_wanted()  # nobody had asked before, so nobody had looked
    way.look(None)  # type: ignore[arg-type]
    assert way.is_wanted() and way.give() == 1 and way.given_s == 5
    way.look(None)  # type: ignore[arg-type]
    assert not way.is_wanted()
    now[0] += 5
    assert way.is_wanted()


def test_without_a_worker_nobody_is_let_in() -> None:
    progress = JobProgress()
    assert not progress.others_wait() and progress.give_way() == 0


def test_given_time_does_not_count_against_the_limit(sqlite: str, person: str) -> None:
    job = stored(submitted(person))
    progress = JobProgress()
    progress.way.serve = lambda: time.sleep(0.2) or 1  # type: ignore[func-returns-value]
    watch = Reporter(job, "w", progress)
    watch._limit_s = 0.1
    progress.give_way()
    watch._watch_time()
    progress.check()
    time.sleep(0.15)
    watch._watch_time()
    with pytest.raises(Exception, match="limit"):
        progress.check()


def test_a_figure_is_told_as_a_line_that_is_thinned() -> None:
    progress = JobProgress()
    assert progress.as_json()["values"] is None
    for step in range(1, 400):
        progress.value("loss", step, 1 / step)
    told = progress.as_json()["values"]
    assert told["name"] == "loss" and told["points"][0] == (1, 1.0) and told["points"][-1][0] == 399
    assert len(told["points"]) <= 120
    progress.value("accuracy", 1, 0.5)
    assert progress.as_json()["values"] == {"name": "accuracy", "points": [(1, 0.5)]}
