"""Measures program.py: one picture after the other, each network's share of the time, evaluations counted.

A sweep changes one setting from picture to picture and keeps the others, the seed too, so that what differs between
the pictures comes from that setting alone. Where the refiner takes the last steps, its evaluations are counted and
timed apart, and so is what lies between: it reads the prompt again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline

from core.labs.text_to_image import program
from core.labs.text_to_image.settings import REFINER, Settings
from core.measure.progress import Progress
from core.measure.recorder import Recorder, RunPicture
from core.models.catalog import CATALOG
from core.models.checkpoint import Checkpoint
from core.models.resident import Resident
from core.runs.drawing import (
    DECODING,
    DENOISING,
    PIPELINE,
    SAFETY,
    TEXT,
    StepWatch,
    a_seed,
    as_pipeline,
    measured_picture,
    most_memory,
    provenance,
    quiet_pipe,
    readings_at_the_end,
)
from core.runs.limit_pass import DeviceRates, look_closer
from core.runs.loading import Loaded, load_or_reuse, model_entry, networks_of
from core.runs.planning import models_of
from core.runs.png import difference, png
from core.runs.previews import step_watch

Variant = dict[str, Any]
REFINING, HAND_OVER = "Refining", "Encoding the prompt for the refiner"
BLACKED_OUT = "The model's safety checker took picture {number} for indecent and made it black."
APART = ("difference_to_first", "distance_to_last")
NO_LAST = "the sweep did not get to its last picture"


@dataclass(frozen=True)
class Pipes:
    """What draws a picture; no refiner where none is asked for."""

    base: Any
    refiner: Any = None


def run(settings: Settings, recorder: Recorder, resident: Resident, progress: Progress) -> None:
    """Load or reuse the pipeline, then draw every picture of the run."""
    pipes = _loaded(settings, recorder, resident, progress)
    own = {pipe: pipe.scheduler for pipe in (pipes.base, pipes.refiner) if pipe is not None}
    if settings.scheduler != "own":
        for pipe in own:
            program.change_scheduler(pipe, settings.scheduler)
    try:
        _draw_all(pipes, settings, recorder, progress)
    finally:
        for pipe, scheduler in own.items():
            pipe.scheduler = scheduler  # the pipeline stays loaded for the next run


def _loaded(settings: Settings, recorder: Recorder, resident: Resident, progress: Progress) -> Pipes:
    """The pipeline, which other labs share, or both pipelines, which none does."""
    models = models_of(settings)
    if settings.is_refined:
        return load_or_reuse(
            "text_to_image",
            settings,
            models,
            lambda found: _read_both(settings, found, recorder),
            recorder,
            resident,
            progress,
        )
    shared = load_or_reuse(
        "text_to_image",
        settings,
        models,
        lambda found: _read(settings, found, recorder),
        recorder,
        resident,
        progress,
        PIPELINE,
    )
    is_xl = CATALOG[settings.model].has_two_text_encoders
    return Pipes(as_pipeline(StableDiffusionXLPipeline if is_xl else StableDiffusionPipeline, shared))


def _draw_all(pipes: Pipes, settings: Settings, recorder: Recorder, progress: Progress) -> None:
    variants = variants_of(settings)
    total = sum(_evaluations(pipes.base, each["num_inference_steps"]) for each in variants)
    watch = step_watch(settings.previews, recorder, progress, total)
    drawn: list[tuple[Any, dict[str, Any]]] = []
    rates = DeviceRates(settings, pipes.base.unet)
    rates.measure()
    try:
        with readings_at_the_end(recorder):
            for variant in variants:
                watch.begin(f"Picture {len(drawn) + 1} of {len(variants)}")
                recorder.meters.reset_peaks()
                drawn.append(_draw(pipes, settings, variant, watch, recorder))
    finally:
        _keep(drawn, settings, len(variants), recorder)
        watch.end()
    rates.measure()
    look_closer(recorder, pipes.base.unet, rates, lambda: _generate(pipes, settings, variants[0]))


def variants_of(settings: Settings) -> list[Variant]:
    """The seed, steps and guidance of every picture, in order."""
    fixed = {
        "num_inference_steps": settings.num_inference_steps,
        "guidance_scale": settings.guidance_scale,
    }
    if settings.is_refined:
        fixed["refiner_share"] = settings.refiner_share
    if settings.sweep is None:
        return [{"seed": a_seed(settings.seed), **fixed} for _ in range(settings.repeats)]
    seed = a_seed(settings.seed)
    return [{"seed": seed, **fixed, **change} for change in settings.changes()]


def _read(settings: Settings, found: dict[str, Checkpoint], recorder: Recorder) -> Loaded[Any]:
    weights = found[settings.model]
    dtype = getattr(torch, settings.dtype)
    is_xl = CATALOG[settings.model].has_two_text_encoders
    pipe = program.load(weights.path, settings.device, dtype, weights.variant, recorder.begin_stage, is_xl)
    entry = model_entry(settings.model, weights, networks_of(pipe), settings.dtype)
    return Loaded(quiet_pipe(pipe), [entry])


def _read_both(settings: Settings, found: dict[str, Checkpoint], recorder: Recorder) -> Loaded[Pipes]:
    """The pipeline, and beside it the refiner, which has only its UNet for itself."""
    base, weights = _read(settings, found, recorder), found[REFINER]
    refiner = program.load_refiner(base.parts, weights.path, weights.variant, recorder.begin_stage)
    entry = model_entry(REFINER, weights, {"unet": refiner.unet}, settings.dtype)
    return Loaded(Pipes(base.parts, quiet_pipe(refiner)), [entry, *base.entries])


def _evaluations(pipe: Any, num_inference_steps: int) -> int:
    """How often the scheduler will ask the UNet, which can be more often than the number of steps."""
    pipe.scheduler.set_timesteps(num_inference_steps)
    return len(pipe.scheduler.timesteps)


def _draw(
    pipes: Pipes, settings: Settings, variant: Variant, watch: StepWatch, recorder: Recorder
) -> tuple[Any, dict[str, Any]]:
    pipe, is_refined = pipes.base, bool(variant.get("refiner_share"))
    networks = {TEXT: pipe.text_encoder, DENOISING: pipe.unet, DECODING: pipe.vae.decoder}
    if getattr(pipe, "safety_checker", None) is not None:  # SDXL has none
        networks[SAFETY] = pipe.safety_checker
    if is_refined:
        networks[REFINING] = pipes.refiner.unet
    changed = {name: variant[name] for name in settings.swept()}
    swept = {"settings": changed} if changed else {}
    result, entry = measured_picture(
        lambda phases: _generate(pipes, settings, variant, watch, lambda: phases.begin(HAND_OVER)),
        networks,
        recorder,
        watch,
        swept | variant,
    )
    meter, peak_bytes = most_memory(recorder, settings.device)
    entry |= {f"peak_{meter}": peak_bytes} | (_refined(watch, entry) if is_refined else {})
    picture = result.images[0]
    is_blacked_out = any(getattr(result, "nsfw_content_detected", None) or ())
    if is_blacked_out:
        recorder.note(BLACKED_OUT.format(number=entry["index"] + 1))
    sweeps = {"sweep": settings.sweep, "second_sweep": settings.second_sweep}
    details = {"index": entry["index"], **variant, **sweeps, "is_blacked_out": is_blacked_out}
    details |= {name: value for name, value in entry.items() if name.startswith("peak_")}
    return picture, details | {"width": picture.width, "height": picture.height, "wall_s": entry["wall_s"]}


def _refined(watch: StepWatch, entry: dict[str, Any]) -> dict[str, Any]:
    """What the refiner did of a picture; `evaluations` and `step_s` of the entry are the base's."""
    phases, own = watch.phases, entry["evaluations"]
    assert phases is not None
    count = phases.calls[REFINING]
    took_s = next(stage["wall_s"] for stage in entry["stages"] if stage["name"] == REFINING)
    refiner = {"evaluations": count, "wall_s": took_s, "seconds_per_evaluation": took_s / count}
    refiner["step_s"] = phases.steps(REFINING, watch.stamps[own:])
    return {"step_s": phases.steps(DENOISING, watch.stamps[:own]), "refiner": refiner}


