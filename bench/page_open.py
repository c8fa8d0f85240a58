"""What an open page costs the run that it shows: the same run with its page open and with no page, alternating.

The runs are those of the small twins, whose steps are the shortest and so feel it most. They go through the queue of
a `streamlit run` of their own, whose worker makes them. The page is played by `bench.protocol`, which asks every second
as a browser does, so the live view is computed and sent; what a browser takes to draw it is not in it, as that is
another machine's in a class. The ratio of a pair is page open / no page, of the median of the warm repeats.
"""

import asyncio
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.protocol.page import PageBroken
from bench.protocol.server import Server
from bench.protocol.visitor import Visitor
from core.config import config
from core.measure.machine import this_machine
from core.measure.statistics import median_interval
from core.runs.parsing import parse_settings
from core.runs.planning import Plan, plan
from core.runs.registry import LABS

ROOT = Path(__file__).resolve().parent.parent
TARGET = 1.02
MOST_PAIRS = 9
COOKIE = "bench-visitor"
POLL_S = 1.0
ASK_S = 0.5
LIVE = "Repeats so far"
"""What the live view says, so that a page without it is no measurement."""
CASES: dict[str, dict[str, Any]] = {
    "text_generation": {"max_new_tokens": 400, "repeats": 5},
    "text_to_image": {"num_inference_steps": 60, "repeats": 5},
}


@dataclass(frozen=True)
class Ran:
    """One run: the median of its warm repeats, and the seconds of every poll of its page, none where no page was."""

    warm_s: float
    polls_s: tuple[float, ...] = ()


def main(pairs: int, device: str) -> dict[str, object]:
    """Both twins, at most nine alternating pairs each."""
    with tempfile.TemporaryDirectory() as data_dir:
        os.environ["VRAM_LAB_DATA_DIR"] = data_dir
        config.cache_clear()  # this process may have read it before
        with Server(ROOT / "streamlit_app.py") as server:
            found = {lab: _compare(_Case(lab, device, server.port), min(pairs, MOST_PAIRS)) for lab in CASES}
    return {
        "what": "a run of the small twins, median of its warm repeats: its page open / no page",
        "device": device,
        "target": TARGET,
        "runs": found,
    }


def _compare(case: "_Case", pairs: int) -> dict[str, Any]:
    case.run(is_open=True), case.run(is_open=False)
    rows = []
    for index in range(pairs):
        ran = {is_open: case.run(is_open) for is_open in ((True, False) if index % 2 else (False, True))}
        rows.append((ran[False], ran[True]))
        ratio = ran[True].warm_s / ran[False].warm_s
        print(f"{case.plan.lab}, pair {index + 1}: {ratio:.4f}, {len(ran[True].polls_s)} polls", file=sys.stderr)
    return {"settings": CASES[case.plan.lab], **summary(rows)}


def summary(rows: list[tuple[Ran, Ran]]) -> dict[str, Any]:
    """The ratios of all pairs, without and with a page."""
    ratios = [watched.warm_s / alone.warm_s for alone, watched in rows]
    middle, low, high = median_interval(ratios)
    polls = [poll_s for _, watched in rows for poll_s in watched.polls_s]
    return {
        "no_page_s": [alone.warm_s for alone, _ in rows],
        "page_open_s": [watched.warm_s for _, watched in rows],
        "ratios": ratios,
        "median_ratio": middle,
        "interval_95": [low, high],
        "met": middle <= TARGET,
        "polls": len(polls),
        "poll_median_s": median(polls),
    }


class _Case:
    """One lab's run, again and again, as one visitor's."""

    def __init__(self, lab: str, device: str, port: int) -> None:
        asked = {"source": "embedded", "device": device, **CASES[lab]}
        self.plan: Plan = plan(LABS[lab], parse_settings(LABS[lab], asked), this_machine())
        self._port = port

    def run(self, is_open: bool) -> Ran:
        """Queue it and wait for its record, with the page open or not.

        Raises:
            RuntimeError: it failed.
            PageBroken: the page did not show it live.
        """
        job_id = self._submit()
        polls = asyncio.run(self._watch(job_id)) if is_open else ()
        while not self._has_ended(job_id):
            time.sleep(ASK_S)
        return Ran(self._warm_s(job_id), tuple(polls))

    async def _watch(self, job_id: str) -> list[float]:
        visitor, polls, has_shown = Visitor(self._port, f"vram_lab_person={COOKIE}"), [], False
        await visitor.arrive(f"lab_{self.plan.lab}")
        while visitor.page.timers and not self._has_ended(job_id):
            fragment = next(iter(visitor.page.timers))
            polls.append(await visitor.poll(fragment))
            has_shown |= LIVE in visitor.page.text
            await asyncio.sleep(POLL_S)
        await visitor.leave()
        if not has_shown:
            raise PageBroken("the page did not show the run while it went on")
        return polls

    def _submit(self) -> str:
        from core.classroom.people import person_for_cookie
        from core.jobs import queue
        from core.store.database import session

        with session() as database:
            return queue.submit(
                database,
                person_id=person_for_cookie(database, COOKIE).id,
                lab=self.plan.lab,
                settings=self.plan.queued(),
                question_id=None,
                device=self.plan.settings.device,
                workload=self.plan.workload,
            ).id

    @staticmethod
    def _has_ended(job_id: str) -> bool:
        from core.store.database import session
        from core.store.tables import Job

        with session() as database:
            job = database.get_one(Job, job_id)
            if job.state in ("failed", "cancelled"):
                raise RuntimeError(f"the run ended as {job.state}: {job.error}")
            return job.state == "finished"

    @staticmethod
    def _warm_s(job_id: str) -> float:
        from core.store.database import session
        from core.store.tables import Job, Run

        with session() as database:
            run = database.get_one(Run, database.get_one(Job, job_id).run_id)
            return float(median(repeat["wall_s"] for repeat in run.record["repeats"][1:]))
