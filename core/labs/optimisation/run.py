"""Measures program.py and engine.py: every variant `repeats` times, the first pass cold, against eager in the same run.

A variant that cannot run here, or fails, stays in the record with the reason, and the others go on. Compiling is
measured with empty caches of the compiler, so that it costs what it costs the first time.
"""

import traceback
from contextlib import nullcontext
from statistics import median
from typing import Any

from core.errors import RunCancelled, RunTimedOut
from core.labs.optimisation.measuring import Entry, Pass, Subject
from core.labs.optimisation.pictures import Pictures
from core.labs.optimisation.settings import TITLES, Settings, Variant
from core.labs.optimisation.text import Text
from core.measure.memory import give_back
from core.measure.progress import Progress
from core.measure.recorder import Recorder
from core.models.resident import Resident
from core.runs.compiler import compiler_as_new
from core.runs.execution import in_short, reason_of

NOT_COMPILED = "nothing is compiled in this variant"
NO_PROFILE = "this lab compares variants and profiles none; the labs of the models do"


def run(settings: Settings, recorder: Recorder, resident: Resident, progress: Progress) -> None:
    """Load or reuse the model, then measure one variant after the other."""
    subject: Subject = (Text if settings.is_text else Pictures)(settings, recorder, resident, progress)
    variants: list[Entry] = []
    recorder.record["outputs"] = {"variants": variants}
    recorder.record["profile_reason"] = NO_PROFILE
    try:
        for name in settings.chosen:
            entry = _variant(name, subject, settings, recorder)
            variants.append(entry)
            if entry["is_available"]:
                entry |= subject.compared(entry, variants[0])
    finally:
        recorder.read("after_run")
        subject.keep()


def _variant(name: Variant, subject: Subject, settings: Settings, recorder: Recorder) -> Entry:
    entry: Entry = {"name": name, "title": TITLES[settings.model][name], "is_available": True}
    try:
        obstacle = subject.obstacle(name)
        if obstacle is None:
            recorder.begin_stage(f"Measuring: {entry['title']}, {settings.repeats} times")
        if obstacle:
            return entry | _missing(obstacle)
        with compiler_as_new(name == "cuda_graphs") if name in subject.compiled else nullcontext():
            return entry | _measured(name, subject, settings.repeats, recorder)
    except (RunCancelled, RunTimedOut):
        raise
    except Exception as failure:
        if name == "eager":
            raise
        # Frames in the traceback hold tensors.
        traceback.clear_frames(failure.__traceback__)
        give_back()
        return entry | _missing(in_short(reason_of(failure, settings.device)))


def _missing(reason: str) -> Entry:
    return {"is_available": False, "reason": reason}


def _measured(name: Variant, subject: Subject, repeats: int, recorder: Recorder) -> Entry:
    passes: list[Pass] = []
    with subject.prepared(name) as way:
        for index in range(repeats):
            done = way.once(index)
            recorder.repeat(done.timing, is_first=index == 0, settings={"variant": name}, **done.figures)
            passes.append(done)
            if index == 0:
                way.warm()
        memory = way.memory()
    recorder.end_stage()
    wall_s = median(done.timing.wall_s for done in passes[1:])
    compile_s: dict[str, Any] = {"compile_s": None, "compile_s_reason": NOT_COMPILED}
    if name in subject.compiled:
        compile_s = {"compile_s": max(0.0, passes[0].timing.wall_s - wall_s)}
    return {"wall_s": wall_s, **compile_s, "memory": memory, **subject.summary(name, passes)}
