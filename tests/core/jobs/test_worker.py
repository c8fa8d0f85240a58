"""The worker's loop in this process; what needs a process of its own is in test_supervisor.py."""

import logging
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import OperationalError

from core.config import config
from core.jobs import claiming, queue, reporter
from core.jobs import worker as worker_module
from core.jobs.logs import log_to_file
from core.jobs.preloading import Preloading
from core.jobs.process import FRESH_EXIT
from core.jobs.worker import Worker, load_function
from core.store.database import engine, session
from core.store.tables import Job, Picture, Run, Upload
from tests.core.jobs.fake_lab import PNG, execute
from tests.core.jobs.waiting import finished, full_disk, stored, submitted, wait_for


def _work(worker: Worker, job_id: str) -> Job:
    """Claim this job and run it to its end."""
    job = worker._next()
    assert job is not None and job.id == job_id
    worker.work(job)
    return stored(job_id)


def _record(job: Job) -> dict[str, Any]:
    with session() as database:
        run = database.get(Run, job.run_id)
    assert run is not None
    return run.record


@contextmanager
def _working(worker: Worker, job_id: str) -> Iterator[None]:
    """Run the job in a thread beside the test."""
    thread = threading.Thread(target=_work, args=(worker, job_id))
    thread.start()
    wait_for(lambda: stored(job_id).state == "running")
    yield
    thread.join(timeout=20)
    assert not thread.is_alive()


def test_a_finished_run_is_stored_with_job_and_person(database: str, person: str) -> None:
    job = _work(Worker(["cpu"], execute=execute), submitted(person, steps=3))
    assert job.state == "finished" and job.finished_at
    record = _record(job)
    assert record["job_id"] == job.id and [repeat["index"] for repeat in record["repeats"]] == [0, 1, 2]


def test_the_first_run_of_a_process_is_fresh_and_the_second_is_not(sqlite: str, person: str) -> None:
    worker = Worker(["cpu"], execute=execute)
    fresh = [_record(_work(worker, submitted(person)))["outputs"]["is_fresh"] for _ in range(2)]
    assert fresh == [True, False]


def test_progress_reaches_the_row_while_the_lab_runs(sqlite: str, person: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporter, "TICK_S", 0.02)
    monkeypatch.setattr(reporter, "TALK_S", 0.02)
    job_id = submitted(person, steps=20, step_s=0.05)
    with _working(Worker(["cpu"], execute=execute), job_id):
        told = wait_for(lambda: (now := stored(job_id).progress).get("step", 0) >= 3 and now)
    assert (told["stage"], told["steps"], told["text"]) == ("Counting", 20, None)
    assert told["step_s"] >= 0.05 and 0 < told["time_left_s"] < 20
    assert told["repeats_s"] == [0.05] * len(told["repeats_s"]) != []


