"""Runs that wait for weights, and the process that fetches them from a Hub on this machine."""

import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from core.config import config
from core.jobs import claiming, downloads, queue, supervisor
from core.jobs.downloads import Arriving
from core.jobs.supervisor import Supervisor
from core.measure.machine import Machine
from core.measure.progress import SilentProgress
from core.models.catalog import CATALOG
from core.models.checkpoint import checkpoint
from core.models.sources import is_cached
from core.store.database import session
from core.store.tables import Awaited, Download
from tests.core.jobs.waiting import stored, submitted, wait_for, wait_for_state
from tests.core.models.hub_server import Hub, running

People = Callable[[int], list[str]]
QWEN, SDXL = "qwen3-0.6b", "sdxl-inpainting"
ERROR = {"kind": "weights_unavailable", "message": "No network.", "remedy": "Connect this machine."}
MACHINE = Machine("test", 2, 1, 1, 1, (), "none", "Linux", "3.11")


def _claim() -> str | None:
    with session() as database:
        waits = claiming.is_waiting(database, ["cpu"])
        job = claiming.claim(database, "w1", ["cpu"])
    assert waits == (job is not None)
    return job.id if job else None


def _arriving(job_id: str) -> Arriving | None:
    with session() as database:
        return downloads.arriving(database, job_id)


def _next() -> str | None:
    with session() as database:
        return downloads.next_wanted(database)


def _arrived(model_id: str) -> None:
    with session() as database:
        downloads.arrived(database, model_id)


def _rows() -> tuple[int, int]:
    with session() as database:
        return database.query(Download).count(), database.query(Awaited).count()


def test_a_run_is_not_claimed_before_its_weights_are_here_and_others_are(database: str, people: People) -> None:
    first, second = people(2)
    waits = submitted(first, missing=[SDXL, QWEN])
    other = submitted(second)
    assert _claim() == other and _claim() is None
    _arrived(QWEN)
    assert _claim() is None
    _arrived(SDXL)
    assert _claim() == waits
    assert _rows() == (0, 0)


def test_one_download_serves_everyone_who_waits_and_each_sees_how_far_it_is(database: str, people: People) -> None:
    jobs = [submitted(person, missing=[SDXL]) for person in people(30)]
    assert _next() == SDXL
    assert _arriving(jobs[0]) == Arriving(SDXL, 0, 0, None, 30, False)
    with session() as opened:
        told = {"done_bytes": 5, "total_bytes": 9, "bytes_per_s": 2.5}
        assert downloads.heard(opened, SDXL, told)
    assert {_arriving(job) for job in jobs} == {Arriving(SDXL, 5, 9, 2.5, 30, True)}
    _arrived(SDXL)
    assert {_arriving(job) for job in jobs} == {None}
    assert len({_claim() for _ in jobs}) == 30


def test_who_waits_for_weights_stands_in_nobodys_way(database: str, people: People) -> None:
    first, second = people(2)
    submitted(first, missing=[SDXL])
    behind = submitted(second)
    with session() as opened:
        assert queue.place(opened, stored(behind)) == queue.Place(1, 0, None)


def test_weights_that_cannot_be_had_end_the_runs_that_wait_and_no_other(database: str, people: People) -> None:
    first, second, third = people(3)
    lost, kept, other = submitted(first, missing=[QWEN, SDXL]), submitted(second, missing=[SDXL]), submitted(third)
    with session() as opened:
        downloads.failed(opened, QWEN, ERROR)
    assert (stored(lost).state, stored(lost).error) == ("failed", ERROR)
    assert {stored(job).state for job in (kept, other)} == {"queued"}
    assert _next() == SDXL
    again = submitted(first, missing=[QWEN])
    assert stored(again).state == "queued" and _arriving(again) is not None


def test_a_download_that_nobody_waits_for_any_more_is_not_wanted(database: str, people: People) -> None:
    first, second = people(2)
    jobs = {person: submitted(person, missing=[SDXL]) for person in (first, second)}
    for person, goes_on in ((first, True), (second, False)):
        with session() as opened:
            queue.cancel(opened, person, jobs[person])
            assert downloads.heard(opened, SDXL, {}) == goes_on
    assert _next() is None
    assert _rows() == (0, 0)


