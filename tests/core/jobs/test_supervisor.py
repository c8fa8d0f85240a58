"""Real worker processes with a fake lab: what happens when one of them, or the app, ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import select, update

from core.config import ROOT, config
from core.jobs import claiming, presence, queue, supervisor
from core.jobs.process import FRESH_EXIT
from core.jobs.supervisor import Child, Supervisor
from core.measure.machine import Gpu, Machine
from core.store.database import session
from core.store.tables import Job, Run, Worker
from tests.core.jobs.waiting import stored, submitted, wait_for, wait_for_state

EXECUTE = "tests.core.jobs.fake_lab:execute"
MACHINE = Machine("test", 2, 1, 1, 1, (), "none", "Linux", "3.11")
GPU = Gpu(0, "test", 1, (8, 0), "1")
Start = Callable[[], Supervisor]


@pytest.fixture(autouse=True)
def short_times(own_settings: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("VRAM_LAB_HEARTBEAT_S", "0.3")
    monkeypatch.setenv("VRAM_LAB_HARD_STOP_S", "0.5")
    monkeypatch.setattr(supervisor, "TIDY_S", 0.3)
    monkeypatch.setattr(supervisor, "LOOK_S", 0.05)
    config.cache_clear()
    yield
    config.cache_clear()


@pytest.fixture
def start(request: pytest.FixtureRequest) -> Iterator[Start]:
    """Starts a supervisor with one CPU worker; every one is stopped at the end of the test."""
    started: list[Supervisor] = []

    def one() -> Supervisor:
        started.append(made := Supervisor(MACHINE, EXECUTE))
        made.start()
        return made

    yield one
    for made in started:
        made.stop()


def _alive(running: Supervisor) -> int:
    return sum(child.is_alive for child in running._children)


def _worker() -> Worker | None:
    with session() as database:
        return database.scalars(select(Worker)).one_or_none()


def _record(job: Job) -> dict[str, Any]:
    with session() as database:
        run = database.get(Run, job.run_id)
    assert run is not None
    return run.record


def _killed_worker(job_id: str) -> int:
    """Kill the worker as soon as it is in the middle of this job."""
    wait_for(lambda: stored(job_id).state == "running")
    pid: int = wait_for(_worker).pid
    os.kill(pid, signal.SIGKILL)
    return pid


def test_a_killed_workers_job_is_put_back_once_and_finished(database: str, person: str, start: Start) -> None:
    start()
    job_id = submitted(person, steps=10, step_s=0.1)
    killed = _killed_worker(job_id)
    job = wait_for_state(job_id, "finished")
    assert job.attempt == 2
    assert _record(job)["outputs"]["pid"] != killed


def test_a_job_that_kills_its_worker_twice_fails_and_the_next_one_runs(
    sqlite: str, people: Callable[[int], list[str]], start: Start
) -> None:
    ada, bob = people(2)
    deadly = submitted(ada, do="die")
    harmless = submitted(bob)
    start()
    job = wait_for_state(deadly, "failed")
    assert job.attempt == 2 and job.error and job.error["kind"] == "worker_lost"
    assert wait_for_state(harmless, "finished").attempt == 1


def test_cancel_reaches_a_running_worker(sqlite: str, person: str, start: Start) -> None:
    start()
    job_id = submitted(person, steps=100, step_s=0.2)
    wait_for(lambda: stored(job_id).progress.get("step"))
    with session() as database:
        queue.cancel(database, person, job_id)
    job = wait_for_state(job_id, "cancelled")
    assert 1 <= len(_record(job)["repeats"]) < 20


def test_fifty_runs_that_are_cancelled_at_once_are_gone_and_the_next_one_runs(
    database: str, people: Callable[[int], list[str]], start: Start
) -> None:
    *crowd, last = people(51)
    start()
    jobs = {person: submitted(person, steps=20, step_s=0.1) for person in crowd}
    wait_for(lambda: any(stored(job_id).state == "running" for job_id in jobs.values()))

    def cancel(person: str) -> None:
        with session() as opened:
            queue.cancel(opened, person, jobs[person])

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(cancel, crowd))
    assert wait_for_state(submitted(last, steps=1), "finished").attempt == 1
    assert {wait_for_state(job_id, "cancelled").state for job_id in jobs.values()} == {"cancelled"}


def test_a_run_that_never_looks_up_is_ended_with_its_process(
    sqlite: str, people: Callable[[int], list[str]], start: Start
) -> None:
    ada, bob = people(2)
    hanging, next_one = submitted(ada, do="hang"), submitted(bob)
    with session() as database:
        database.execute(update(Job).where(Job.id == hanging).values(timeout_s=0.3))
    start()
    job = wait_for_state(hanging, "failed")
    assert job.error and job.error["kind"] == "timed_out" and job.attempt == 1
    assert wait_for_state(next_one, "finished")


def test_a_stopped_worker_is_ended_when_its_lease_runs_out(
    sqlite: str, person: str, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VRAM_LAB_LEASE_S", "2")
    config.cache_clear()
    start()
    job_id = submitted(person, steps=15, step_s=0.1)
    wait_for(lambda: stored(job_id).progress.get("step"))
    pid = wait_for(_worker).pid
    os.kill(pid, signal.SIGSTOP)
    assert wait_for_state(job_id, "finished").attempt == 2
    assert not psutil.pid_exists(pid)


class _Clock:
    """A clock on the wall, and one that only counts, which a computer's sleep or a correction sets apart."""

    def __init__(self) -> None:
        self.wall, self.counted = time.time(), 1000.0

    def pass_(self, seconds: float, leap_s: float = 0.0) -> None:
        self.counted += seconds
        self.wall += seconds + leap_s

    def time(self) -> float:
        return self.wall

    def monotonic(self) -> float:
        return self.counted


