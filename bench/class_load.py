"""A class of 300 at once: they join within a minute, poll, and answer eleven questions each within three more.

Every student is a websocket that speaks Streamlit's own messages, all in one process beside the web processes, two of
them, which run `streamlit_app.py` on one new SQLite database. Every student stays with one web process, as a proxy with
sticky cookies has it. A teacher's page refreshes meanwhile. The same visitors then do the same at the same moments with
an empty app under the same server settings: title, field, button, a fragment that ticks alike.

    python -m bench class_load                                     writes results/class_load.json
    python -m bench.class_load --students 30 --seconds 20          a smaller one, which only prints
    python -m bench.class_load --students 90 --processes 1         one web process

No run is executed (`workers=external`): what is measured is the web process. The run that a measured question asks for
is put into the database by this process between prediction and answer; where the lesson asks for a GPU, the reference
decides, as on any machine without one.
"""

import argparse
import asyncio
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.classroom import ROOT, Classroom
from bench.protocol.server import Server
from bench.protocol.usage import Usage
from bench.protocol.visitor import Visitor
from bench.students import Step, Student, Timings, check, plan, spread
from bench.teacher import Teacher
from core.measure.machine import this_machine

SEED = 20261121
QUESTIONS = 11
POLL_S = 2
Plan = tuple[float, list[Step]]
"""When somebody joins, and what they do then."""
TARGETS = {"submit_p95_s": 1.0, "poll_p95_s": 0.1, "rss_mb": 1000}
EMPTY = f"""import streamlit as st
st.title("Empty")
st.text_input("Name", key="name")
st.button("Go")
st.fragment(lambda: st.caption("waiting"), run_every={POLL_S})()
"""


@dataclass(frozen=True)
class Size:
    """How many students join within `join_s` seconds, and answer within the next `answer_s`; on how many processes."""

    students: int = 300
    join_s: float = 60
    answer_s: float = 180
    web_processes: int = 2


def main(pairs: int, device: str) -> dict[str, object]:
    """The whole class, once with the app and once with the empty one."""
    return measure(Size())


def measure(size: Size) -> dict[str, object]:
    """Both apps at this size.

    Raises:
        PageBroken: a page showed an exception, or no outcome of an answer.
    """
    draw = random.Random(SEED)
    joins = sorted(draw.uniform(0, size.join_s) for _ in range(size.students))
    with tempfile.TemporaryDirectory() as folder, Classroom(Path(folder)) as room:
        steps = [plan(room.bank.questions[:QUESTIONS], size.answer_s, draw) for _ in range(size.students)]
        with ExitStack() as running:
            servers = [running.enter_context(room.server()) for _ in range(size.web_processes)]
            app = asyncio.run(_app(room, servers, size, list(zip(joins, steps, strict=True))))
        (Path(folder) / "empty.py").write_text(EMPTY)
        shutil.copytree(ROOT / ".streamlit", Path(folder) / ".streamlit")
        with ExitStack() as running:
            servers = [running.enter_context(Server(Path(folder) / "empty.py")) for _ in range(size.web_processes)]
            empty = asyncio.run(_empty(room, servers, size, list(zip(joins, steps, strict=True))))
    return _summary(size, app, empty)


async def _app(room: Classroom, servers: list[Server], size: Size, plans: list[Plan]) -> dict[str, Any]:
    timings = Timings()
    students = [Student(f"Student {i:03}", _visitor(servers, i), room, timings) for i in range(len(plans))]
    async with Teacher(room, servers[0].port, timings):
        found = await _class(servers, size, students, plans)
    answers = {"sent": sum(student.sent for student in students), **check(students)}
    return {"answers": answers, **found, "seconds": timings.summary(), "late_s": spread(timings.late)}


async def _empty(room: Classroom, servers: list[Server], size: Size, plans: list[Plan]) -> dict[str, Any]:
    timings = Timings()
    students = [Idler(f"Student {i:03}", _visitor(servers, i), room, timings) for i in range(len(plans))]
    for server in servers:
        await Visitor(server.port).arrive()
    found = await _class(servers, size, students, plans)
    return {**found, "seconds": timings.summary(), "late_s": spread(timings.late)}


def _visitor(servers: list[Server], number: int) -> Visitor:
    return Visitor(servers[number % len(servers)].port)