def test_a_teachers_download_needs_nobody_who_waits_and_keeps_its_failure(database: str, person: str) -> None:
    with session() as opened:
        downloads.want_for_all(opened, [QWEN, SDXL])
    assert _next() == QWEN
    with session() as opened:
        downloads.failed(opened, QWEN, ERROR)
    assert _next() == SDXL
    with session() as opened:
        assert downloads.all_arriving(opened)[QWEN].error == ERROR
        downloads.give_up(opened, SDXL)
    assert _next() is None
    submitted(person, missing=[QWEN])  # whoever asks anew has it tried again
    assert _next() == QWEN
    with session() as opened:
        assert downloads.all_arriving(opened)[QWEN].error is None


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sqlite: str) -> Iterator[Hub]:
    """A Hub that has a small Qwen under the real one's name, and an empty cache."""
    twin = checkpoint(QWEN, "embedded", SilentProgress())
    with running(Hub(CATALOG[QWEN].repo, Path(twin.path))) as served:
        for name, value in {
            "HF_ENDPOINT": served.address,
            "HF_HUB_CACHE": str(tmp_path / "hub"),
            "HF_HUB_OFFLINE": "0",
            "TRANSFORMERS_OFFLINE": "0",
        }.items():
            monkeypatch.setenv(name, value)
        yield served


@pytest.fixture
def app(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    """A supervisor with a worker that runs a fake lab."""
    monkeypatch.setattr(supervisor, "ASK_S", 0.1)
    monkeypatch.setattr(supervisor, "LOOK_S", 0.05)
    config.cache_clear()
    made = Supervisor(MACHINE, "tests.core.jobs.fake_lab:execute")
    made.start()
    yield made
    made.stop()


def _fetcher(app: Supervisor) -> int:
    """Process number of the fetcher, once it has said how far it is."""

    def pid() -> int | None:
        with session() as database:
            here = downloads.all_arriving(database).get(QWEN)
        process = app._fetcher.process
        return process.pid if process and here and here.is_heard and here.done_bytes else None

    found = wait_for(pid, 60)
    assert isinstance(found, int)
    return found


def test_the_weights_come_once_and_both_runs_go_on(hub: Hub, app: Supervisor, people: People) -> None:
    jobs = [submitted(person, missing=[QWEN]) for person in people(2)]
    for job in jobs:
        assert wait_for_state(job, "finished", limit_s=60).error is None
    assert is_cached(QWEN)
    size = sum(path.stat().st_size for path in hub.folder.iterdir() if path.name != "README.md")
    assert hub.sent_bytes <= size
    wait_for(lambda: app._fetcher.process is None, 10, "the fetcher's end")


def test_a_killed_fetcher_is_followed_by_one_that_goes_on(hub: Hub, app: Supervisor, person: str) -> None:
    hub.pause_s = 0.15
    job = submitted(person, missing=[QWEN])
    pid = _fetcher(app)
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not psutil.pid_exists(pid), 10, "the fetcher's end")
    hub.pause_s = 0.0
    assert wait_for_state(job, "finished", limit_s=60).error is None
    size = sum(path.stat().st_size for path in hub.folder.iterdir())
    assert hub.sent_bytes < 1.5 * size


def test_a_cancelled_run_ends_the_download_that_nobody_else_waits_for(hub: Hub, app: Supervisor, person: str) -> None:
    hub.pause_s = 0.5
    job = submitted(person, missing=[QWEN])
    pid = _fetcher(app)
    with session() as database:
        queue.cancel(database, person, job)
    wait_for(lambda: not psutil.pid_exists(pid) or app._fetcher.process is None, 10, "the fetcher's end")
    assert not is_cached(QWEN) and _rows() == (0, 0)


def test_a_hub_that_refuses_ends_the_run_with_its_reason_and_the_next_run_works(
    hub: Hub, app: Supervisor, people: People
) -> None:
    hub.refuse = (403, "GatedRepo")
    first, second = people(2)
    lost = wait_for_state(submitted(first, missing=[QWEN]), "failed", limit_s=60)
    assert lost.error and "accepted its terms" in lost.error["message"]
    assert wait_for_state(submitted(second), "finished").error is None


def test_a_fetcher_that_dies_at_once_again_and_again_ends_the_wait(
    hub: Hub, app: Supervisor, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VRAM_LAB_HEARTBEAT_S", "no number")  # which only a new process reads
    job = wait_for_state(submitted(person, missing=[QWEN]), "failed", limit_s=60)
    assert job.error == supervisor.FETCHER_LOST


def test_the_database_that_is_locked_for_a_while_stops_no_download(
    hub: Hub, app: Supervisor, person: str, tmp_path: Path
) -> None:
    hub.pause_s = 0.15
    job = submitted(person, missing=[QWEN])
    _fetcher(app)
    locked = sqlite3.connect(config().data_dir / "vram_lab.sqlite", isolation_level=None)
    locked.execute("BEGIN IMMEDIATE")
    hub.pause_s = 0.0
    wait_for(lambda: is_cached(QWEN), 60)
    locked.rollback()
    locked.close()
    assert wait_for_state(job, "finished", limit_s=60).error is None
