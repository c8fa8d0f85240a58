"""The run record, built bit by bit, so that a failed or cancelled run keeps what it had measured.

Schema `vram-lab/run/1`; `run.schema.json` beside this file says every field. A figure that cannot be had is None with
`<name>_reason` beside it.

    recorder = Recorder("text_generation", settings, device="cpu", machine=this_machine())
    with recorder.stage("Reading the weights"):
        model = load()
    recorder.read("after_load")
    recorder.repeat(wall_s=timing.wall_s, tokens=100)
    record = recorder.finish("finished")
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter
from typing import Any, Literal
from uuid import uuid4

from core.errors import LabError
from core.measure import apple
from core.measure.clocks import NO_DEVICE_CLOCK, Clock, Timing
from core.measure.conditions import Conditions
from core.measure.environment import environment
from core.measure.machine import Machine, gpu_of
from core.measure.memory import Meters, Reading, has_context
from core.measure.progress import Progress, SilentProgress
from core.measure.timeline import Timeline

SCHEMA = "vram-lab/run/1"
NOT_REACHED = "the run did not get that far"
NO_LIMIT = "no pass of this run can be set beside a physical limit"

Border = Literal["baseline", "context", "load_peak", "after_load", "peak", "after_run", "freed"]
BORDERS: tuple[Border, ...] = ("baseline", "context", "load_peak", "after_load", "peak", "after_run", "freed")


@dataclass
class RunPicture:
    """A picture that a run made. `details` says how; `png` carries the same as text chunks.

    In the role `safetensors` it is a small file of weights in place of a picture, whose name is in `details`.
    """

    role: str
    details: dict[str, Any]
    png: bytes


class Recorder:
    """What one run measured so far.

    Args:
        lab: name of the lab.
        settings: concrete settings as plain JSON, without `auto`.
        device: `cpu` or `cuda[:N]`.
        machine: the machine that measures.
        job_id: the job that asked for the run, if any.
        is_fresh: whether this process has run no lab before.
        picture: the student's own picture, for the labs that take one.
        progress: whom to tell about stages.
    """

    def __init__(
        self,
        lab: str,
        settings: dict[str, Any],
        *,
        device: str,
        machine: Machine,
        job_id: str | None = None,
        is_fresh: bool = True,
        picture: bytes | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.picture = picture
        self.pictures: list[RunPicture] = []
        self.clock = Clock(device)
        self.meters = Meters(device, machine)
        self.conditions = Conditions(device, machine)
        self.timeline = Timeline(self.meters, self._tell_memory)
        self._machine = machine
        self._progress = progress or SilentProgress()
        self._stage: tuple[str, float] | None = None
        self.record = _empty_record(lab, settings, job_id)
        self.record["device"] = _device(device, machine)
        self.record["fresh_process"] = is_fresh and not has_context()
        self.record["memory"]["timeline"] = self.timeline.points

    def begin_stage(self, name: str) -> None:
        """End the stage before, if any, and start this one; labs hand this method to their program."""
        self.end_stage()
        self._progress.check()
        self._progress.report(name)
        self._stage = (name, perf_counter())

    def end_stage(self) -> None:
        """Write down how long the stage took, wall clock in seconds."""
        if self._stage is None:
            return
        self.clock.settle()
        name, start = self._stage
        self.record["stages"].append({"name": name, "wall_s": perf_counter() - start})
        self._stage = None

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """One stage as a block."""
        self.begin_stage(name)
        yield
        self.end_stage()

    def spend(self, stages: Iterable[dict[str, Any]]) -> None:
        """Add the phases of a repeat to the run's stages, where each phase stands once with its sum."""
        for stage in stages:
            same = next((known for known in self.record["stages"] if known["name"] == stage["name"]), None)
            if same is None:
                self.record["stages"].append(dict(stage))
            else:
                same["wall_s"] += stage["wall_s"]

    def read(self, border: Border) -> None:
        """Read every meter at a border of the run; `load_peak` and `peak` are the highest since `reset_peaks`."""
        if border in ("load_peak", "peak"):
            self._keep(border, self.meters.peaks())
            return
        self.clock.settle()
        reading = self.meters.read()
        self.timeline.add(reading)
        self._keep(border, reading)

    def raise_peak(self) -> Reading:
        """The peaks since `reset_peaks`; the record's `peak` keeps the highest of several such parts of a run."""
        now = self.meters.peaks()
        before = self.record["memory"]["peak"] or {}
        highest = {name: value for name, value in before.items() if _is_more(value, now.get(name))}
        self._keep("peak", now | highest)
        return now

    def leave_out(self, border: Border, reason: str) -> None:
        """Say why a border has no reading."""
        self.record["memory"].update(_missing(border, reason))

    def add_model(self, entry: dict[str, Any]) -> None:
        """Add a model; the last one added is the run's main `model`, several are listed under `models`."""
        self.record["models"].append(entry)
        self.record["model"] = entry

    def repeat(self, timing: Timing, **figures: Any) -> dict[str, Any]:
        """Add one timed pass and return its entry; the first one is cold, and any other that brings `is_first`."""
        index = len(self.record["repeats"])
        entry: dict[str, Any] = {
            "index": index,
            "is_first": index == 0,
            "wall_s": timing.wall_s,
            "device_s": timing.device_s,
        }
        if timing.device_s is None:
            entry["device_s_reason"] = NO_DEVICE_CLOCK
        entry |= figures
        self.record["repeats"].append(entry)
        if figures.get("images_per_s"):
            self._progress.rate(figures["images_per_s"])
        self._progress.landed(timing.wall_s)
        self.timeline.sample()
        return entry

    def limit(self, found: dict[str, Any] | str) -> None:
        """Put the physical limit into the record, or the reason why there is none."""
        if isinstance(found, str):
            self.record |= {"limit": None, "limit_reason": found}
        else:
            self.record.pop("limit_reason", None)
            self.record["limit"] = found
            self._progress.limit(_steps_per_s(found))

    def profile(self, found: dict[str, Any] | str, **more: Any) -> None:
        """Put into the record where the time of a pass went, as `Profiler.result` gives it, with further fields."""
        if isinstance(found, str):
            self.record |= {"profile": None, "profile_reason": found}
        else:
            self.record.pop("profile_reason", None)
            self.record["profile"] = found | more

    def note(self, sentence: str) -> None:
        """Add a sentence that the reader has to see beside the figures; each is kept once."""
        if sentence not in self.record["notes"]:
            self.record["notes"].append(sentence)

    def finish(
        self, state: Literal["finished", "failed", "cancelled"], error: LabError | None = None
    ) -> dict[str, Any]:
        """Close the record and return it."""
        self._end_open_stage()
        self.record["state"] = state
        self.record["error"] = error.as_record() if error else None
        self.record["environment"] = environment(self._machine)
        self.record["conditions"] |= self.conditions.end()
        for warning in self.conditions.warnings:
            self.note(warning)
        return self.record

    def _end_open_stage(self) -> None:
        # After a failed kernel a synchronise raises again, so the last stage is closed by the wall clock alone.
        if self._stage is not None:
            name, start = self._stage
            self.record["stages"].append({"name": name, "wall_s": perf_counter() - start, "is_complete": False})
            self._stage = None

    def _tell_memory(self, point: dict[str, Any]) -> None:
        """Pass a reading that was taken anyway on to whoever waits for the run."""
        meter = "device_used" if self.clock.is_cuda else "process_rss"
        if (now := point.get(f"{meter}_bytes")) is not None:
            before = (self.record["memory"]["baseline"] or {}).get(f"{meter}_bytes")
            device = self.meters.gpu.memory_bytes if self.clock.is_cuda and self.meters.gpu else self._machine.ram_bytes
            self._progress.memory({"meter": meter, "now": now, "before": before, "device": device})

    def _keep(self, border: Border, reading: dict[str, Any]) -> None:
        self.record["memory"][border] = reading
        self.record["memory"].pop(f"{border}_reason", None)


