"""Measures program.py: YOLO finds an object, SDXL inpainting paints something else there.

Two models are loaded, five networks in all. Each repeat holds both: finding and painting. Where somebody painted the
region by hand, there is nothing to find, and no detector is loaded.
"""

from typing import Any

import torch
from PIL import Image

from core.labs.inpainting import program
from core.labs.inpainting.settings import Settings
from core.measure.progress import Progress
from core.measure.recorder import Recorder, RunPicture
from core.models.catalog import CATALOG, Model
from core.models.checkpoint import Checkpoint
from core.models.resident import Resident
from core.runs.drawing import (
    DECODING,
    DENOISING,
    ENCODING,
    TEXT,
    StepWatch,
    a_seed,
    measured_picture,
    provenance,
    quiet_pipe,
    readings_at_the_end,
)
from core.runs.limit_pass import DeviceRates, look_closer
from core.runs.loading import Loaded, load_or_reuse, model_entry, networks_of
from core.runs.phases import Phases
from core.runs.pictures import chosen_picture
from core.runs.planning import models_of
from core.runs.png import png
from core.runs.previews import step_watch
from core.runs.threads import use_threads
from core.runs.twin_world import KNOWN_OBJECTS

FINDING = "Finding the object"
NOTHING_FOUND = "YOLO found nothing in the picture, so the lab painted over a fixed box in the middle."
BY_HAND = "You painted the region yourself, so nothing was searched for."
WHY_NOTHING = {
    "hub": "",
    "dummy": " With random weights that is expected: only a trained detector knows objects.",
    "embedded": f" The twin's detector knows only four objects, in drawn landscapes: {KNOWN_OBJECTS}.",
}
OFFLOADED = "with model offload the networks come and go, so one evaluation says little of the device"
STRENGTH = 0.9999
"""The pipeline's own default: it skips one of the steps."""
LONGEST_OF_TWIN_PX = 256


def run(settings: Settings, recorder: Recorder, resident: Resident, progress: Progress) -> None:
    """Load or reuse both models, then find and paint `settings.repeats` times."""
    picture = chosen_picture(settings.settled().picture, recorder)
    detector, pipe = load_or_reuse(
        "inpainting",
        settings,
        models_of(settings),
        lambda found: _read(settings, found, recorder),
        recorder,
        resident,
        progress,
    )
    width, height = painted_size(settings, picture.size)
    recorder.pictures.append(_as_picture("original", picture, {}, settings, recorder))
    total = settings.repeats * _evaluations(pipe, settings.num_inference_steps)
    watch = step_watch(settings.previews, recorder, progress, total)
    rates = None if "model_offload" in settings.savers else DeviceRates(settings, pipe.unet)
    if rates is not None:
        rates.measure()
    recorder.meters.reset_peaks()
    try:
        with readings_at_the_end(recorder):
            for index in range(settings.repeats):
                watch.begin(f"Picture {index + 1} of {settings.repeats}")
                _repeat(settings, detector, pipe, picture, (width, height), watch, recorder)
    finally:
        watch.end()
    if rates is None:
        recorder.limit(OFFLOADED)
        recorder.record["profile_reason"] = OFFLOADED
        return
    rates.measure()
    everything, how = Image.new("L", picture.size, 255), _how(settings, (width, height))
    look_closer(recorder, pipe.unet, rates, lambda: _paint(settings, pipe, picture, everything, how))


def painted_size(settings: Settings, size: tuple[int, int]) -> tuple[int, int]:
    """Width and height to paint at, in pixels: as set, else the model's side at the picture's own proportions."""
    side = _side(CATALOG[settings.model], settings) or max(size)
    # The small twin's side may be the smallest allowed: then the shorter side takes it, and a long picture is longer.
    longest = max(side, LONGEST_OF_TWIN_PX)
    width, height = (min(longest, length) for length in program.painting_size(size, side))
    return settings.width or width, settings.height or height


def _side(model: Model, settings: Settings) -> int | None:
    return model.twin_size if settings.source == "embedded" else model.native_size