async def _class(
    servers: list[Server], size: Size, students: Sequence[Student], plans: list[Plan]
) -> dict[str, dict[str, float]]:
    """Everybody joins at their time, then answers at theirs; what the server took meanwhile."""
    begin = time.perf_counter()
    lesson = begin + size.join_s
    arriving = [
        _join(student, begin + joins_at, lesson) for student, (joins_at, _) in zip(students, plans, strict=True)
    ]
    processes = [server.process for server in servers]
    async with Usage(*processes) as joining:
        await asyncio.gather(*arriving)
    lesson = max(lesson, time.perf_counter())
    async with Usage(*processes) as answering:
        await asyncio.gather(
            *(student.follow(steps, lesson) for student, (_, steps) in zip(students, plans, strict=True))
        )
    await asyncio.gather(*(student.visitor.leave() for student in students))
    return {"joining": joining.figures(), "answering": answering.figures()}


async def _join(student: Student, at: float, until: float) -> None:
    await asyncio.sleep(max(0.0, at - time.perf_counter()))
    await student.join()
    await student.poll_until(until)


class Idler(Student):
    """The same clicks at the same moments, on the empty app."""

    async def join(self) -> None:
        self._timings.add("first_page", await self.visitor.arrive())
        begin = time.perf_counter()
        await self.visitor.choose("name", self.name)
        await self.visitor.click("Go")
        self._timings.add("join", time.perf_counter() - begin)

    async def open(self, step: Step) -> None:
        self._timings.add("open", await self.visitor.rerun())

    async def predict(self, step: Step) -> None:
        if self._room.bank.question(step.question).predict == "required":
            self._timings.add("choose_prediction", await self.visitor.choose("name", step.question) or 0.0)
            self._timings.add("lock_prediction", await self.visitor.click("Go"))

    async def answer(self, step: Step) -> None:
        self._timings.add("submit", await self.visitor.click("Go"))


def _summary(size: Size, app: dict[str, Any], empty: dict[str, Any]) -> dict[str, object]:
    found = {
        "submit_p95_s": app["seconds"]["submit"]["p95_s"],
        "poll_p95_s": app["seconds"]["poll"]["p95_s"],
        "rss_mb": max(app["joining"]["rss_mb"], app["answering"]["rss_mb"]),
    }
    answers = app["answers"]
    whole = answers["acknowledged"] == answers["sent"] == size.students * QUESTIONS
    return {
        "what": "a class on one database: joining, polling, answering, a teacher watching; the app, an empty app",
        "size": {**asdict(size), "questions": QUESTIONS, "poll_s": POLL_S},
        "workers": "external; runs of measured questions were put into the database, none was executed",
        "visitors": "one process on the same machine",
        "app": app,
        "empty": empty,
        "ratios": _ratios(app, empty),
        "targets": {**TARGETS, "lost": 0, "doubled": 0},
        "found": found,
        "met": whole
        and answers["lost"] == answers["doubled"] == 0
        and all(found[name] <= limit for name, limit in TARGETS.items()),
    }


def _ratios(app: dict[str, Any], empty: dict[str, Any]) -> dict[str, float]:
    """App / empty app: medians and 95th percentiles of what both do, processor time and memory."""
    pairs = {
        f"{what}_{name[:3]}": (figures[name], empty["seconds"][what][name])
        for what, figures in app["seconds"].items()
        if what in empty["seconds"]
        for name in ("p50_s", "p95_s")
    }
    for name in ("rss_mb", "server_share_of_a_core"):
        pairs[name] = (app["answering"][name], empty["answering"][name])
    return {name: round(mine / bare, 2) for name, (mine, bare) in pairs.items() if bare}


def run() -> int:
    """A class of any size, printed only."""
    parser = argparse.ArgumentParser(prog="python -m bench.class_load")
    parser.add_argument("--students", type=int, default=Size.students)
    parser.add_argument("--seconds", type=float, default=Size.answer_s, help="for the answers; a third of it to join")
    parser.add_argument("--processes", type=int, default=Size.web_processes, help="web processes on one database")
    arguments = parser.parse_args()
    size = Size(arguments.students, arguments.seconds / 3, arguments.seconds, arguments.processes)
    print(json.dumps({"machine": this_machine().label, **measure(size)}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(run())