def _steps_per_s(limit: dict[str, Any]) -> float:
    """A limit as a rate; of a batch, in pictures."""
    value: float = limit["value"]
    return limit.get("images", 1) / value if limit["unit"].startswith("s/") else value


def _is_more(before: Any, now: Any) -> bool:
    return isinstance(before, int) and (not isinstance(now, int) or before > now)


def _missing(border: str, reason: str) -> list[tuple[str, Any]]:
    return [(border, None), (f"{border}_reason", reason)]


def _device(device: str, machine: Machine) -> dict[str, Any]:
    if device == "cpu":
        return {"type": "cpu", "name": machine.cpu_name, "index": None}
    if device == apple.DEVICE:
        return {"type": "mps", "name": machine.apple_gpu, "index": None}
    gpu = gpu_of(device, machine)
    return {"type": "cuda", "name": gpu.name if gpu else None, "index": int(device.partition(":")[2] or 0)}


def _empty_record(lab: str, settings: dict[str, Any], job_id: str | None) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "id": uuid4().hex,
        "job_id": job_id,
        "created_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "lab": lab,
        "state": None,
        "error": None,
        "settings": settings,
        "device": {},
        "fresh_process": False,
        "model": None,
        "models": [],
        "stages": [],
        "repeats": [],
        "memory": {name: value for border in BORDERS for name, value in _missing(border, NOT_REACHED)},
        "limit": None,
        "limit_reason": NO_LIMIT,
        "profile": None,
        "profile_reason": NOT_REACHED,
        "conditions": {},
        "notes": [],
        "environment": {},
        "outputs": {},
    }
