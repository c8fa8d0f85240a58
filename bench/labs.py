"""Every lab of the lesson through the queue against the bare program: same weights, same threads, alternating.

Both processes hold the model at its full size with random weights; per pair the bare program makes one pass, and a
worker runs a queued job of one repeat. Which of the two goes first changes from pair to pair, so that a drift of the
machine hits both alike. The ratio of a pair is lab / bare. On the CPU pictures take one evaluation at half precision,
as a whole one takes minutes there; loads come from the files in memory for both.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from core.config import config
from core.measure.machine import this_machine
from core.measure.statistics import median_interval
from core.runs.planning import models_of, plan
from core.runs.registry import LABS

TARGET = 1.02
WHAT = {
    "load_model": "loading the full-size Qwen3-0.6B",
    "text_generation": "100 tokens of the full-size Qwen3-0.6B",
    "text_to_image": "one full-size Stable Diffusion 1.5 picture",
    "inpainting": "one full-size YOLOv8n-seg and SDXL inpainting picture",
}
ON_CPU: dict[str, dict[str, Any]] = {
    "load_model": {"fresh_process": False, "dtype": "float32"},
    "text_generation": {},
    "text_to_image": {"dtype": "bfloat16", "num_inference_steps": 1, "height": 256, "width": 256},
    "inpainting": {"dtype": "bfloat16", "num_inference_steps": 2, "height": 256, "width": 256},
}
ON_CUDA: dict[str, dict[str, Any]] = {name: {} for name in WHAT} | {"load_model": {"fresh_process": False}}
SIDES = {"text_to_image": 512, "inpainting": 1024}
"""Pixels that the bare program is told where the settings leave the size to the model."""
TEXT_AFTER_PICTURE: dict[str, dict[str, Any]] = {
    "text_to_image": {"source": "embedded", "repeats": 1, "num_inference_steps": 1},
    "text_generation": {"source": "dummy", "repeats": 1, "max_new_tokens": 4},
}


def main(name: str, pairs: int, device: str) -> dict[str, object]:
    """Run `pairs` alternating pairs of one lab and summarise them."""
    with tempfile.TemporaryDirectory() as data_dir:
        os.environ["VRAM_LAB_DATA_DIR"] = data_dir
        config.cache_clear()  # this process may have read it before
        lab = _Lab(name, device)
        with _bare(name, lab.case()) as (facts, bare):
            lab.start()
            try:
                bare(), lab.run()
                rows = [_pair(bare, lab.run, i) for i in range(pairs)]
            finally:
                lab.stop()
    ratios = [lab_s / bare_s for bare_s, lab_s in rows]
    middle, low, high = median_interval(ratios)
    return {
        "what": f"{WHAT[name]} with random weights: lab through the queue / bare program",
        "device": device,
        "settings": lab.settings,
        **facts,
        "bare_s": [row[0] for row in rows],
        "lab_s": [row[1] for row in rows],
        "ratios": ratios,
        "median_ratio": middle,
        "interval_95": [low, high],
        "target": TARGET,
        "met": middle <= TARGET,
    }


def residence(pairs: int, device: str) -> dict[str, object]:
    """How long a student waits for text after a picture run: with its model still loaded under the budget, over anew.

    The text is the full-size Qwen3-0.6B's, the picture the twin's; a pair is one such run each, in alternating order.
    The wait ends when the first token is begun; the whole run has writing and profiling in it, which are the same.
    """
    from core.models.resident import Resident

    shares = {"kept": config().resident_share, "anew": 0.0}
    held = {name: Resident(share) for name, share in shares.items()}
    for resident in held.values():
        _second_text(resident, device)
    rows = []
    for index in range(pairs):
        order = list(held) if index % 2 else list(reversed(held))
        rows.append({name: _second_text(held[name], device) for name in order})
        print(f"pair {index + 1}: {rows[-1]}", file=sys.stderr)
    found: dict[str, object] = {}
    for part in ("wait_s", "whole_s"):
        middle, *interval = median_interval([row["kept"][part] / row["anew"][part] for row in rows])
        found[part.replace("_s", "_ratio")] = {"median_ratio": middle, "interval_95": interval}
    what = "a text run after a picture run: its model kept loaded / loaded anew"
    return {"what": what, "device": device, "settings": TEXT_AFTER_PICTURE, "pairs": rows, **found}


def _second_text(resident: Any, device: str) -> dict[str, float]:
    """Seconds of a text run that follows a picture run: until its first repeat begins, and in all."""
    from core.measure.progress import SilentProgress
    from core.runs.execution import execute

    class Watch(SilentProgress):
        repeat_s: float | None = None

        def report(self, stage: str, *more: Any, **named: Any) -> None:
            if self.repeat_s is None and stage.startswith("Repeat 1"):
                self.repeat_s = time.perf_counter()

    for name in ("text_to_image", "text_generation"):
        begun, watch = time.perf_counter(), Watch()
        record = execute(name, TEXT_AFTER_PICTURE[name] | {"device": device}, watch, resident).record
        if record["state"] != "finished":
            raise RuntimeError(f"the run of {name} ended as {record['state']}: {record['error']}")
    assert watch.repeat_s is not None
    return {"wait_s": watch.repeat_s - begun, "whole_s": time.perf_counter() - begun}


def _pair(bare: Callable[[], float], lab: Callable[[], float], index: int) -> tuple[float, float]:
    if index % 2:
        lab_s = lab()
        row = bare(), lab_s
    else:
        row = bare(), lab()
    print(f"pair {index + 1}: bare {row[0]:.2f} s, lab {row[1]:.2f} s, ratio {row[1] / row[0]:.4f}", file=sys.stderr)
    return row


@contextmanager
def _bare(name: str, case: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Callable[[], float]]]:
    command = [sys.executable, "-m", "bench.bare", name, json.dumps(case)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin and process.stdout

    def once() -> float:
        process.stdin.write("\n")  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]
        return float(json.loads(process.stdout.readline())["wall_s"])  # type: ignore[union-attr]

    try:
        yield json.loads(process.stdout.readline()), once
    finally:
        process.stdin.close()
        process.wait()


class _Lab:
    """A lab as a student's run goes: a row in the queue, a worker process, a run record."""

    def __init__(self, name: str, device: str) -> None:
        # Of several GPUs any free one would take a job for `cuda`, and the bare program computes on the first.
        asked = {"source": "dummy", "device": "cuda:0" if device == "cuda" else device, "repeats": 1}
        chosen = (ON_CPU if device == "cpu" else ON_CUDA)[name]
        self.plan = plan(LABS[name], LABS[name].settings(**asked, **chosen), this_machine())
        if self.plan.refusal:
            raise self.plan.refusal
        self.settings = self.plan.settings.model_dump(mode="json")

    def case(self) -> dict[str, Any]:
        """What the bare program needs to do the same."""
        from core.measure.progress import SilentProgress
        from core.models.checkpoint import checkpoint
        from core.runs.pictures import SHIPPED

        models = models_of(self.plan.settings)
        paths = {model.id: checkpoint(model.id, "dummy", SilentProgress()).path for model in models}
        side = SIDES.get(self.plan.lab)
        size = {name: self.settings.get(name) or side for name in ("height", "width")}
        return {**self.settings, **size, "paths": paths, "picture_file": str(SHIPPED["table"])}

    def start(self) -> None:
        from core.classroom.people import person_for_cookie
        from core.jobs.supervisor import Supervisor
        from core.store.database import migrate, session

        migrate()
        with session() as database:
            self.person = person_for_cookie(database, "bench").id
        self.supervisor = Supervisor(this_machine())
        self.supervisor.start()

    def stop(self) -> None:
        self.supervisor.stop()

    def run(self) -> float:
        """Queue one job and wait for its record; seconds of its one repeat."""
        from core.jobs import queue
        from core.store.database import session
        from core.store.tables import Job, Run

        with session() as database:
            job_id = queue.submit(
                database,
                person_id=self.person,
                lab=self.plan.lab,
                settings=self.settings,
                question_id=None,
                device=self.plan.settings.device,
                workload=self.plan.workload,
            ).id
        while True:
            time.sleep(0.5)
            with session() as database:
                job = database.get_one(Job, job_id)
                if job.state in ("failed", "cancelled"):
                    raise RuntimeError(f"the lab's run ended as {job.state}: {job.error}")
                if job.state == "finished" and job.run_id:
                    return float(database.get_one(Run, job.run_id).record["repeats"][0]["wall_s"])
