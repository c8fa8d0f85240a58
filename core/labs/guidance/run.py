"""Measures program.py: loops with both predictions and with one in turn, then everything that is looked at, untimed.

The timed loops end with the latents and nothing watches inside them but the count of the steps. Pictures, predictions
and attention come from further loops with the same seed, so looking costs the measured ones nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import isfinite
from typing import Any

import torch
from diffusers import StableDiffusionPipeline
from PIL import Image

from core.labs.guidance import autoencoder, program
from core.labs.guidance.attention import AttentionWatch, unread, watched_attention, words_of
from core.labs.guidance.looks import Look, LookWatch, looked_at, pictures_of
from core.labs.guidance.settings import Settings
from core.measure.progress import Progress
from core.measure.recorder import Recorder, RunPicture
from core.models.checkpoint import Checkpoint
from core.models.resident import Resident
from core.runs.drawing import (
    DENOISING,
    PIPELINE,
    TEXT,
    StepWatch,
    as_pipeline,
    measured_picture,
    provenance,
    quiet_pipe,
    readings_at_the_end,
)
from core.runs.heat_map import shaded
from core.runs.loading import Loaded, load_or_reuse, model_entry, networks_of
from core.runs.pictures import chosen_picture
from core.runs.planning import models_of
from core.runs.png import difference, png
from core.runs.settings import settled_picture

NO_LIMIT = "this lab compares one prediction per step with two; their operations stand in outputs.guidance.autoencoder"
NO_PROFILE = "this lab takes no profile"
UNREAD = "The text encoder reads {limit} tokens. What comes after them was not read: “{text}”."
BLACKED_OUT = "The model's safety checker took the picture at scale {scale:g} for indecent and made it black."
OUT_OF_RANGE = "At scale {scale:g} the latents left the range of {dtype}, so that picture holds nothing."
NOT_FINITE = "the numbers left the range of the run's precision"
NOT_LOOKED = "no step was to be looked at"
NO_WORDS = "the prompt holds no word"
MEANS_NOTHING = "with random weights the autoencoder gives back noise; its operations are those of the real one"
SCALES, LOOKING, AUTOENCODER = "Drawing the scales", "Looking at the steps", "Trying the autoencoder alone"
LONGEST_TOLD = 120


def run(settings: Settings, recorder: Recorder, resident: Resident, progress: Progress) -> None:
    """Load or reuse the pipeline, time both loops, then look."""
    shared = load_or_reuse(
        "guidance",
        settings,
        models_of(settings),
        lambda found: _read(settings, found, recorder),
        recorder,
        resident,
        progress,
        PIPELINE,
    )
    pipe = as_pipeline(StableDiffusionPipeline, shared)
    recorder.limit(NO_LIMIT)
    recorder.record["profile_reason"] = NO_PROFILE
    with readings_at_the_end(recorder):
        Experiment(settings, pipe, recorder, progress).run()


def _read(settings: Settings, found: dict[str, Checkpoint], recorder: Recorder) -> Loaded[Any]:
    weights = found[settings.model]
    dtype = getattr(torch, settings.dtype)
    pipe = program.load(weights.path, settings.device, dtype, weights.variant, recorder.begin_stage)
    entry = model_entry(settings.model, weights, networks_of(pipe), settings.dtype)
    return Loaded(quiet_pipe(pipe), [entry])


class Experiment:
    """One run: its parts in order, each with its figures in `outputs.guidance`."""

    def __init__(self, settings: Settings, pipe: Any, recorder: Recorder, progress: Progress) -> None:
        self._settings, self._pipe, self._recorder, self._progress = settings, pipe, recorder, progress
        self._found: dict[str, Any] = {}
        recorder.record["outputs"]["guidance"] = self._found
        pipe.scheduler.set_timesteps(settings.num_inference_steps)
        self._evaluations = len(pipe.scheduler.timesteps)
        loops = 2 * settings.repeats + len(settings.drawn()) - 1 + (settings.looks > 0)
        self._watch = StepWatch(recorder, progress, loops * self._evaluations)

    def run(self) -> None:
        """Everything; what was found until then stays when it is stopped."""
        self._tell_unread()
        drawn = {self._settings.guidance_scale: self._time_both()}
        with self._untimed(SCALES):
            main = self._draw_scales(drawn)
        self._found["looks"] = []
        if self._settings.looks:
            with self._untimed(LOOKING):
                self._look()
        else:
            self._leave_out_attention(NOT_LOOKED)
        with self._untimed(AUTOENCODER):
            self._try_autoencoder(main)

    def _tell_unread(self) -> None:
        tokenizer, prompt = self._pipe.tokenizer, self._settings.prompt
        rest, limit = unread(tokenizer, prompt), tokenizer.model_max_length
        self._found["tokens"] = {"limit": limit, "unread": rest}
        if rest:
            told = rest if len(rest) <= LONGEST_TOLD else f"{rest[:LONGEST_TOLD]}…"
            self._recorder.note(UNREAD.format(limit=limit, text=told))

    def _time_both(self) -> torch.Tensor:
        """Loops with both predictions and with one, in turn, so that a busy moment meets both. Returns the latents."""
        both, one = [], []
        for index in range(self._settings.repeats):
            both.append(self._timed(2, index))
            one.append(self._timed(1, index))
        # The first of each is cold; a single one has to do.
        guided_s, single_s = ([seconds for _, seconds in loops[1:] or loops] for loops in (both, one))
        self._found["cost"] = cost(guided_s, single_s) | {"evaluations": self._evaluations}
        return both[0][0]

    def _timed(self, predictions: int, index: int) -> tuple[torch.Tensor, float]:
        """One loop and its seconds per evaluation."""
        scale = self._settings.guidance_scale if predictions == 2 else None
        what = "Both predictions" if predictions == 2 else "One prediction"
        self._watch.begin(f"{what}, {index + 1} of {self._settings.repeats}")
        latents, entry = measured_picture(
            lambda phases: self._denoise(scale, self._watch),
            {TEXT: self._pipe.text_encoder, DENOISING: self._pipe.unet},
            self._recorder,
            self._watch,
            {"settings": {"predictions": predictions}, "is_first": index == 0, **self._how()},
        )
        return latents, entry["seconds_per_evaluation"]

    def _how(self) -> dict[str, Any]:
        return {"seed": self._settings.seed, "num_inference_steps": self._settings.num_inference_steps}

    def _denoise(self, guidance_scale: float | None, on_step_end: Callable[..., Any]) -> torch.Tensor:
        settings = self._settings
        return program.denoise(
            self._pipe,
            settings.prompt,
            guidance_scale,
            int(settings.num_inference_steps or 1),
            int(settings.side or 0),
            settings.seed,
            on_step_end,
        )

    @contextmanager
    def _untimed(self, stage: str) -> Iterator[None]:
        """A part of the run that is looked at and not measured."""
        with self._recorder.stage(stage):
            self._watch.begin(stage)
            yield

    def _draw_scales(self, drawn: dict[float, torch.Tensor]) -> Image.Image:
        """A picture of every scale from the same noise. Returns that of the run's own."""
        for scale in self._settings.drawn():
            if scale not in drawn:
                drawn[scale] = self._denoise(scale, self._watch)
        pictures: dict[float, Image.Image] = {}
        for scale in self._settings.drawn():
            self._progress.check()
            pictures[scale] = program.decode(self._pipe, drawn[scale])
        main = pictures[self._settings.guidance_scale]
        for index, (scale, picture) in enumerate(pictures.items()):
            self._tell_black(scale, drawn[scale], picture)
            details = {"index": index, "guidance_scale": scale, **self._how()}
            self._keep("picture", picture, details | {"difference_to_guided": difference(picture, main)})
        return main

    def _tell_black(self, scale: float, latents: torch.Tensor, picture: Image.Image) -> None:
        if not bool(torch.isfinite(latents).all()):
            self._recorder.note(OUT_OF_RANGE.format(scale=scale, dtype=self._settings.dtype))
        elif self._pipe.safety_checker is not None and not picture.getbbox():
            self._recorder.note(BLACKED_OUT.format(scale=scale))

    def _look(self) -> None:
        """The loop once more with both watches on, which changes nothing about what it computes."""
        settings = self._settings
        watch = LookWatch(looked_at(self._evaluations, settings.looks), self._watch)
        with watched_attention(self._pipe.unet, int(settings.side or 0) // self._pipe.vae_scale_factor) as attention:
            self._denoise(settings.guidance_scale, watch)
        for look in watch.looks:
            head = {"evaluation": look.number, "evaluations": self._evaluations, "timestep": look.timestep}
            self._found["looks"].append(head | _difference(look))
            for kind, (picture, figures) in pictures_of(self._pipe, look, self._progress.check).items():
                self._keep("look", picture, head | figures | {"kind": kind})
        self._keep_attention(attention)

    def _keep_attention(self, attention: AttentionWatch) -> None:
        """One map per word, the sum of its tokens', as light as its own highest place."""
        maps, words = attention.maps, words_of(self._pipe.tokenizer, self._settings.prompt)
        if not words or not bool(torch.isfinite(maps).all()):
            self._leave_out_attention(NOT_FINITE if words else NO_WORDS)
            return
        shares = maps.mean(dim=(1, 2))
        told = []
        for word, positions in words:
            map_ = maps[positions].sum(dim=0)
            details = {"word": word, "tokens": len(positions), "share": float(shares[positions].sum())}
            picture = shaded((map_ / map_.max()).numpy())
            self._keep("attention", picture, details | {"highest": float(map_.max())})
            told.append(details)
        self._found["attention"] = {"words": told, "start_share": float(shares[0]), "calls": attention.calls}

    def _leave_out_attention(self, reason: str) -> None:
        self._found |= {"attention": None, "attention_reason": reason}

    def _try_autoencoder(self, main: Image.Image) -> None:
        found = autoencoder.sizes(self._pipe, int(self._settings.side or 0))
        self._found["autoencoder"] = found
        if self._settings.source == "dummy":
            self._found["autoencoder"] |= {"reconstructions": None, "reconstructions_reason": MEANS_NOTHING}
            return
        shipped = chosen_picture(settled_picture("shipped", self._settings.source), self._recorder)
        given = {"drawn": main, "shipped": shipped.resize(main.size, Image.Resampling.LANCZOS)}
        found["reconstructions"] = []
        for what, picture in given.items():
            back, figures = autoencoder.there_and_back(self._pipe, picture)
            found["reconstructions"].append({"picture": what, **figures})
            self._keep("before_autoencoder", picture, {"picture": what})
            self._keep("after_autoencoder", back, {"picture": what, **figures})

    def _keep(self, role: str, picture: Image.Image, details: dict[str, Any]) -> None:
        details = {"width": picture.width, "height": picture.height, **details}
        made_by = {"role": role, "prompt": self._settings.prompt, **provenance(self._recorder), **details}
        title = f"Guidance: {role.replace('_', ' ')}"
        self._recorder.pictures.append(RunPicture(role, details, png(picture, made_by, title)))


def _difference(look: Look) -> dict[str, Any]:
    value = look.difference
    return {"difference": value} if isfinite(value) else {"difference": None, "difference_reason": NOT_FINITE}


def cost(guided_s: list[float], single_s: list[float]) -> dict[str, Any]:
    """What the second prediction costs: seconds per evaluation with both and with one, the fastest of each.

    Other programs can only slow a loop down, so the fastest ones say most; `ratios` of each pair show the spread.

    >>> cost([0.4, 0.42], [0.3, 0.2])["ratio"]
    2.0
    """
    ratios = [both / one for both, one in zip(guided_s, single_s, strict=True)]
    both_s, one_s = min(guided_s), min(single_s)
    return {"both_s": both_s, "one_s": one_s, "ratio": both_s / one_s, "ratios": ratios}
