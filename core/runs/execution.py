"""Runs a lab and always comes back with a record: finished, failed or cancelled.

Worker side, but quick to import: torch comes in with the lab itself.

    outcome = execute("text_generation", {"device": "cpu", "source": "dummy"}, SilentProgress(), Resident())
    outcome.record["state"]      # "finished"
"""

import gc
import importlib
import logging
import re
import sys
import traceback
from dataclasses import dataclass, field
from typing import Any, Literal

from core.errors import DeviceLost, InvalidSettings, LabError, OutOfMemory, RunCancelled
from core.measure import apple
from core.measure.machine import this_machine
from core.measure.memory import has_context
from core.measure.progress import Progress
from core.measure.recorder import Recorder, RunPicture
from core.models.resident import Resident
from core.runs.device_lock import device_lock
from core.runs.lab import Lab
from core.runs.memory_model import predicted
from core.runs.parsing import parse_settings
from core.runs.planning import Plan, plan
from core.runs.quiet import prepare_environment, quiet_libraries
from core.runs.registry import LABS
from core.runs.settings import LabSettings, ModelSettings
from core.runs.threads import use_threads
from core.units import gib

__all__ = ["Outcome", "RunPicture", "execute"]

State = Literal["finished", "failed", "cancelled"]
CPU_FULL = re.compile(r"DefaultCPUAllocator.*?tried to allocate (\d+) bytes", re.DOTALL)
GPU_FULL = re.compile(r"Tried to allocate ([\d.]+ [KMG]iB).*?of which ([\d.]+ (?:bytes|[KMG]iB)) is free", re.DOTALL)
FULL = re.compile(
    r"can't allocate memory|out of memory|STATUS_ALLOC_FAILED|cudaErrorMemoryAllocation"
    r"|CUBLAS_STATUS_NOT_INITIALIZED when calling .?cublasCreate",
    re.IGNORECASE,
)
"""How memory that is not there is told of by the CPU's allocator, CUDA, Triton, the compiler, cuBLAS and cuDNN; cuBLAS
without the room to begin says that it has not begun."""
GPU_GONE = re.compile(
    r"GPU is lost|fallen off the bus|no CUDA-capable device|device\(s\) is/are busy or unavailable|device is lost"
    r"|unspecified launch failure|an illegal memory access|uncorrectable ECC error|CUDA driver .{0,40}shutting down"
    r"|device-side assert triggered|misaligned address|an illegal instruction",
    re.IGNORECASE,
)
GONE_REMEDY = "Run it again; a new worker process takes over. If it stays, restart the machine or run on the CPU."
LONGEST_REASON = 300
SMALLER = "Choose fewer pixels or tokens, a smaller precision (float16), or the small twin."

CROWDED = "The memory ran out while other models were loaded, so they were let go and the run began again."

log = logging.getLogger(__name__)
_settled: set[str] = set()
"""Labs after whose imports the collector was told so."""


@dataclass
class Outcome:
    """What a run leaves: its record (`vram-lab/run/1`) and its pictures."""

    record: dict[str, Any]
    pictures: list[RunPicture] = field(default_factory=list)


class UnexpectedError(LabError):
    """Something that no lab foresees; the worker's log has the traceback."""

    kind = "unexpected"


def execute(
    lab_name: str,
    settings: dict[str, Any],
    progress: Progress,
    resident: Resident,
    *,
    job_id: str | None = None,
    is_fresh: bool = True,
    picture: bytes | None = None,
) -> Outcome:
    """Run a lab once. Whatever happens to the run is in the record; nothing is raised for it.

    Args:
        settings: the lab's settings; `auto` is resolved for this machine.
        progress: told about every step; its `check` may stop the run.
        resident: what earlier runs of this process left loaded.
        is_fresh: whether this process has run no lab before.
        picture: the student's own picture, for the labs that take one.

    Raises:
        KeyError: there is no such lab.
    """
    lab = LABS[lab_name]
    prepare_environment()
    machine = this_machine()
    try:
        planned = plan(lab, parse_settings(lab, settings), machine)
    except InvalidSettings as invalid:
        return _refused(lab, settings, invalid, job_id)
    asked: dict[str, Any] = {"job_id": job_id, "picture": picture, "progress": progress, "machine": machine}
    outcome = _once(lab, planned, asked | {"is_fresh": is_fresh}, resident)
    if not _was_crowded(outcome.record):
        return outcome
    # Everything was let go after the failure, so now the run has the device to itself, as it would have without budget.
    again = _once(lab, planned, asked | {"is_fresh": False}, resident)
    again.record["notes"].append(CROWDED)
    return again


def _once(lab: Lab, planned: Plan, asked: dict[str, Any], resident: Resident) -> Outcome:
    settings, progress = planned.settings, asked["progress"]
    recorder = Recorder(lab.name, settings.model_dump(mode="json"), device=settings.device, **asked)
    for reason in planned.reasons:
        recorder.note(reason)
    if planned.refusal:
        return Outcome(recorder.finish("failed", planned.refusal))
    _tell_computed(lab, planned, progress)
    return _run(lab, settings, recorder, resident, progress)


def _was_crowded(record: dict[str, Any]) -> bool:
    """Whether a run found too little memory while models of other runs had a part of it."""
    is_full = (record["error"] or {}).get("kind") == OutOfMemory.kind
    return is_full and bool(record["memory"].get("resident_bytes"))


