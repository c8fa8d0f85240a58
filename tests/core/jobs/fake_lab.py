"""A lab for the worker's tests: counts steps, and does on request what real labs do by accident.

Settings: `steps`, `step_s`, and `do`, one of `count`, `die` (kills its process), `hang` (never looks at the
progress), `give_way` (lets short runs in between its steps), `raise`, `lab_error`, `nan` (leaves a record that is not
JSON), `pid`, `lose_gpu` (poisons this process's CUDA, so that whatever it runs afterwards fails too); `picture_bytes`,
how large a picture it leaves.
"""

import os
import signal
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from core.errors import DeviceLost, DeviceUnavailable, LabError
from core.measure.progress import Progress

PNG = b"\x89PNG fake"
POISON = "CUDA error: an illegal memory access was encountered"
_poisoned: list[str] = []


@dataclass
class FakePicture:
    role: str
    details: dict[str, Any]
    png: bytes


@dataclass
class FakeOutcome:
    record: dict[str, Any]
    pictures: list[FakePicture] = field(default_factory=list)


def execute(
    lab: str,
    settings: dict[str, Any],
    progress: Progress,
    resident: object,
    *,
    job_id: str | None = None,
    is_fresh: bool = True,
    picture: bytes | None = None,
) -> FakeOutcome:
    record: dict[str, Any] = {
        "schema": "vram-lab/run/1",
        "id": uuid.uuid4().hex,
        "job_id": job_id,
        "lab": lab,
        "state": "finished",
        "error": None,
        "settings": settings,
        "repeats": [],
        "notes": [],
        "outputs": {
            "pid": os.getpid(),
            "is_fresh": is_fresh,
            "picture_bytes": None if picture is None else len(picture),
        },
    }
    try:
        _do(settings, progress, record)
    except LabError as error:
        record["state"] = "cancelled" if error.kind == "cancelled" else "failed"
        record["error"] = error.as_record()
    png = PNG + bytes(settings.get("picture_bytes", 0))
    has_picture = settings.get("picture") or settings.get("picture_bytes")
    return FakeOutcome(record, [FakePicture("result", {"seed": 1}, png)] if has_picture else [])


def _do(settings: dict[str, Any], progress: Progress, record: dict[str, Any]) -> None:
    if settings.get("do") == "lose_gpu":
        _poisoned.append(POISON)
    if _poisoned:
        raise DeviceLost(f"The GPU cuda stopped answering during the run: {_poisoned[0]}.", "Run it again.")
    match settings.get("do", "count"):
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "hang":
            time.sleep(600)
        case "raise":
            raise ZeroDivisionError("division by zero")
        case "lab_error":
            raise DeviceUnavailable("There is no cuda:7.", "Choose the CPU.")
        case "nan":
            record["repeats"].append({"wall_s": float("nan")})
    steps, step_s = settings.get("steps", 1), settings.get("step_s", 0.0)
    for step in range(steps):
        progress.report("Counting", step, steps)
        progress.check()
        time.sleep(step_s)
        if settings.get("do") == "give_way" and progress.others_wait():
            record["outputs"]["gave_way"] = record["outputs"].get("gave_way", 0) + progress.give_way()
        record["repeats"].append({"index": step, "wall_s": step_s})
        progress.landed(step_s)
