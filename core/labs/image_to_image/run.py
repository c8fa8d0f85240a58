"""Measures program.py: one picture changed with one strength after the other, from the same noise."""

from typing import Any

import torch
from diffusers import StableDiffusionImg2ImgPipeline
from PIL import Image

from core.labs.image_to_image import program
from core.labs.image_to_image.settings import Settings
from core.measure.progress import Progress
from core.measure.recorder import Recorder, RunPicture
from core.models.catalog import CATALOG
from core.models.checkpoint import Checkpoint
from core.models.resident import Resident
from core.runs.drawing import (
    DECODING,
    DENOISING,
    ENCODING,
    PIPELINE,
    SAFETY,
    TEXT,
    StepWatch,
    as_pipeline,
    measured_picture,
    provenance,
    quiet_pipe,
    readings_at_the_end,
)
from core.runs.limit_pass import DeviceRates, look_closer
from core.runs.loading import Loaded, load_or_reuse, model_entry, networks_of
from core.runs.pictures import chosen_picture
from core.runs.planning import models_of
from core.runs.png import difference, png


def run(settings: Settings, recorder: Recorder, resident: Resident, progress: Progress) -> None:
    """Load or reuse the pipeline, then change the picture once with each strength."""
    picture = chosen_picture(settings.settled().picture, recorder)
    shared = load_or_reuse(
        "image_to_image",
        settings,
        models_of(settings),
        lambda found: _read(settings, found, recorder),
        recorder,
        resident,
        progress,
        PIPELINE,
    )
    pipe = as_pipeline(StableDiffusionImg2ImgPipeline, shared)
    model = CATALOG[settings.model]
    side = model.twin_size if settings.source == "embedded" else model.native_size
    picture = program.fitted(picture, int(side or 0))
    _keep(recorder, settings, "original", picture, {})
    total = sum(evaluations(pipe, settings.num_inference_steps, strength) for strength in settings.strengths)
    watch = StepWatch(recorder, progress, total)
    rates = DeviceRates(settings, pipe.unet)
    rates.measure()
    recorder.meters.reset_peaks()
    with readings_at_the_end(recorder):
        for strength in settings.strengths:
            watch.begin(f"Strength {strength:g}")
            _change(settings, pipe, picture, strength, watch, recorder)
    rates.measure()
    look_closer(recorder, pipe.unet, rates, lambda: _drawn(settings, pipe, picture, max(settings.strengths)))


def evaluations(pipe: Any, num_inference_steps: int, strength: float) -> int:
    """How often the UNet will be asked, which can be more often than the number of steps."""
    pipe.scheduler.set_timesteps(num_inference_steps)
    return len(pipe.get_timesteps(num_inference_steps, strength, pipe.device)[0])


def _read(settings: Settings, found: dict[str, Checkpoint], recorder: Recorder) -> Loaded[Any]:
    weights = found[settings.model]
    dtype = getattr(torch, settings.dtype)
    pipe = program.load(weights.path, settings.device, dtype, weights.variant, recorder.begin_stage)
    return Loaded(quiet_pipe(pipe), [model_entry(settings.model, weights, networks_of(pipe), settings.dtype)])


def _change(
    settings: Settings, pipe: Any, picture: Image.Image, strength: float, watch: StepWatch, recorder: Recorder
) -> None:
    how = {"settings": {"strength": strength}, "strength": strength}
    result, entry = measured_picture(
        lambda phases: _drawn(settings, pipe, picture, strength, on_step_end=watch),
        _networks(pipe),
        recorder,
        watch,
        how,
    )
    changed = result.images[0]
    told = {name: entry[name] for name in ("index", "strength", "evaluations", "wall_s")}
    own = {"strengths": [strength], "distance_to_original": difference(changed, picture)}
    _keep(recorder, settings, "result", changed, told | own)


def _drawn(settings: Settings, pipe: Any, picture: Image.Image, strength: float, **more: Any) -> Any:
    return program.change(
        pipe,
        picture,
        settings.prompt,
        settings.negative_prompt,
        strength,
        settings.num_inference_steps,
        settings.guidance_scale,
        settings.seed,
        **more,
    )


def _networks(pipe: Any) -> dict[str, Any]:
    networks = {
        TEXT: pipe.text_encoder,
        ENCODING: pipe.vae.encoder,
        DENOISING: pipe.unet,
        DECODING: pipe.vae.decoder,
    }
    return networks | ({SAFETY: pipe.safety_checker} if pipe.safety_checker is not None else {})


def _keep(recorder: Recorder, settings: Settings, role: str, picture: Image.Image, details: dict[str, Any]) -> None:
    details = {"index": 0, "width": picture.width, "height": picture.height, **details}
    made_by = {"role": role, "prompt": settings.prompt, **provenance(recorder)}
    recorder.pictures.append(RunPicture(role, details, png(picture, made_by | details, f"Image to image: {role}")))