@pytest.mark.parametrize("leap_s", [3600.0, -3600.0])
def test_a_clock_that_leaps_costs_no_run_and_a_lost_one_is_still_found(
    sqlite: str, person: str, monkeypatch: pytest.MonkeyPatch, leap_s: float
) -> None:
    clock = _Clock()
    monkeypatch.setattr(time, "time", clock.time)
    monkeypatch.setattr(supervisor, "time", clock)
    tidying = Supervisor(MACHINE, is_local=False)
    job_id = submitted(person)

    def renew() -> None:
        with session() as database:
            presence.announce(database, "w1", ["cpu"])
            claiming.heartbeat(database, job_id, "w1", {})

    def look(seconds: float, leap_s: float = 0.0) -> str:
        clock.pass_(seconds, leap_s)
        tidying._tidy()
        return stored(job_id).state

    with session() as database:
        assert claiming.claim(database, "w1", ["cpu"])
    renew()
    assert look(0.3) == look(0.3, leap_s) == look(0.3) == "running"
    renew()  # as its worker does within a heartbeat
    assert look(1.0) == "running"
    for _ in range(4):
        state = look(20.0)
    assert state == "queued"


def test_a_fresh_process_is_started_for_a_job_that_needs_one(
    sqlite: str, people: Callable[[int], list[str]], start: Start
) -> None:
    ada, bob = people(2)
    first, fresh = submitted(ada), submitted(bob, fresh_process=True)
    start()
    outputs = [_record(wait_for_state(job_id, "finished"))["outputs"] for job_id in (first, fresh)]
    assert [output["is_fresh"] for output in outputs] == [True, True]
    assert outputs[0]["pid"] != outputs[1]["pid"]
    assert stored(fresh).attempt == 1


def test_stop_puts_the_job_back_without_using_its_attempt(sqlite: str, person: str) -> None:
    running = Supervisor(MACHINE, EXECUTE)
    running.start()
    job_id = submitted(person, steps=100, step_s=0.1)
    wait_for_state(job_id, "running")
    pid = wait_for(_worker).pid
    began = time.monotonic()
    running.stop()
    assert time.monotonic() - began < 3
    assert not psutil.pid_exists(pid) and _alive(running) == 0 and _worker() is None
    assert (stored(job_id).state, stored(job_id).attempt) == ("queued", 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("is_blocked_by_its_parent", [False, True])
def test_a_signal_makes_a_worker_put_its_job_back(
    sqlite: str, person: str, number: signal.Signals, is_blocked_by_its_parent: bool
) -> None:
    command = [sys.executable, "-m", "core.jobs.worker", "--execute", EXECUTE]
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [number] if is_blocked_by_its_parent else [])
    try:
        worker = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    job_id = submitted(person, do="hang")
    wait_for_state(job_id, "running")
    worker.send_signal(number)
    assert worker.wait(timeout=3) == 0
    assert (stored(job_id).state, stored(job_id).attempt) == ("queued", 0)


def _app() -> "subprocess.Popen[bytes]":
    """An app that does nothing but keep its worker."""
    program = (
        "import time; from core.jobs.supervisor import Supervisor; from tests.core.jobs import test_supervisor as t;"
        "Supervisor(t.MACHINE, t.EXECUTE).start(); time.sleep(600)"
    )
    return subprocess.Popen([sys.executable, "-c", program], cwd=ROOT)