def test_progress_is_written_twice_a_second_at_most(sqlite: str, person: str, monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[float] = []
    original = claiming.heartbeat

    def counted(*arguments: Any) -> claiming.Verdict:
        writes.append(time.monotonic())
        return original(*arguments)

    monkeypatch.setattr(claiming, "heartbeat", counted)
    _work(Worker(["cpu"], execute=execute), submitted(person, steps=140, step_s=0.01))
    assert 1 <= len(writes) <= 4


def test_cancel_stops_at_the_next_step_and_keeps_what_was_measured(
    sqlite: str, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporter, "TICK_S", 0.02)
    monkeypatch.setattr(reporter, "TALK_S", 0.05)
    job_id = submitted(person, steps=100, step_s=0.3)
    with _working(Worker(["cpu"], execute=execute), job_id):
        step = wait_for(lambda: stored(job_id).progress.get("step"))
        with session() as opened:
            queue.cancel(opened, person, job_id)
    job = stored(job_id)
    assert job.state == "cancelled" and job.error and job.error["kind"] == "cancelled"
    assert step <= len(_record(job)["repeats"]) <= step + 1


def test_a_run_longer_than_its_limit_is_stopped(sqlite: str, person: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporter, "TICK_S", 0.02)
    job_id = submitted(person, steps=100, step_s=0.1)
    with session() as database:
        database.execute(update(Job).where(Job.id == job_id).values(timeout_s=0.3, expected_s=0.03))
    job = _work(Worker(["cpu"], execute=execute), job_id)
    assert job.state == "failed" and job.error and job.error["kind"] == "timed_out" and job.error["remedy"]
    assert "ask whoever runs this app" in job.error["remedy"] and "VRAM_LAB" not in job.error["remedy"]
    assert 1 <= len(_record(job)["repeats"]) <= 10


def test_a_run_that_was_never_timed_may_take_as_long_as_its_pace_foretells(
    sqlite: str, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporter, "TICK_S", 0.02)
    job_id = submitted(person, steps=12, step_s=0.1)
    with session() as database:
        database.execute(update(Job).where(Job.id == job_id).values(timeout_s=0.3))
    assert _work(Worker(["cpu"], execute=execute), job_id).state == "finished"


@pytest.mark.parametrize(
    ("do", "kind", "message"),
    [
        ("raise", "worker_error", "ZeroDivisionError: division by zero"),
        ("nan", "worker_error", "not JSON compliant"),
        ("lab_error", "device_unavailable", "There is no cuda:7."),
    ],
)
def test_what_goes_wrong_is_told_and_the_next_job_runs(
    database: str, person: str, do: str, kind: str, message: str
) -> None:
    worker = Worker(["cpu"], execute=execute)
    job = _work(worker, submitted(person, do=do))
    assert job.state == "failed" and job.error
    assert job.error["kind"] == kind and message in job.error["message"]
    assert _work(worker, submitted(person)).state == "finished"


def test_a_job_lost_to_another_worker_stores_nothing(sqlite: str, person: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporter, "TICK_S", 0.02)
    monkeypatch.setattr(reporter, "TALK_S", 0.05)
    worker = Worker(["cpu"], execute=execute)
    job_id = submitted(person, steps=100, step_s=0.05)
    with _working(worker, job_id), session() as opened:
        claiming.requeue_lost(opened, worker.name)
    job = stored(job_id)
    assert (job.state, job.run_id) == ("queued", None)


def test_an_uploaded_picture_reaches_the_lab_and_pictures_come_back(database: str, person: str) -> None:
    upload = uuid.uuid4().hex
    with session() as opened:
        opened.add(Upload(id=upload, person_id=person, created_at=0.0, png=b"12345"))
    job = _work(Worker(["cpu"], execute=execute), submitted(person, picture=f"upload:{upload}"))
    assert _record(job)["outputs"]["picture_bytes"] == 5
    with session() as opened:
        picture = opened.get(Picture, (job.run_id, 0))
        assert picture is not None and picture.png == PNG


def test_somebody_elses_picture_cannot_be_used(sqlite: str, people: Callable[[int], list[str]]) -> None:
    owner, other = people(2)
    upload = uuid.uuid4().hex
    with session() as opened:
        opened.add(Upload(id=upload, person_id=owner, created_at=0.0, png=b"12345"))
    job = _work(Worker(["cpu"], execute=execute), submitted(other, picture=f"upload:{upload}"))
    assert job.state == "failed" and job.error and job.error["kind"] == "bad_picture"


def test_a_shipped_picture_is_left_to_the_lab(sqlite: str, person: str) -> None:
    job = _work(Worker(["cpu"], execute=execute), submitted(person, picture="street"))
    assert _record(job)["outputs"]["picture_bytes"] is None


@pytest.mark.parametrize(("own", "given"), [("cuda:0", "cuda"), ("cuda:1", "cuda:1")])
def test_a_job_for_any_gpu_gets_the_workers_own(sqlite: str, person: str, own: str, given: str) -> None:
    with session() as opened:
        settings = {"device": "cuda"}
        values: dict[str, Any] = {"lab": "fake", "question_id": None, "device": "cuda", "workload": "w"}
        job_id = queue.submit(opened, person_id=person, settings=settings, **values).id
    assert _record(_work(Worker([own], execute=execute), job_id))["settings"]["device"] == given


def test_a_process_whose_gpu_is_lost_makes_way_for_another(
    sqlite: str, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*arguments: Any, **more: Any) -> Any:
        outcome = execute(*arguments, **more)
        error = {"kind": "device_lost", "message": "The GPU stopped answering.", "remedy": "Run it again."}
        outcome.record.update(state="failed", error=error)
        return outcome

    worker = Worker(["cpu"], execute=lost)
    assert _work(worker, submitted(person)).state == "failed"
    again = submitted(person)
    monkeypatch.setattr(worker, "work", lambda job: pytest.fail("the lost GPU was used again"))
    assert worker.run_forever() == FRESH_EXIT
    assert stored(again).state == "queued"


def test_a_used_process_makes_way_for_a_job_that_needs_a_fresh_one(sqlite: str, person: str) -> None:
    worker = Worker(["cpu"], execute=execute)
    job_id = submitted(person, fresh_process=True)
    assert _work(worker, job_id).state == "finished"
    again = submitted(person, fresh_process=True)
    assert worker.run_forever() == FRESH_EXIT
    job = stored(again)
    assert (job.state, job.attempt, job.worker) == ("queued", 0, None)
    assert _work(Worker(["cpu"], execute=execute), again).state == "finished"


def test_a_worker_survives_a_database_that_goes_away_for_a_moment(
    sqlite: str, person: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    worker = Worker(["cpu"], execute=execute)
    failures = iter([True, True, False])

    def sometimes(*arguments: Any) -> bool:
        if next(failures, False):
            raise OperationalError("UPDATE jobs", {}, Exception("database is locked"))
        return original(*arguments)

    original = claiming.finish
    monkeypatch.setattr(claiming, "finish", sometimes)
    with caplog.at_level(logging.WARNING):
        assert _work(worker, submitted(person)).state == "finished"
    assert caplog.text.count("database is locked") == 2


def test_a_disk_that_is_full_when_the_pictures_come_is_told_and_the_next_run_works(sqlite: str, person: str) -> None:
    worker, began = Worker(["cpu"], execute=execute), time.monotonic()
    with full_disk(spare_pages=20):
        job = _work(worker, submitted(person, picture_bytes=1_000_000))
    assert time.monotonic() - began < 20
    assert (job.state, job.error, job.run_id) == ("failed", worker_module.DISK_FULL, None)
    with session() as database:
        assert database.query(Picture).count() == database.query(Run).count() == 0
    assert _work(worker, submitted(person, picture_bytes=1_000_000)).state == "finished"


def test_progress_that_cannot_be_written_does_not_end_the_run(
    sqlite: str, person: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def locked(*_: Any) -> claiming.Verdict:
        raise OperationalError("UPDATE jobs", {}, Exception("database is locked"))

    monkeypatch.setattr(claiming, "heartbeat", locked)
    monkeypatch.setattr(reporter, "TICK_S", 0.02)
    monkeypatch.setattr(reporter, "TALK_S", 0.02)
    job = _work(Worker(["cpu"], execute=execute), submitted(person, steps=5, step_s=0.05))
    assert job.state == "finished" and "could not be written" in caplog.text


@pytest.mark.postgres
def test_a_worker_survives_closed_connections(postgres: str, person: str) -> None:
    worker = Worker(["cpu"], execute=execute)
    assert worker._next() is None
    with engine().connect() as administration:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        administration.execute(text(f"{others} AND pid <> pg_backend_pid()"))
    assert _work(worker, submitted(person)).state == "finished"


def test_an_idle_look_writes_nothing(sqlite: str, person: str) -> None:
    worker = Worker(["cpu"], execute=execute)
    worker._next()
    with engine().connect() as connection:
        before = connection.scalar(text("PRAGMA data_version"))
        for _ in range(5):
            assert worker._next() is None
        assert connection.scalar(text("PRAGMA data_version")) == before


def test_expected_time_of_the_next_run_comes_from_this_one(sqlite: str, person: str) -> None:
    finished(person, "other", 1.0)
    job = _work(Worker(["cpu"], execute=execute), submitted(person, workload="mine", steps=2, step_s=0.1))
    with session() as database:
        expected = queue.expected_s(database, "mine")
    assert expected is not None and expected >= 0.2
    assert expected == pytest.approx((job.finished_at or 0) - (job.started_at or 0))


def test_execute_is_named_as_module_and_function() -> None:
    assert load_function("tests.core.jobs.fake_lab:execute") is execute
    with pytest.raises(ModuleNotFoundError):
        load_function("tests.core.jobs.nothing:execute")


def test_the_log_is_a_file_in_the_data_folder(own_settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "root", root := logging.RootLogger(logging.WARNING))
    log_to_file(["cpu", "cuda:0"])
    root.info("hello")
    path: Path = config().data_dir / "logs" / "worker-cpu-cuda0.log"
    assert "hello" in path.read_text()
    root.handlers[0].close()


def test_preloading_stops_between_two_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    preloading = Preloading({"json": ("loads",), "xml": ()}, delay_s=60)
    preloading.start()
    preloading.stop()
    assert not preloading._thread.is_alive()


def test_preloading_that_fails_only_logs(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.jobs.preloading.os.nice", lambda _: 0)
    preloading = Preloading({"no_such_library": (), "json": ("loads",)}, delay_s=0)
    with caplog.at_level(logging.INFO):
        preloading.start()
        preloading._thread.join()
    assert "no_such_library could not be imported" in caplog.text and "json imported" in caplog.text


def test_the_worker_module_starts_without_torch() -> None:
    program = f"import sys, {worker_module.__name__}, core.jobs.supervisor; print('torch' in sys.modules, end='')"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "False"
