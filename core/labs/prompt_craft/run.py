"""Measures program.py: a picture per stage, one per word that is left out, and what they are compared with.

Every picture is drawn alone and timed. Looking at them and comparing them comes afterwards and is timed as a stage of
its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from core.labs.prompt_craft import program
from core.labs.prompt_craft.eyes import ClipEyes, JudgeEyes
from core.labs.prompt_craft.settings import Settings
from core.labs.prompt_craft.stages import Shot, controls, left_out, same, stages, whole
from core.labs.prompt_craft.token_table import token_table
from core.measure.progress import Progress
from core.measure.recorder import Recorder, RunPicture
from core.models.catalog import CLIP
from core.models.checkpoint import Checkpoint
from core.models.judge import read_judge
from core.models.resident import Resident
from core.runs.drawing import (
    DECODING,
    DENOISING,
    SAFETY,
    TEXT,
    StepWatch,
    measured_picture,
    provenance,
    quiet_pipe,
    readings_at_the_end,
)
from core.runs.limit_pass import DeviceRates, look_closer
from core.runs.loading import Loaded, load_or_reuse, model_entry, networks_of
from core.runs.planning import models_of
from core.runs.png import difference, png

LOOKING = "Comparing pictures and words"
SMALL_PX = 256
"""Longest side of a picture that is kept of a word or a control."""
UNREAD = "The text encoder reads {limit} tokens of a prompt. What comes after them was not read: “{text}”."
LONGEST_TOLD = 120
ROLES = {"stage": "picture", "word": "word", "control": "control"}
UNTOLD = ("prompt", "negative_prompt", "asked", "num_inference_steps", "guidance_scale")
"""Figures that a picture's details do without."""
LEFT = "Of the {count} words that were read, the first {most} were left out in turn; most_words says how many."
NO_WORDS = "The prompt holds no word, so none was left out."
BLACKED_OUT = "The model's safety checker took the picture “{name}” for indecent and made it black."
MEANS_NOTHING = "With random weights pictures and similarity mean nothing; time and memory are true."


@dataclass(frozen=True)
class Parts:
    """What a run loads."""

    pipe: Any
    eyes: ClipEyes | JudgeEyes


@dataclass
class Drawn:
    """A picture and what was measured of it."""

    shot: Shot
    picture: Image.Image
    entry: dict[str, Any]
    seen: Any = None


def run(settings: Settings, recorder: Recorder, resident: Resident, progress: Progress) -> None:
    """Load or reuse both models, draw every picture, then compare."""
    parts = load_or_reuse(
        "prompt_craft",
        settings,
        models_of(settings),
        lambda found: _read(settings, found, recorder),
        recorder,
        resident,
        progress,
    )
    if settings.source == "dummy":
        recorder.note(MEANS_NOTHING)
    Experiment(settings, parts, recorder, progress).run()


def _read(settings: Settings, found: dict[str, Checkpoint], recorder: Recorder) -> Loaded[Parts]:
    weights, looking = found[settings.model], found[CLIP]
    dtype = getattr(torch, settings.dtype)
    pipe = program.load(weights.path, settings.device, dtype, weights.variant, recorder.begin_stage)
    recorder.begin_stage("Reading what looks at the pictures")
    eyes: ClipEyes | JudgeEyes
    if settings.source == "embedded":
        eyes = JudgeEyes(read_judge(Path(looking.path)).to(settings.device))
        network: Any = eyes.judge
    else:
        eyes = ClipEyes(*program.load_clip(looking.path, settings.device, dtype))
        network = eyes.clip
    entries = [
        model_entry(CLIP, looking, {"model": network}, "float32" if eyes.kind == "judge" else settings.dtype),
        model_entry(settings.model, weights, networks_of(pipe), settings.dtype),
    ]
    return Loaded(Parts(quiet_pipe(pipe), eyes), entries)


