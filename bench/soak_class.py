"""The students of `bench.soak`, who ask for runs, watch and cancel them, and what kills and counts the processes."""

import asyncio
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psutil
from sqlalchemy import func, select
from websockets.exceptions import WebSocketException

from bench.protocol.page import PageBroken
from bench.protocol.server import Server
from bench.protocol.visitor import Visitor
from core.classroom.people import person_for_cookie
from core.config import config
from core.jobs import queue
from core.measure.machine import this_machine
from core.runs.parsing import parse_settings
from core.runs.planning import plan
from core.runs.registry import LABS
from core.store.database import in_transaction, migrate, session
from core.store.tables import Job, Run

POLL_S, LIMIT_S, PATIENCE_S = 1.0, 3600.0, 60.0
ACTIVE = ("queued", "running")
WORKER = "core.jobs.worker"


@dataclass(frozen=True)
class Asked:
    """A run that a student asks for.

    Attributes:
        is_watched: its page is open until it has ended.
        cancel_after_s: seconds until it is cancelled, None where it is not.
        cancels_running: these are counted from the moment when it runs, else from the asking.
    """

    lab: str
    settings: dict[str, Any]
    is_watched: bool = True
    cancel_after_s: float | None = None
    cancels_running: bool = False


@dataclass(frozen=True)
class Vitals:
    """What the processes take.

    Attributes:
        rss_mb, handles, threads: by process, `web` and `worker`.
        left_over: command lines of processes that were started and should have ended.
    """

    rss_mb: dict[str, float]
    handles: dict[str, int]
    threads: dict[str, int]
    left_over: list[str]

    def figures(self) -> dict[str, Any]:
        """All of them as JSON."""
        return dict(vars(self))


class Room:
    """The students of one server."""

    def __init__(self, server: Server, students: int) -> None:
        migrate()
        self.server = server
        self.students = [Student(f"a-student-of-the-soak-{number}", server) for number in range(students)]

    async def visit(self) -> None:
        """Somebody opens the first page and closes it again."""
        visitor = Visitor(self.server.port)
        await visitor.arrive()
        await visitor.leave()
        await asyncio.sleep(POLL_S)

    def worker(self) -> psutil.Process | None:
        """The worker that the server runs now."""
        children = self.server.process.children()
        return next((child for child in children if WORKER in _command(child)), None)

    def ended(self, since: float) -> int:
        """How many of the runs that were asked for since then have ended."""
        with session() as database:
            counted = select(func.count()).where(Job.created_at >= since, Job.state.not_in(ACTIVE))
            return database.scalar(counted) or 0

    def running(self) -> str:
        """The lab that runs now, if any."""
        with session() as database:
            return database.scalar(select(Job.lab).where(Job.state == "running").limit(1)) or ""

    def jobs(self, since: float) -> list[dict[str, Any]]:
        """Every run that was asked for since then, and what came of it."""
        to_cancel = {job_id for student in self.students for job_id in student.cancelled}
        records = select(func.count()).where(Run.job_id == Job.id).scalar_subquery()
        with session() as database:
            rows = database.execute(select(Job, records).where(Job.created_at >= since).order_by(Job.created_at)).all()
        return [
            {
                "lab": job.lab,
                "state": job.state,
                "error": (job.error or {}).get("kind"),
                "message": (job.error or {}).get("message"),
                "attempt": job.attempt,
                "records": count,
                "to_cancel": job.id in to_cancel,
            }
            for job, count in rows
        ]


