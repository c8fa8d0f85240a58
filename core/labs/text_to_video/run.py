"""Measures program.py: clips of more and more frames, and the longest once more without the motion modules.

Both of that length begin with the same noise. How far the frames are apart is told of each clip.
"""

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image

from core.labs.text_to_video import program
from core.labs.text_to_video.settings import MOTION, Settings
from core.measure.progress import Progress
from core.measure.recorder import Recorder, RunPicture
from core.models.checkpoint import Checkpoint
from core.models.resident import Resident
from core.runs.drawing import (
    DENOISING,
    TEXT,
    StepWatch,
    measured_picture,
    most_memory,
    provenance,
    quiet_pipe,
    readings_at_the_end,
)
from core.runs.limit_pass import DeviceRates, look_closer
from core.runs.loading import Loaded, load_or_reuse, model_entry, networks_of
from core.runs.planning import models_of
from core.runs.png import png
from core.runs.settings import is_asked_twice

DECODING = "Decoding the frames"
MEANS_NOTHING = "With random weights the frames and how far they are apart mean nothing; time and memory are true."
TWIN_NOISE = "scaled_linear"
"""How the noise of the small twin grows with the steps; the real motion modules were trained with `linear`."""
SMALL_PX = 256
"""Longest side of a frame that is kept of the clip without motion modules."""
ROLES = {True: "frame", False: "frame_alone"}


@dataclass(frozen=True)
class Clip:
    """What is to be drawn."""

    num_frames: int
    has_motion: bool = True


def run(settings: Settings, recorder: Recorder, resident: Resident, progress: Progress) -> None:
    """Load or reuse both models, then draw every clip."""
    pipe = load_or_reuse(
        "text_to_video",
        settings,
        models_of(settings),
        lambda found: _read(settings, found, recorder),
        recorder,
        resident,
        progress,
    )
    if settings.source == "dummy":
        recorder.note(MEANS_NOTHING)
    counts = settings.num_frames
    clips = [*(Clip(count) for count in counts), Clip(counts[-1], has_motion=False)]
    watch = StepWatch(recorder, progress, len(clips) * _evaluations(pipe, settings))
    found: list[dict[str, Any]] = []
    recorder.record["outputs"]["text_to_video"] = {"clips": found}
    rates = DeviceRates(settings, pipe.unet)
    rates.measure()
    with readings_at_the_end(recorder):
        for clip in clips:
            watch.begin(_name(clip))
            found.append(_measured(pipe, settings, clip, watch, recorder))
    rates.measure()
    quickest = min(found, key=lambda each: each["seconds_per_evaluation"])
    closest = Clip(quickest["num_frames"], quickest["has_motion"])
    look_closer(recorder, pipe.unet, rates, lambda: _draw(pipe, settings, closest))


def _read(settings: Settings, found: dict[str, Checkpoint], recorder: Recorder) -> Loaded[Any]:
    weights, motion = found[settings.model], found[MOTION]
    dtype = getattr(torch, settings.dtype)
    noise = {"beta_schedule": TWIN_NOISE} if settings.source == "embedded" else {}
    pipe = program.load(
        weights.path, motion.path, settings.device, dtype, weights.variant, **noise, stage=recorder.begin_stage
    )
    networks = networks_of(pipe)
    adapter = networks.pop("motion_adapter")
    drawing = networks | {"unet": _Drawing(pipe.unet)}
    entries = [
        model_entry(MOTION, motion, {"model": adapter}, settings.dtype),
        model_entry(settings.model, weights, drawing, settings.dtype),
    ]
    return Loaded(quiet_pipe(pipe), entries)


class _Drawing:
    """The denoising network as far as it is not motion modules, to be counted."""

    def __init__(self, unet: Any) -> None:
        self._unet = unet

    def parameters(self) -> list[Any]:
        return [value for name, value in self._unet.named_parameters() if ".motion_modules." not in name]


def _evaluations(pipe: Any, settings: Settings) -> int:
    pipe.scheduler.set_timesteps(settings.num_inference_steps)
    return len(pipe.scheduler.timesteps)


def _name(clip: Clip) -> str:
    frames = "1 frame" if clip.num_frames == 1 else f"{clip.num_frames} frames"
    return frames if clip.has_motion else f"{frames}, each alone"


def _measured(pipe: Any, settings: Settings, clip: Clip, watch: StepWatch, recorder: Recorder) -> dict[str, Any]:
    """Draw one clip and keep its frames if it is the longest. Returns its figures."""
    recorder.meters.reset_peaks()
    result, entry = measured_picture(
        lambda phases: _draw(pipe, settings, clip, on_step_end=watch),
        {TEXT: pipe.text_encoder, DENOISING: pipe.unet, DECODING: pipe.vae.decoder},
        recorder,
        watch,
        {"settings": {"num_frames": clip.num_frames, "has_motion": clip.has_motion}},
    )
    frames = result.frames[0]
    meter, peak_bytes = most_memory(recorder, settings.device)
    figures = {
        "index": entry["index"],
        "num_frames": clip.num_frames,
        "has_motion": clip.has_motion,
        **{name: entry[name] for name in ("wall_s", "evaluations", "seconds_per_evaluation")},
        "pictures_computed": entry["evaluations"] * clip.num_frames * (1 + is_asked_twice(settings.guidance_scale)),
        "apart": program.steps_apart(frames),
        "peak_meter": meter,
        "peak_bytes": peak_bytes,
    }
    if clip.num_frames == settings.num_frames[-1]:
        for number, frame in enumerate(frames):
            _keep(recorder, settings, clip, frame, {"index": number, "frame": number, "clip": entry["index"]})
    return figures


def _draw(pipe: Any, settings: Settings, clip: Clip, **more: Any) -> Any:
    with nullcontext() if clip.has_motion else program.without_motion(pipe):
        return program.animate(
            pipe,
            settings.prompt,
            settings.negative_prompt,
            clip.num_frames,
            int(settings.num_inference_steps or 0),
            settings.guidance_scale,
            int(settings.side or 0),
            settings.seed,
            **more,
        )


def _keep(recorder: Recorder, settings: Settings, clip: Clip, frame: Image.Image, told: dict[str, Any]) -> None:
    role = ROLES[clip.has_motion]
    if not clip.has_motion:
        frame = frame.copy()
        frame.thumbnail((SMALL_PX, SMALL_PX), Image.Resampling.LANCZOS)
    details = {**told, "seed": settings.seed, "num_frames": clip.num_frames, "has_motion": clip.has_motion}
    details |= {"width": frame.width, "height": frame.height}
    made_by = {"role": role, "prompt": settings.prompt, **provenance(recorder), **details}
    recorder.pictures.append(RunPicture(role, details, png(frame, made_by, f"Frame {told['frame'] + 1}")))
