"""Two hundred mixed runs of thirty students, some cancelled, and workers killed in between: does it all stay whole?

Every run goes through the queue of a `streamlit run` of its own and its worker process; some students keep the page of
their run open, as a browser does, and cancel it there. Who asks for what, which runs are cancelled and when a worker is
killed (`kill -9`) is drawn from a seed before the first one starts. Kills end after three fifths of the runs, so that
one worker makes the rest.

    python -m bench soak                       writes results/soak.json
    python -m bench.soak --runs 20 --idle 5    a short one, only printed

At the end every run has to be in a final state, for which there is a reason; a run of every kind has to work; of the
processes that were started only the app and its worker may be left; and after a rest both may take at most 5 % more
memory than after the warm-up, in which every student and every kind of run had a turn.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.classroom import ANSI
from bench.protocol.page import PageBroken
from bench.protocol.server import Server
from bench.soak_class import Asked, Room, Vitals, killer, vitals
from core.config import config
from core.measure.machine import this_machine

ROOT = Path(__file__).resolve().parent.parent
SEED = 20261201
STUDENTS, RUNS, KILLS = 30, 200, 8
KILLS_WITHIN = 0.6
"""The part of the runs in which workers are killed."""
CANCELLED, WATCHED = 0.2, 0.3
"""Shares of the runs. Of those that are cancelled half are so while they run, the others as long as they wait."""
CANCEL_AFTER_S = {True: (0.0, 3.0), False: (0.0, 20.0)}
"""Seconds after a run began, or after it was asked for."""
IDLE_S = 150.0
CLOSED_TABS_KEPT_S = 60
"""How long the server keeps the session of a closed tab here; the app has it kept for ten minutes."""
MOST_GROWTH = 0.05
TWIN: dict[str, Any] = {"source": "embedded"}
CASES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("runtime", {}),
    ("load_model", TWIN | {"fresh_process": False}),
    ("text_generation", TWIN | {"max_new_tokens": 20}),
    ("text_to_image", TWIN | {"num_inference_steps": 4, "repeats": 2}),
    ("image_to_image", TWIN | {"num_inference_steps": 4, "strengths": [0.5, 1.0]}),
    ("inpainting", TWIN | {"num_inference_steps": 4}),
    ("guidance", TWIN | {"num_inference_steps": 2, "looks": 1, "scales": [1.0]}),
    ("ddpm", TWIN | {"ways": [], "ddim_steps": [5]}),
    ("image_classification", TWIN | {"batch_sizes": [1, 2], "repeats": 2}),
    ("precision", TWIN | {"max_new_tokens": 4, "precisions": ["float32", "bfloat16"]}),
    ("optimisation", TWIN | {"max_new_tokens": 4, "variants": ["eager", "sdpa"]}),
    ("memory_savers", TWIN | {"savers": ["vae_slicing"], "side": 64, "num_inference_steps": 1}),
    ("prompt_craft", TWIN | {"num_inference_steps": 1, "last_steps": 2, "most_words": 1}),
    ("text_to_video", TWIN | {"num_frames": [1, 2], "num_inference_steps": 2}),
    ("fine_tuning", TWIN | {"steps": 1, "batch_size": 1, "side": 64, "num_inference_steps": 1}),
    ("train_ddpm", {"steps": 2, "batch": 4, "compare": []}),
)
"""What is asked for: every lab, small."""
FINAL = ("finished", "failed", "cancelled")


def main(pairs: int, device: str) -> dict[str, object]:
    """All runs; `pairs` changes nothing, and the twins compute on the CPU."""
    return measure(RUNS, KILLS, IDLE_S)


def measure(
    runs: int, kills: int, idle_s: float, cases: Sequence[tuple[str, dict[str, Any]]] = CASES
) -> dict[str, Any]:
    """So many runs, so many killed workers, and a rest of `idle_s` before memory is read."""
    draw = random.Random(SEED)
    plans = drawn(runs, cases, draw)
    with tempfile.TemporaryDirectory() as folder, _settings(folder):
        log = Path(folder) / "server.log"
        kept = {"STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": str(CLOSED_TABS_KEPT_S)}
        with Server(ROOT / "streamlit_app.py", kept, log) as server:
            room = Room(server, STUDENTS)
            found = asyncio.run(_soak(room, plans, drawn_kills(runs, kills, draw), idle_s, cases))
        if found["troubles"]:
            print(ANSI.sub("", log.read_text()), file=sys.stderr)  # the app's own account of them
        return found


def drawn(runs: int, cases: Sequence[tuple[str, dict[str, Any]]], draw: random.Random) -> list[list[Asked]]:
    """What each student asks for, one after the other."""
    plans: list[list[Asked]] = [[] for _ in range(STUDENTS)]
    for number in range(runs):
        lab, settings = draw.choice(cases)
        is_cancelled, is_begun, is_watched = (draw.random() < share for share in (CANCELLED, 0.5, WATCHED))
        cancel_after_s = draw.uniform(*CANCEL_AFTER_S[is_begun]) if is_cancelled else None
        plans[number % STUDENTS].append(Asked(lab, settings, is_watched, cancel_after_s, is_begun))
    return plans


def drawn_kills(runs: int, kills: int, draw: random.Random) -> list[tuple[int, float]]:
    """After how many ended runs a worker is killed, and how many seconds later."""
    after = sorted(draw.sample(range(1, max(kills + 1, int(runs * KILLS_WITHIN))), kills))
    return [(count, draw.uniform(0.0, 2.0)) for count in after]


@contextmanager
def _settings(folder: str) -> Iterator[None]:
    """This process and those that it starts use a database and a cache in `folder`."""
    own = {"VRAM_LAB_DATA_DIR": folder, "VRAM_LAB_WORKERS": "local", "DATABASE_URL": ""}
    own |= {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}
    before = {name: os.environ.get(name) for name in own}
    os.environ.update(own)
    config.cache_clear()
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        config.cache_clear()


async def _soak(
    room: Room,
    plans: list[list[Asked]],
    kills: list[tuple[int, float]],
    idle_s: float,
    cases: Sequence[tuple[str, dict[str, Any]]],
) -> dict[str, Any]:
    turns = [Asked(*cases[number % len(cases)]) for number in range(STUDENTS)]
    await asyncio.gather(*(student.follow([turn]) for student, turn in zip(room.students, turns, strict=True)))
    last = [Asked(*case) for case in cases]
    await room.students[0].follow(last)  # so that the worker holds the same models at both readings
    await _rest(room, "the warm-up", idle_s)
    start, began = vitals(room), time.time()
    killing = asyncio.create_task(killer(room, kills, began))
    await asyncio.gather(*(student.follow(plan) for student, plan in zip(room.students, plans, strict=True)))
    killed, took_s = await killing, time.time() - began
    jobs = room.jobs(began)
    began = time.time()
    await room.students[0].follow(last)
    after = room.jobs(began)
    await _rest(room, "the runs", idle_s)
    troubles = [trouble for student in room.students for trouble in student.troubles]
    found = figures(jobs, after, start, vitals(room), killed, troubles)
    return found | {"took_s": round(took_s), "idle_s": idle_s}


async def _rest(room: Room, after: str, idle_s: float) -> None:
    """Nobody comes, then one visitor does: only then Streamlit lets go of the sessions whose time is over."""
    print(f"{after} ended; {idle_s:.0f} s of rest", file=sys.stderr, flush=True)
    await asyncio.sleep(idle_s)
    await room.visit()


def figures(
    jobs: list[dict[str, Any]],
    after: list[dict[str, Any]],
    start: Vitals,
    end: Vitals,
    killed: list[str],
    troubles: Sequence[str] = (),
) -> dict[str, Any]:
    """What came of the runs, and of the processes.

    Args:
        jobs: lab, state, error kind, attempt, records and whether it was to be cancelled, of every run.
        after: the same of the runs that followed, one of each kind.
        killed: labs in whose runs a worker was killed; empty words where it was idle.
        troubles: what students had instead of their page; one that shows an error is broken, a lost connection is not.
    """
    unexpected = [job for job in jobs if not _is_explained(job)]
    growth = {name: round(end.rss_mb[name] / start.rss_mb[name] - 1, 4) for name in start.rss_mb}
    worked = all(job["state"] == "finished" for job in after)
    broken = sum(PageBroken.__name__ in trouble for trouble in troubles)
    return {
        "what": f"{len(jobs)} mixed runs on the twins by {STUDENTS} students, with cancels and kill -9 of workers",
        "seed": SEED,
        "states": dict(Counter(job["state"] for job in jobs)),
        "labs": dict(Counter(job["lab"] for job in jobs)),
        "made_twice": sum(job["attempt"] > 1 for job in jobs),
        "killed_during": killed,
        "unexpected": unexpected,
        "afterwards": {job["lab"]: job["state"] for job in after},
        "start": start.figures(),
        "end": end.figures(),
        "growth": growth,
        "troubles": list(troubles),
        "broken_pages": broken,
        "targets": {"growth": MOST_GROWTH, "left_over": 0, "unexpected": 0, "broken_pages": 0},
        "met": not (unexpected or end.left_over or broken) and worked and max(growth.values()) <= MOST_GROWTH,
    }


def _is_explained(job: dict[str, Any]) -> bool:
    """Whether a run came to an end for which there is a reason, and left one record where it finished."""
    match job["state"]:
        case "finished":
            return bool(job["records"] == 1)
        case "cancelled":
            return bool(job["to_cancel"] and job["records"] <= 1)
        case "failed":
            return bool(job["error"] == "worker_lost" and job["attempt"] > 1)
    return False


def run() -> int:
    """Any number of runs, printed only."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--idle", type=float, default=IDLE_S)
    chosen = parser.parse_args()
    found = measure(chosen.runs, chosen.kills, chosen.idle)
    print(json.dumps({"machine": this_machine().label, **found}, indent=1))
    return 0 if found["met"] else 1


if __name__ == "__main__":
    sys.exit(run())
