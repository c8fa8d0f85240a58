"""Measures program.py: with each saver the pipeline is loaded anew, draws, is compared with the plain one and let go.

What a saver needs is counted from the memory before its load to the highest reading while it draws, the weights
included. A saver that cannot run here, or does not fit, stays in the record with the reason. With a limit given, a
second process draws larger and larger pictures with each saver, until one needs more.
"""

import importlib.util
import traceback
from statistics import median
from typing import Any

from core.errors import OutOfMemory, RunCancelled, RunTimedOut
from core.labs.memory_savers import program
from core.labs.memory_savers.search import SearchFailed, largest
from core.labs.memory_savers.settings import BASELINE, OFFLOADS, SIDES, TITLES, Saver, Settings
from core.labs.precision.program import stored_bytes
from core.measure.memory import give_back
from core.measure.progress import Progress
from core.measure.recorder import Recorder, RunPicture
from core.models.checkpoint import Checkpoint
from core.models.resident import Resident
from core.runs.drawing import StepWatch, provenance, quiet_pipe
from core.runs.execution import in_short, reason_of
from core.runs.loading import find_weights, model_entry, networks_of, start_alone, start_from_empty
from core.runs.planning import models_of
from core.runs.png import difference, png
from core.units import GIB

ONE_BY_ONE = "the savers are loaded one after the other; outputs.variants has the memory of each"
NO_LIMIT = "this lab is about memory: what a run cannot do without is its weights, in outputs.variants"
NO_PROFILE = "this lab takes no profile"
NEEDS_GPU = "It keeps in RAM what the GPU does not need at the moment, and this run has no GPU."
NEEDS_TORCHAO = "The package torchao is not installed: pip install torchao."
NO_PEAK = "this system does not keep the highest memory of a process"
NOT_SEARCHED = "The largest picture with {title} was not found: {reason}"

Entry = dict[str, Any]


def run(settings: Settings, recorder: Recorder, resident: Resident, progress: Progress) -> None:
    """Measure every saver of `settings`; nothing stays loaded."""
    start_alone(recorder, resident, progress)
    found = find_weights(models_of(settings), settings, recorder, progress)[settings.model]
    start_from_empty(recorder)
    recorder.leave_out("load_peak", ONE_BY_ONE)
    recorder.limit(NO_LIMIT)
    recorder.record["profile_reason"] = NO_PROFILE
    variants: list[Entry] = []
    recorder.record["outputs"] = {"variants": variants}
    comparison = Comparison(settings, found, recorder, progress)
    try:
        for name in settings.savers:
            variants.append(comparison.entry(name))
    finally:
        recorder.end_stage()
        recorder.read("after_run")
    recorder.read("freed")