class Experiment:
    """One run: what it finds stands in `outputs.prompt_craft`, also where it was stopped."""

    def __init__(self, settings: Settings, parts: Parts, recorder: Recorder, progress: Progress) -> None:
        self._settings, self._parts, self._recorder = settings, parts, recorder
        self._tokenizer = parts.pipe.tokenizer
        self._read = program.read_part(self._tokenizer, settings.prompt)
        self._shots = self._planned()
        self._watch = StepWatch(recorder, progress, sum(self._evaluations(shot) for shot in self._shots))
        self._drawn: list[Drawn] = []
        self._found: dict[str, Any] = {"eyes": parts.eyes.kind, "stages": [], "words": [], "controls": []}
        recorder.record["outputs"]["prompt_craft"] = self._found

    def run(self) -> None:
        """Tokens, pictures, comparisons, and one evaluation beside the limit."""
        self._tell_tokens()
        rates = DeviceRates(self._settings, self._parts.pipe.unet)
        rates.measure()
        self._recorder.meters.reset_peaks()
        try:
            with readings_at_the_end(self._recorder):
                for shot in self._shots:
                    self._watch.begin(_stage_name(shot))
                    self._drawn.append(self._draw(shot))
        finally:
            with self._looking():
                self._compare()
        rates.measure()
        look_closer(self._recorder, self._parts.pipe.unet, rates, lambda: self._generate(self._shots[0]))

    @contextmanager
    def _looking(self) -> Iterator[None]:
        """Time of the comparison, also of a run that was stopped: then nobody is asked whether to go on."""
        with self._recorder.clock.measure() as timing:
            yield
        self._recorder.spend([{"name": LOOKING, "wall_s": timing.wall_s}])

    def _planned(self) -> list[Shot]:
        settings, most = self._settings, int(self._settings.most_words or 0)
        beside = list(controls(settings, self._read))
        if self._read != settings.prompt:
            beside.insert(1, whole(settings, "unread"))
        return [*stages(settings), *islice(left_out(settings, self._read), most), *beside]

    def _evaluations(self, shot: Shot) -> int:
        scheduler = self._parts.pipe.scheduler
        scheduler.set_timesteps(shot.num_inference_steps)
        return len(scheduler.timesteps)

    def _tell_tokens(self) -> None:
        settings = self._settings
        texts = {"prompt": settings.prompt, "negative_prompt": settings.negative_prompt.strip()}
        self._found["tokens"] = {name: token_table(self._tokenizer, text) for name, text in texts.items()}
        self._found["prompt"] = settings.prompt
        if rest := settings.prompt[len(self._read) :].strip(" ,"):
            told = rest if len(rest) <= LONGEST_TOLD else f"{rest[:LONGEST_TOLD]}…"
            self._recorder.note(UNREAD.format(limit=self._tokenizer.model_max_length, text=told))
        count, most = len(program.words(self._read)), int(settings.most_words or 0)
        if not count:
            self._recorder.note(NO_WORDS)
        elif count > most:
            self._recorder.note(LEFT.format(count=count, most=most))

    def _draw(self, shot: Shot) -> Drawn:
        pipe = self._parts.pipe
        networks = {TEXT: pipe.text_encoder, DENOISING: pipe.unet, DECODING: pipe.vae.decoder}
        if pipe.safety_checker is not None:
            networks[SAFETY] = pipe.safety_checker
        result, entry = measured_picture(
            lambda phases: self._generate(shot, on_step_end=self._watch),
            networks,
            self._recorder,
            self._watch,
            {
                "settings": {shot.kind: shot.name},
                "seed": shot.seed,
                "num_inference_steps": shot.num_inference_steps,
                "guidance_scale": shot.guidance_scale,
            },
        )
        if result.nsfw_content_detected and result.nsfw_content_detected[0]:
            self._recorder.note(BLACKED_OUT.format(name=shot.name))
        return Drawn(shot, result.images[0], entry)

    def _generate(self, shot: Shot, **more: Any) -> Any:
        return program.generate(
            self._parts.pipe,
            shot.prompt,
            shot.negative_prompt,
            shot.num_inference_steps,
            shot.guidance_scale,
            int(self._settings.side or 0),
            shot.seed,
            **more,
        )

    def _compare(self) -> None:
        """Look at every picture once; stages are compared with the one before, all others with the whole prompt."""
        eyes, whole_prompt = self._parts.eyes, self._settings.prompt
        for drawn in self._drawn:
            drawn.seen = eyes.look(drawn.picture)
        again = next((each for each in self._drawn if each.shot.name == "again"), None)
        base = _the_same(self._drawn, whole(self._settings)) or again
        before: Drawn | None = None
        for drawn in self._drawn:
            is_stage = drawn.shot.kind == "stage"
            other = before if is_stage else (base if drawn.shot.name in ("again", "unread") else again or base)
            figures = self._figures(drawn, other) | eyes.agreement(drawn.seen, whole_prompt)
            self._found[f"{drawn.shot.kind}s"].append(figures)
            self._keep(drawn, figures)
            before = drawn if is_stage else before

    def _figures(self, drawn: Drawn, other: Drawn | None) -> dict[str, Any]:
        shot = drawn.shot
        figures: dict[str, Any] = {shot.kind: shot.name, **shot.more, "prompt": shot.prompt}
        figures |= {name: getattr(shot, name) for name in ("negative_prompt", "num_inference_steps", "guidance_scale")}
        figures |= {name: drawn.entry[name] for name in ("wall_s", "evaluations")}
        if other is None:
            return figures | {"moved": None, "moved_reason": "there is no picture before it"}
        figures["moved"] = difference(drawn.picture, other.picture)
        if (apart := self._parts.eyes.apart(drawn.seen, other.seen)) is not None:
            figures["moved_in_clip"] = apart
        return figures

    def _keep(self, drawn: Drawn, figures: dict[str, Any]) -> None:
        shot, picture = drawn.shot, drawn.picture
        if shot.kind != "stage":
            picture = picture.copy()
            picture.thumbnail((SMALL_PX, SMALL_PX), Image.Resampling.LANCZOS)
        told = {name: value for name, value in figures.items() if name not in UNTOLD}
        # Steps and scale by other names than the settings': a picture is made again by the whole run.
        told |= {"steps": shot.num_inference_steps, "scale": shot.guidance_scale}
        details = {"index": drawn.entry["index"], "seed": self._settings.seed, "drawn_with_seed": shot.seed, **told}
        details |= {"width": picture.width, "height": picture.height}
        role = ROLES[shot.kind]
        made_by = {"role": role, "prompt": shot.prompt, **provenance(self._recorder), **details}
        self._recorder.pictures.append(RunPicture(role, details, png(picture, made_by, f"Prompt: {shot.name}")))


def _the_same(drawn: list[Drawn], shot: Shot) -> Drawn | None:
    """The stage that was drawn with the same words, steps and guidance as `shot`."""
    return next((each for each in drawn if each.shot.kind == "stage" and same(each.shot, shot)), None)


def _stage_name(shot: Shot) -> str:
    what = {"stage": f"Stage: {shot.name}", "word": f"Without “{shot.name}”"}
    return (
        what.get(shot.kind)
        or {
            "again": "The same again",
            "unread": "With what is not read",
            "other_seed": "Another seed",
            "nonsense": "With a word that means nothing",
        }[shot.name]
    )