def _tell_computed(lab: Lab, planned: Plan, progress: Progress) -> None:
    """The memory that the run should take, part by part; not of a twin, around which the libraries take nearly all."""
    settings, weights = planned.settings, planned.weights_bytes
    if isinstance(settings, ModelSettings) and weights is not None and settings.source != "embedded":
        parts = predicted(lab, settings, weights)
        progress.memory({"computed": [(part.name, part.bytes) for part in parts]})


def _run(lab: Lab, settings: LabSettings, recorder: Recorder, resident: Resident, progress: Progress) -> Outcome:
    state, error = _attempt(lab, settings, recorder, resident, progress)
    if state == "failed" and not isinstance(error, DeviceLost):
        error = lost(settings.device) or error
    if state == "failed" and not isinstance(error, DeviceLost):
        # A half-moved model must not serve the next run; after a cancel it is whole and stays. On a lost device every
        # call would fail again, so there the worker ends, and its memory with it.
        error = _released(resident) or error
    return Outcome(recorder.finish(state, error), recorder.pictures)


def _attempt(
    lab: Lab, settings: LabSettings, recorder: Recorder, resident: Resident, progress: Progress
) -> tuple[State, LabError | None]:
    try:
        with device_lock(settings.device, progress):
            recorder.conditions.begin()
            with recorder.stage("Importing the libraries"):
                module = importlib.import_module(f"core.labs.{lab.name}.run")
                quiet_libraries()
                _leave_libraries_alone(lab.name)
                if isinstance(settings, ModelSettings):
                    use_threads(settings)
            module.run(settings, recorder, resident, progress)
            recorder.end_stage()
    except RunCancelled as stop:
        return "cancelled", stop
    except KeyboardInterrupt:
        return "cancelled", RunCancelled("The run was stopped from the keyboard.", "Start it again when you like.")
    except LabError as reason:
        traceback.clear_frames(reason.__traceback__)
        return "failed", reason
    except Exception as failure:
        explained = explain(failure, settings.device)
        if explained.kind == UnexpectedError.kind:
            log.error("The lab %s failed", lab.name, exc_info=failure)
        # Frames in the traceback hold the very tensors that have to go.
        traceback.clear_frames(failure.__traceback__)
        return "failed", explained
    return "finished", None


def _leave_libraries_alone(lab_name: str) -> None:
    """Have the garbage collector pass over what the libraries made, once per lab; a model that goes ends that.

    It would look through their many objects again and again while a model is read: loads took about a tenth longer.
    """
    if lab_name not in _settled:
        _settled.add(lab_name)
        gc.collect()
        gc.freeze()


def explain(error: Exception, device: str) -> LabError:
    """A foreign exception in words: out of memory, a device that is gone, anything else as it is."""
    text = str(error)
    if found := GPU_GONE.search(text):
        return DeviceLost(f"The GPU {device} stopped answering during the run: {found[0]}.", GONE_REMEDY)
    if type(error).__name__ == "OutOfMemoryError" or isinstance(error, MemoryError) or FULL.search(text):
        return OutOfMemory(_what_was_missing(text, device), SMALLER)
    return UnexpectedError(f"{type(error).__name__}: {text}", "Run it again; if it stays, report it with this message.")


def reason_of(failure: Exception, device: str) -> LabError:
    """Why a part of a run failed: the lab's own error, or a foreign one in words, which goes to the log as it is."""
    if isinstance(failure, LabError):
        return failure
    log.warning("A part of a run failed", exc_info=failure)
    return explain(failure, device)


def in_short(reason: LabError) -> str:
    """What an error says, in a line or two."""
    lines = " ".join(line.strip() for line in reason.message.splitlines() if line.strip())
    return lines if len(lines) <= LONGEST_REASON else f"{lines[:LONGEST_REASON]}…"


def lost(device: str) -> DeviceLost | None:
    """Whether a GPU still answers after a failure.

    Some errors of CUDA stay: every later call of the process raises them again, whatever it is. So one is made.
    """
    try:
        if device.startswith("cuda") and has_context(device):
            sys.modules["torch"].cuda.synchronize(device)
        elif device == apple.DEVICE:
            apple.synchronise()
    except Exception as failure:
        return _gone(f"The GPU {device}", failure)
    return None


def _released(resident: Resident) -> DeviceLost | None:
    """Let the model go. It may lie on another device than the run's, one that was lost without anybody asking it."""
    try:
        resident.release()
    except Exception as failure:
        return _gone("The GPU that held the model of an earlier run", failure)
    return None


def _gone(what: str, failure: Exception) -> DeviceLost:
    said = next(iter(str(failure).splitlines()), type(failure).__name__)
    return DeviceLost(f"{what} stopped answering during the run: {said}.", GONE_REMEDY)


def _what_was_missing(text: str, device: str) -> str:
    if found := GPU_FULL.search(text):
        return f"The run asked {device} for {found[1]} more, and {found[2]} were free."
    if found := CPU_FULL.search(text):
        return f"The run asked for {gib(int(found[1]))} of RAM more than this machine could give."
    return f"The run needed more memory than {device} could give."


def _refused(lab: Lab, settings: dict[str, Any], error: LabError, job_id: str | None) -> Outcome:
    recorder = Recorder(lab.name, settings, device="cpu", machine=this_machine(), job_id=job_id)
    return Outcome(recorder.finish("failed", error))