class Comparison:
    """Measures one saver at a time, and keeps the plain program's picture and figures to compare with."""

    def __init__(self, settings: Settings, found: Checkpoint, recorder: Recorder, progress: Progress) -> None:
        self._settings, self._found, self._recorder, self._progress = settings, found, recorder, progress
        self._meter = "allocated" if recorder.clock.is_cuda else "process_rss"
        self._watch = StepWatch(recorder, progress, 0)
        self._possible = sum(self._obstacle(name) is None for name in settings.savers)
        self._drawn: Any = None
        self._plain: Any = None
        self._plain_s: float | None = None

    def entry(self, name: Saver) -> Entry:
        """Everything about one saver, or why there is nothing. Its pipeline is gone when this returns.

        Memory that is not enough is a result, the plain program's too: the savers are there for that.

        Raises:
            RunCancelled, RunTimedOut: the run was stopped.
            Exception: whatever else kept the plain program from running.
        """
        head: Entry = {"name": name, "title": TITLES[name]}
        if obstacle := self._obstacle(name):
            return head | {"is_available": False, "is_full": False, "reason": obstacle}
        try:
            head |= {"is_available": True} | self._measured(name)
        except (RunCancelled, RunTimedOut):
            raise
        except Exception as failure:
            reason = reason_of(failure, self._settings.device)
            is_full = reason.kind == OutOfMemory.kind
            if name == BASELINE and not is_full:
                raise
            # Frames in the traceback hold tensors.
            traceback.clear_frames(failure.__traceback__)
            head |= {"is_available": False, "is_full": is_full, "reason": in_short(reason)}
        give_back()
        return head | self._largest(name) if head["is_available"] or head["is_full"] else head

    def _obstacle(self, name: Saver) -> str | None:
        if name in OFFLOADS and self._settings.device == "cpu":
            return NEEDS_GPU
        if name == "int8_unet" and importlib.util.find_spec("torchao") is None:
            return NEEDS_TORCHAO
        return None

    def _measured(self, name: Saver) -> Entry:
        settings, recorder = self._settings, self._recorder
        give_back()
        recorder.meters.reset_peaks()
        before = self._now()
        found = self._found
        with recorder.clock.measure() as loading:
            pipe = program.load(found.path, name, settings.device, found.variant, recorder.begin_stage)
            recorder.end_stage()
        quiet_pipe(pipe)
        networks = networks_of(pipe)
        if not recorder.record["models"]:
            recorder.read("after_load")
            entry = model_entry(settings.model, found, networks, settings.dtype)
            recorder.add_model(entry | {"reused": False})
        weights_bytes = sum(stored_bytes(network) for network in networks.values())
        recorder.raise_peak()
        give_back()
        recorder.meters.reset_peaks()
        walls = [self._repeat(name, pipe, index) for index in range(settings.repeats)]
        memory, wall_s = self._memory(before), median(walls[1:])
        if name == BASELINE:
            self._plain_s = wall_s
        return {
            "wall_s": wall_s,
            "time_ratio": None if self._plain_s is None else wall_s / self._plain_s,
            "load_s": loading.wall_s,
            "weights_bytes": weights_bytes,
            "memory": memory,
            **self._compared(name),
        }

    def _now(self) -> int | None:
        self._recorder.clock.settle()
        value: int | None = self._recorder.meters.read()[f"{self._meter}_bytes"]  # type: ignore[assignment]
        return value

    def _memory(self, before: int | None) -> Entry:
        peak = self._recorder.raise_peak()[f"{self._meter}_bytes"]
        if not isinstance(peak, int) or before is None:
            return {"meter": self._meter, "peak_bytes": None, "needed_bytes": None, "reason": NO_PEAK}
        return {"meter": self._meter, "peak_bytes": peak, "needed_bytes": max(0, peak - before)}

    def _repeat(self, name: Saver, pipe: Any, index: int) -> float:
        settings, steps = self._settings, int(self._settings.num_inference_steps or 1)
        pipe.scheduler.set_timesteps(steps)  # some schedulers evaluate more often than they count steps
        self._watch.total = len(pipe.scheduler.timesteps) * settings.repeats * self._possible
        self._watch.begin(f"{TITLES[name]}, {index + 1} of {settings.repeats}")
        side = int(settings.side or 0)
        with self._recorder.clock.measure() as timing:
            drawn = program.draw(pipe, settings.prompt, side, settings.pictures, steps, settings.seed, self._watch)
        self._recorder.spend([{"name": f"Drawing: {TITLES[name]}", "wall_s": timing.wall_s}])
        self._recorder.repeat(timing, is_first=index == 0, settings={"saver": name})
        self._drawn = drawn[0]
        return timing.wall_s

    def _largest(self, name: Saver) -> Entry:
        """The largest single picture that fits into the limit; nothing where none was given, or it was not found."""
        settings, title = self._settings, TITLES[name]
        if settings.memory_limit_gib is None:
            return {}
        asked = {
            "path": self._found.path,
            "saver": name,
            "device": settings.device,
            "variant": self._found.variant,
            "prompt": settings.prompt,
            "limit_bytes": round(settings.memory_limit_gib * GIB),
            "sides": SIDES,
        }
        tell = self._progress.report
        try:
            with self._recorder.stage(f"Finding the largest picture: {title}"):
                return largest(asked, lambda what: tell(f"{title}: {what}"), self._progress.check)
        except SearchFailed as failure:
            self._recorder.note(NOT_SEARCHED.format(title=title, reason=failure.message))
            return {}

    def _compared(self, name: Saver) -> Entry:
        """How far the picture is from the plain program's; kept for people to look at."""
        picture = self._drawn
        if name == BASELINE:
            self._plain = picture
        distance = None if self._plain is None else difference(picture, self._plain)
        details: Entry = {
            "index": len(self._recorder.pictures),
            "variant": name,
            "title": TITLES[name],
            "prompt": self._settings.prompt,
            "seed": self._settings.seed,
            "num_inference_steps": self._settings.num_inference_steps,
            "pixel_distance": distance,
            "width": picture.width,
            "height": picture.height,
        }
        made_by = provenance(self._recorder) | details
        self._recorder.pictures.append(RunPicture("picture", details, png(picture, made_by)))
        return {"pixel_distance": distance}
