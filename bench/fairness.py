"""How long a class waits for its runs, and how long the device does nothing between two of them.

Thirty students ask for a run of the text twin at the same moment, and once more as soon as the first has ended; one of
them asks four times. One worker makes the runs, as in a class on one GPU. Times are those of the queue's own rows:
`created_at`, `started_at`, `finished_at`. Aims: no wait is longer than three times the mean, and between two queued
runs the device does nothing for at most 50 ms.
"""

import os
import tempfile
import time
import uuid
from itertools import pairwise
from statistics import mean, median
from typing import Any

from sqlalchemy import select

from core.config import config
from core.jobs import queue
from core.jobs.supervisor import Supervisor
from core.measure.machine import this_machine
from core.runs.parsing import parse_settings
from core.runs.planning import Plan, plan
from core.runs.registry import LABS
from core.store.database import migrate, session
from core.store.tables import Job, Person

STUDENTS, RUNS, EAGER_RUNS = 30, 2, 4
LAB = "text_generation"
SETTINGS: dict[str, Any] = {"source": "embedded", "device": "cpu", "max_new_tokens": 20, "repeats": 2}
LIMIT_S = 600.0
LONGEST_WAIT, LONGEST_IDLE_S = 3.0, 0.05


def main(pairs: int, device: str) -> dict[str, object]:
    """One class; `pairs` and `device` change nothing."""
    with tempfile.TemporaryDirectory() as data_dir:
        os.environ["VRAM_LAB_DATA_DIR"] = data_dir
        config.cache_clear()  # this process may have read it before
        migrate()
        supervisor = Supervisor(this_machine(), is_local=True)
        supervisor.start()
        try:
            return _figures(_worked_off(_people()))
        finally:
            supervisor.stop()


def _people() -> list[str]:
    with session() as database:
        people = [Person(id=uuid.uuid4().hex, created_at=time.time()) for _ in range(STUDENTS)]
        database.add_all(people)
    return [person.id for person in people]


def _worked_off(people: list[str]) -> list[Job]:
    """Every job once all have ended; a student asks again as soon as the last run has ended."""
    planned = plan(LABS[LAB], parse_settings(LABS[LAB], SETTINGS), this_machine())
    _submit(people[0], planned)
    _wait_for(people[:1])  # the first loads the libraries; it is not counted
    open_runs = {person: EAGER_RUNS if person == people[0] else RUNS for person in people}
    began, deadline = time.time(), time.monotonic() + LIMIT_S
    while any(open_runs.values()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"After {LIMIT_S:.0f} s {sum(open_runs.values())} runs were still to be asked for.")
        busy = _busy(people)
        for person in people:
            if person not in busy and open_runs[person]:
                _submit(person, planned)
                open_runs[person] -= 1
        time.sleep(0.2)
    _wait_for(people)
    with session() as database:
        return list(database.scalars(select(Job).where(Job.created_at >= began).order_by(Job.started_at)))


def _busy(people: list[str]) -> set[str]:
    with session() as database:
        active = select(Job.person_id).where(Job.state.in_(("queued", "running")), Job.person_id.in_(people))
        return set(database.scalars(active))


def _wait_for(people: list[str]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while _busy(people):
        if time.monotonic() > deadline:
            raise TimeoutError(f"The runs did not end within {LIMIT_S:.0f} s.")
        time.sleep(0.2)


def _submit(person: str, planned: Plan) -> None:
    with session() as database:
        queue.submit(
            database,
            person_id=person,
            lab=planned.lab,
            settings=planned.queued(),
            question_id=None,
            device=planned.settings.device,
            workload=planned.workload,
        )


def _figures(jobs: list[Job]) -> dict[str, object]:
    if failed := [job.error for job in jobs if job.state != "finished"]:
        raise RuntimeError(f"{len(failed)} of {len(jobs)} runs did not end well: {failed[0]}")
    waits = [float(job.started_at or 0) - job.created_at for job in jobs]
    # Only where the next run was waiting already when the last one ended.
    idle = [
        float(after.started_at or 0) - float(before.finished_at or 0)
        for before, after in pairwise(jobs)
        if after.created_at < float(before.finished_at or 0)
    ]
    share = max(waits) / mean(waits)
    return {
        "what": f"{STUDENTS} students, {RUNS} runs of the text twin each, one of them {EAGER_RUNS}, one worker",
        "runs": len(jobs),
        "run_s": {"median": round(median(float(job.finished_at or 0) - float(job.started_at or 0) for job in jobs), 3)},
        "wait_s": {"mean": round(mean(waits), 2), "median": round(median(waits), 2), "longest": round(max(waits), 2)},
        "longest_wait_over_mean": round(share, 2),
        "idle_s": {"median": round(median(idle), 4), "longest": round(max(idle), 4), "pairs": len(idle)},
        "targets": {"longest_wait_over_mean": LONGEST_WAIT, "idle_s": LONGEST_IDLE_S},
        "is_met": share <= LONGEST_WAIT and max(idle) <= LONGEST_IDLE_S,
    }
