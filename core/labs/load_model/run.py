"""Measures program.py: how long a load takes, stage by stage, and what every memory meter says before and after.

The model is let go at the end, so that `freed` shows what comes back.
"""

from typing import Any

import torch

# The Auto classes would import this in the middle of the timed load.
import transformers.models.qwen3.modeling_qwen3  # noqa: F401
from diffusers import DiffusionPipeline

from core.labs.load_model import program
from core.labs.load_model.settings import Settings
from core.measure.memory import give_back
from core.measure.progress import Progress
from core.measure.recorder import Recorder
from core.models.catalog import CATALOG
from core.models.checkpoint import Checkpoint
from core.models.resident import Resident
from core.runs.loading import find_weights, model_entry, networks_of, start_alone, start_from_empty
from core.runs.planning import models_of

NOT_TIMED_ON_DEVICE = "loading happens on the host; the GPU only receives"
WARM_LOADS = "From the second load on, the files come from the operating system's memory, not from the disk."


def run(settings: Settings, recorder: Recorder, resident: Resident, progress: Progress) -> None:
    """Load the model `settings.repeats` times, each time from nothing."""
    start_alone(recorder, resident, progress)
    found = find_weights(models_of(settings), settings, recorder, progress)[settings.model]
    start_from_empty(recorder)
    for index in range(settings.repeats):
        _load_once(index, settings, found, recorder)
        give_back()
        recorder.read("freed")
    recorder.leave_out("after_run", "this lab only loads; nothing was run")
    if settings.repeats > 1:
        recorder.note(WARM_LOADS)


def _load_once(index: int, settings: Settings, found: Checkpoint, recorder: Recorder) -> None:
    """One timed load. The model is gone when this returns."""
    stages_before = len(recorder.record["stages"])
    with recorder.timeline.sampling(), recorder.clock.measure() as timing:
        networks = _load(settings, found, recorder)
        recorder.end_stage()
    timing.device_s = None
    stages = recorder.record["stages"][stages_before:]
    if index > 0:
        del recorder.record["stages"][stages_before:]
    recorder.repeat(timing, stages=stages, device_s_reason=NOT_TIMED_ON_DEVICE)
    if index == 0:
        recorder.read("after_load")
        recorder.read("peak")
        recorder.read("load_peak")
        recorder.add_model(
            model_entry(settings.model, found, networks, settings.dtype, program.count) | {"reused": False}
        )


def _load(settings: Settings, found: Checkpoint, recorder: Recorder) -> dict[str, Any]:
    dtype = getattr(torch, settings.dtype)
    stage = recorder.begin_stage
    if CATALOG[settings.model].task == "text-generation":
        _, model = program.load_text_model(found.path, settings.device, dtype, stage)
        return {"model": model}
    place = (found.path, settings.device, dtype, found.variant)
    if settings.model == "stable-diffusion-1.5":
        return networks_of(program.load_picture_model(*place, stage=stage))
    return networks_of(program.load_picture_model(*place, DiffusionPipeline, stage))