def _generate(
    pipes: Pipes,
    settings: Settings,
    variant: Variant,
    on_step_end: Callable[..., Any] | None = None,
    on_hand_over: Callable[[], Any] = lambda: None,
) -> Any:
    side = pipes.base.unet.config.sample_size * pipes.base.vae_scale_factor
    how = {
        "negative_prompt": settings.negative_prompt,
        "num_inference_steps": variant["num_inference_steps"],
        "guidance_scale": variant["guidance_scale"],
        "height": settings.height or side,
        "width": settings.width or side,
        "random_seed": variant["seed"],
        "on_step_end": on_step_end,
    }
    if share := variant.get("refiner_share"):
        how |= {"refiner_share": share, "on_hand_over": on_hand_over}
        return program.generate_refined(pipes.base, pipes.refiner, settings.prompt, **how)
    return program.generate(pipes.base, settings.prompt, **how)


def _keep(drawn: list[tuple[Any, dict[str, Any]]], settings: Settings, planned: int, recorder: Recorder) -> None:
    """Compare the pictures and hand them over, with everything that made them inside the file."""
    made_by = {"prompt": settings.prompt, "negative_prompt": settings.negative_prompt, **provenance(recorder)}
    for picture, details in drawn:
        details["difference_to_first"] = difference(picture, drawn[0][0])
        details["distance_to_last"] = difference(picture, drawn[-1][0]) if len(drawn) == planned else None
        if details["distance_to_last"] is None:
            details["distance_to_last_reason"] = NO_LAST
        apart = {name: details[name] for name in APART if details[name] is not None}
        recorder.record["repeats"][details["index"]] |= apart
        title = f"Picture {details['index'] + 1} of {planned}"
        recorder.pictures.append(RunPicture("picture", details, png(picture, {**made_by, **details}, title)))