def _read(settings: Settings, found: dict[str, Checkpoint], recorder: Recorder) -> Loaded[tuple[Any, Any]]:
    weights, detector, entries = found[settings.model], None, []
    if detector_file := found.get(settings.detector):
        detector = program.load_detector(detector_file.path, settings.device, recorder.begin_stage)
        # The detector always computes in float32, whatever the painter does.
        entries.append(model_entry(settings.detector, detector_file, {"model": detector.model}, "float32"))
    dtype = getattr(torch, settings.dtype)
    where = weights.path, settings.device, dtype, weights.variant
    pipe = program.load_painter(*where, savers=settings.savers, stage=recorder.begin_stage)
    entries.append(model_entry(settings.model, weights, networks_of(pipe), settings.dtype))
    return Loaded((detector, quiet_pipe(pipe)), entries)


def _evaluations(pipe: Any, num_inference_steps: int) -> int:
    pipe.scheduler.set_timesteps(num_inference_steps)
    timesteps, _ = pipe.get_timesteps(num_inference_steps, STRENGTH, pipe.device)
    return len(timesteps)


def _repeat(
    settings: Settings,
    detector: Any,
    pipe: Any,
    picture: Image.Image,
    size: tuple[int, int],
    watch: StepWatch,
    recorder: Recorder,
) -> None:
    how = _how(settings, size)
    imgsz = _side(CATALOG[settings.detector], settings) or max(picture.size)
    regions: list[tuple[Image.Image, dict[str, Any] | None]] = []

    def find_and_paint(phases: Phases) -> Any:
        if detector is None:
            regions.append((program.painted_region(settings.painted, picture.size), None))
        else:
            phases.begin(FINDING)
            regions.append(program.find_region(detector, picture, settings.region, imgsz))
            use_threads(settings)  # the detector's library has just lowered the number
        phases.begin(TEXT)
        return _paint(settings, pipe, picture, regions[0][0], how, on_step_end=watch)

    result, entry = measured_picture(find_and_paint, _networks(pipe), recorder, watch, how)
    _keep(settings, entry, how, *regions[0], result.images[0], recorder)


def _how(settings: Settings, size: tuple[int, int]) -> dict[str, Any]:
    return {
        "seed": a_seed(settings.seed),
        "num_inference_steps": settings.num_inference_steps,
        "guidance_scale": settings.guidance_scale,
        "width": size[0],
        "height": size[1],
    }


def _paint(
    settings: Settings, pipe: Any, picture: Image.Image, mask: Image.Image, how: dict[str, Any], **more: Any
) -> Any:
    return program.paint(pipe, picture, mask, settings.prompt, settings.negative_prompt, **how, **more)


def _networks(pipe: Any) -> dict[str, Any]:
    return {
        TEXT: pipe.text_encoder,
        ENCODING: pipe.vae.encoder,
        DENOISING: pipe.unet,
        DECODING: pipe.vae.decoder,
    }


def _keep(
    settings: Settings,
    entry: dict[str, Any],
    how: dict[str, Any],
    mask: Image.Image,
    found: dict[str, Any] | None,
    result: Image.Image,
    recorder: Recorder,
) -> None:
    """Mask (once) and result as pictures; what was found into the record."""
    if entry["is_first"]:
        recorder.record["outputs"]["found"] = found
        if found is None and settings.region == "painted":
            recorder.record["outputs"]["found_reason"] = BY_HAND
        elif found is None:
            recorder.record["outputs"]["found_reason"] = NOTHING_FOUND
            recorder.note(NOTHING_FOUND + WHY_NOTHING[settings.source])
        details = {"region": settings.region, "found": found}
        recorder.pictures.append(_as_picture("mask", mask, details, settings, recorder))
    details = {"index": entry["index"], **how, "wall_s": entry["wall_s"]}
    recorder.pictures.append(_as_picture("result", result, details, settings, recorder))


def _as_picture(
    role: str, picture: Image.Image, details: dict[str, Any], settings: Settings, recorder: Recorder
) -> RunPicture:
    details = {"width": picture.width, "height": picture.height, **details}
    made_by = {
        "role": role,
        "prompt": settings.prompt,
        "negative_prompt": settings.negative_prompt,
        **provenance(recorder),
    }
    return RunPicture(role, details, png(picture, made_by | details, f"Inpainting: {role}"))