class Student:
    """One student with a browser.

    Attributes:
        cancelled: ids of the jobs that this student cancelled.
        troubles: what the page had instead of what was looked for.
    """

    def __init__(self, cookie: str, server: Server) -> None:
        self.cancelled: set[str] = set()
        self.troubles: list[str] = []
        self._cookie, self._server = cookie, server

    async def follow(self, plans: Sequence[Asked]) -> None:
        """Ask for one run after the other, each when the last has ended."""
        for asked in plans:
            job_id = await asyncio.to_thread(self._submit, asked)
            watching = asyncio.create_task(self._watch(asked.lab, job_id)) if asked.is_watched else None
            await self._wait(job_id, asked)
            if watching is not None:
                await watching

    def _submit(self, asked: Asked) -> str:
        settings = parse_settings(LABS[asked.lab], {"device": "cpu", **asked.settings})
        planned = plan(LABS[asked.lab], settings, this_machine())
        return in_transaction(
            lambda database: (
                queue.submit(
                    database,
                    person_id=person_for_cookie(database, self._cookie).id,
                    lab=planned.lab,
                    settings=planned.queued(),
                    question_id=None,
                    device=planned.settings.device,
                    workload=planned.workload,
                ).id
            ),
            PATIENCE_S,
        )

    async def _wait(self, job_id: str, asked: Asked) -> None:
        began, since = time.monotonic(), None if asked.cancels_running else time.monotonic()
        while (state := await asyncio.to_thread(_state, job_id)) in ACTIVE:
            now = time.monotonic()
            if now - began > LIMIT_S:
                raise TimeoutError(f"The job {job_id} has not ended after {LIMIT_S:.0f} s.")
            since = now if since is None and state == "running" else since
            is_due = asked.cancel_after_s is not None and since is not None and now - since >= asked.cancel_after_s
            if is_due and job_id not in self.cancelled:
                await asyncio.to_thread(self._cancel, job_id)
            await asyncio.sleep(0.2)

    def _cancel(self, job_id: str) -> None:
        self.cancelled.add(job_id)
        in_transaction(
            lambda database: queue.cancel(database, person_for_cookie(database, self._cookie).id, job_id), PATIENCE_S
        )

    async def _watch(self, lab: str, job_id: str) -> None:
        """Have the lab's page open until the run has ended, and see the result drawn."""
        visitor = Visitor(self._server.port, f"vram_lab_person={self._cookie}")
        try:
            await visitor.arrive(f"lab_{lab}")
            while await asyncio.to_thread(_state, job_id) in ACTIVE:
                for fragment in list(visitor.page.timers):
                    await visitor.poll(fragment)
                await asyncio.sleep(POLL_S)
            await visitor.open(f"lab_{lab}")
        except (PageBroken, OSError, WebSocketException) as trouble:
            self.troubles.append(f"{lab}: {type(trouble).__name__}: {trouble}"[:300])
        finally:
            await visitor.leave()


def _state(job_id: str) -> str | None:
    with session() as database:
        return database.scalar(select(Job.state).where(Job.id == job_id))


async def killer(room: Room, kills: Sequence[tuple[int, float]], began: float) -> list[str]:
    """Kill the worker so many times; gives the labs in whose runs that was."""
    killed: list[str] = []
    for after, later_s in kills:
        while room.ended(began) < after:
            await asyncio.sleep(0.2)
        await asyncio.sleep(later_s)
        while (worker := room.worker()) is None:
            await asyncio.sleep(0.2)
        killed.append(room.running())
        print(f"{room.ended(began)} runs ended; killing worker {worker.pid} in {killed[-1]!r}", file=sys.stderr)
        with suppress(psutil.NoSuchProcess):
            worker.kill()
    return killed


def vitals(room: Room) -> Vitals:
    """What web and worker take now, and which processes should not be there."""
    worker = room.worker()
    if worker is None:
        raise RuntimeError("there is no worker")
    processes = {"web": room.server.process, "worker": worker}
    known = {process.pid for process in processes.values()} | {os.getpid()}
    return Vitals(
        {name: round(process.memory_info().rss / 1e6, 1) for name, process in processes.items()},
        {name: process.num_fds() for name, process in processes.items()},
        {name: process.num_threads() for name, process in processes.items()},
        [" ".join(_command(process)) for process in _started() if process.pid not in known],
    )


def _started() -> Iterator[psutil.Process]:
    """Every process that was started for this data folder, whoever's child it is by now."""
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if process.environ().get("VRAM_LAB_DATA_DIR") == str(config().data_dir) and _command(process):
                yield process


def _command(process: psutil.Process) -> list[str]:
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        return process.cmdline()
    return []