def _killed_app(running: "subprocess.Popen[bytes]") -> int:
    """Kill it; gives its worker's process id."""
    pid: int = wait_for(_worker).pid
    running.kill()
    running.wait()
    return pid


def test_a_killed_apps_run_comes_to_its_end_and_its_worker_leaves(sqlite: str, person: str) -> None:
    app = _app()
    job_id = submitted(person, steps=10, step_s=0.2)
    wait_for_state(job_id, "running")
    pid = _killed_app(app)
    assert wait_for_state(job_id, "finished").attempt == 1
    wait_for(lambda: not psutil.pid_exists(pid), limit_s=3, what="the worker's end")
    assert _worker() is None


def test_an_idle_worker_of_a_killed_app_leaves_at_once(sqlite: str, person: str) -> None:
    pid = _killed_app(_app())
    wait_for(lambda: not psutil.pid_exists(pid), limit_s=3, what="the worker's end")
    assert _worker() is None


def test_the_next_app_leaves_the_run_of_a_killed_one_alone(
    sqlite: str, people: Callable[[int], list[str]], start: Start
) -> None:
    ada, ben = people(2)
    app = _app()
    job_id = submitted(ada, steps=20, step_s=0.2)
    wait_for_state(job_id, "running")
    pid = _killed_app(app)
    start()
    after = wait_for_state(submitted(ben, steps=1), "finished")
    job = wait_for_state(job_id, "finished")
    assert (job.attempt, _record(job)["outputs"]["pid"]) == (1, pid)
    assert _record(after)["outputs"]["pid"] != pid


def test_jobs_of_workers_that_no_longer_run_are_put_back_at_the_start(sqlite: str, person: str, start: Start) -> None:
    job_id = submitted(person, steps=1)
    with session() as database:
        presence.announce(database, "an earlier worker", ["cpu"])
        claiming.claim(database, "an earlier worker", ["cpu"])
    start()  # the row names this process, which runs, but is no worker
    assert wait_for_state(job_id, "finished").attempt == 2


def test_only_one_supervisor_of_a_data_folder_starts_workers_and_the_other_takes_over(
    sqlite: str, start: Start
) -> None:
    first = Supervisor(MACHINE, EXECUTE)
    first.start()
    wait_for(lambda: _alive(first))
    second = start()
    time.sleep(0.5)
    assert _alive(second) == 0
    first.stop()
    wait_for(lambda: _alive(second))


def test_external_workers_are_not_started_but_lost_jobs_are_put_back(
    sqlite: str, person: str, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VRAM_LAB_WORKERS", "external")
    config.cache_clear()
    job_id = submitted(person)
    with session() as database:
        claiming.claim(database, "elsewhere", ["cpu"])
        database.execute(update(Job).values(heartbeat_at=time.time() - config().lease_s - 1))
    running = start()
    wait_for_state(job_id, "queued")
    assert _alive(running) == 0


def test_the_first_worker_also_takes_the_cpu() -> None:
    two = Machine("test", 2, 1, 1, 1, (GPU, replace(GPU, index=1)), None, "Linux", "3.11")
    shares = [[child.devices for child in Supervisor(machine)._children] for machine in (MACHINE, two)]
    assert shares == [[("cpu",)], [("cpu", "cuda:0"), ("cuda:1",)]]


def test_workers_that_end_at_once_are_started_with_growing_pauses_but_a_fresh_one_at_once() -> None:
    child = Child(("cpu",), EXECUTE)
    pauses = []
    for code in (1, 1, 1, 1, 1, 1, 1, 1, FRESH_EXIT):
        child.started_at = time.monotonic()
        child.ended(code)
        pauses.append(round(child.start_at - time.monotonic()))
    assert pauses == [0, 1, 2, 4, 8, 16, 30, 30, 0]


def test_what_the_libraries_print_goes_to_a_file_that_does_not_grow_for_ever(own_settings: object) -> None:
    path: Path = config().data_dir / "logs" / "worker-cpu.output.log"
    for expected in (3, 6):
        with supervisor._output(("cpu",)) as output:
            output.write(b"abc")
        assert path.stat().st_size == expected
    path.write_bytes(b"x" * (supervisor.OUTPUT_BYTES + 1))
    with supervisor._output(("cpu",)) as output:
        output.write(b"abc")
    assert path.stat().st_size == 3
