"""Measures program.py: pictures before, then each way trains for its steps, with the held-out loss on the way.

Where it is asked for, six prompts are drawn and scored before and after each way.

LoRA comes first: it leaves the UNet's own weights as they are, and is taken off again. Full training changes them, so
after it the model is let go, and no other run meets the changed weights.
"""

from dataclasses import dataclass
from typing import Any

import torch
from diffusers import DDPMScheduler
from PIL import Image

from core.labs.fine_tuning import program
from core.labs.fine_tuning.examples import Examples, examples
from core.labs.fine_tuning.memory import parts, shortage, trainable, unet_parameters
from core.labs.fine_tuning.results import kept_file
from core.labs.fine_tuning.scores import READING, Scorer, Scores, scorer
from core.labs.fine_tuning.settings import TITLES, Settings, Way
from core.labs.fine_tuning.training import Training
from core.measure.progress import Progress
from core.measure.recorder import Recorder, RunPicture
from core.models.catalog import CLIP
from core.models.checkpoint import Checkpoint
from core.models.resident import Resident
from core.runs.drawing import StepWatch, provenance, quiet_pipe, readings_at_the_end
from core.runs.loading import Loaded, load_or_reuse, model_entry, networks_of
from core.runs.pictures import chosen_picture
from core.runs.planning import models_of
from core.runs.png import png

NO_LIMIT = "a training step is no single pass: it goes forth and back, and changes the weights"
NO_PROFILE = "this lab takes no profile"
LET_GO = "full training changed the weights, so the model was let go after the run"
MEANS_NOTHING = "With random weights pictures and scores mean nothing; time and memory are true."
SCORING = "Scoring: {title}"
ENCODING, DRAWING = "Encoding pictures and captions", "Drawing: {title}"
BEFORE = "before"
SHOWN_PX = 96
"""Side of an example, as the record keeps them."""
SCORED_PX = 128
"""The same of a picture that is scored."""


@dataclass(frozen=True)
class Parts:
    """What a run loads; no scorer where nothing is scored."""

    pipe: Any
    scorer: Scorer | None


def run(settings: Settings, recorder: Recorder, resident: Resident, progress: Progress) -> None:
    """Load or reuse the pipeline, draw, train in each way, draw again."""
    given = examples(settings, chosen_picture(settings.picture, recorder) if settings.picture != "shipped" else None)
    loaded = load_or_reuse(
        "fine_tuning",
        settings,
        models_of(settings),
        lambda found: _read(settings, found, recorder),
        recorder,
        resident,
        progress,
    )
    recorder.limit(NO_LIMIT)
    recorder.record["profile_reason"] = NO_PROFILE
    try:
        with readings_at_the_end(recorder):
            Experiment(settings, loaded, given, recorder, progress).run()
    finally:
        del loaded
        if "full" in settings.ways:
            resident.let_go(resident.keys[-1])
            recorder.leave_out("freed", LET_GO)


def _read(settings: Settings, found: dict[str, Checkpoint], recorder: Recorder) -> Loaded[Parts]:
    weights = found[settings.model]
    pipe = program.load(weights.path, settings.device, weights.variant, recorder.begin_stage)
    entry, scoring = model_entry(settings.model, weights, networks_of(pipe), settings.dtype), None
    entries = [entry]
    if settings.is_scored:
        recorder.begin_stage(READING)
        scoring = scorer(settings, found[CLIP])
        entries.insert(0, model_entry(CLIP, found[CLIP], {"model": scoring.network}, scoring.dtype))
    return Loaded(Parts(quiet_pipe(pipe), scoring), entries)


class Experiment:
    """One run: its parts in order, each with its figures in `outputs.fine_tuning`."""

    def __init__(
        self, settings: Settings, loaded: Parts, given: Examples, recorder: Recorder, progress: Progress
    ) -> None:
        self._settings, self._pipe, self._given = settings, loaded.pipe, given
        self._recorder, self._progress = recorder, progress
        self._schedule = DDPMScheduler.from_config(self._pipe.scheduler.config)
        self._watch = StepWatch(recorder, progress, int(settings.steps or 0) * len(settings.ways))
        self._found: dict[str, Any] = {"ways": []}
        self._scores = Scores(loaded.scorer, settings.scored_prompts) if loaded.scorer else None
        if self._scores:
            self._found["scores"] = self._scores.told
            if settings.source == "dummy":
                recorder.note(MEANS_NOTHING)
        recorder.record["outputs"]["fine_tuning"] = self._found

    def run(self) -> None:
        """Everything; what was found until then stays when it is stopped."""
        given, networks = self._given, networks_of(self._pipe)
        self._found |= {
            "pictures": len(given.pictures),
            "held_out": given.held_out,
            "captions": given.captions,
            "parts": [{"name": name, "parameters": _count(network)} for name, network in networks.items()],
        }
        self._keep("examples", _row(given.pictures), {"held_out": given.held_out})
        with self._recorder.stage(ENCODING):
            latents, texts = program.encode(self._pipe, given.pictures, given.captions, self._side)
        self._draw(BEFORE, "Before")
        self._score(BEFORE, "Before")
        for way in self._settings.ways:
            self._found["ways"].append(self._tried(way, latents, texts))

    @property
    def _side(self) -> int:
        return int(self._settings.side or 0)

    def _tried(self, way: Way, latents: torch.Tensor, texts: torch.Tensor) -> dict[str, Any]:
        """The figures of one way, or why there are none; the UNet is as it was before where that is possible."""
        settings, unet = self._settings, self._pipe.unet
        head: dict[str, Any] = {"name": way, "title": TITLES[way], "parameters": trainable(settings, way)}
        head["share"] = head["parameters"] / unet_parameters(settings)
        if reason := self._no_room(way):
            return head | {"is_available": False, "reason": reason}
        try:
            if way == "lora":
                program.add_lora(unet, settings.rank, settings.seed)
            else:
                program.free_every_weight(unet)
            return head | {"is_available": True} | self._measured(way, latents, texts)
        finally:
            if way == "lora":
                unet.unload_lora()
            unet.requires_grad_(False)
            unet.zero_grad(set_to_none=True)

    def _no_room(self, way: Way) -> str:
        """Why a way is left out, where its gradients, moments and activations find no room; of a twin it is never."""
        free = self._recorder.meters.room().free_bytes
        if free is None or self._settings.source == "embedded":
            return ""
        loaded = int(self._recorder.record["model"]["weights_bytes"])
        asked = self._settings.model_copy(update={"ways": (way,)})
        short = shortage(asked, free + loaded, f"on {self._settings.device}, the loaded weights included")
        return f"{short.message} {short.remedy}" if short else ""

    def _measured(self, way: Way, latents: torch.Tensor, texts: torch.Tensor) -> dict[str, Any]:
        training = Training(
            self._settings, way, self._pipe.unet, self._schedule, self._recorder, self._watch, self._progress
        )
        found = training.run(latents, texts, self._given.held_out)
        found["memory"]["computed"] = parts(self._settings, way)
        found |= kept_file(self._pipe, way, self._recorder)
        if found["stopped"] != "diverged":
            self._draw(way, TITLES[way])
            self._score(way, TITLES[way])
        return found

    def _draw(self, way: str, title: str) -> None:
        """The pictures of all prompts with the weights as they are now."""
        prompts = self._prompts()
        with self._recorder.stage(DRAWING.format(title=title)):
            for number, prompt in enumerate(prompts):
                self._progress.report(DRAWING.format(title=title), number, len(prompts))
                picture = self._drawn(prompt, self._settings.seed)
                self._keep("picture", picture, {"way": way, "title": title, "caption": prompt})

    def _score(self, way: str, title: str) -> None:
        """Draw the prompts that are scored, each with a seed of its own, and score them."""
        if self._scores is None:
            return
        stage, prompts = SCORING.format(title=title), self._settings.scored_prompts
        pictures = []
        with self._recorder.stage(stage):
            for number, prompt in enumerate(prompts):
                self._progress.report(stage, number, len(prompts))
                pictures.append(self._drawn(prompt, self._settings.seed + number))
            scores = self._scores.add(way, title, pictures)
        for picture, prompt, score in zip(pictures, prompts, scores, strict=True):
            picture.thumbnail((SCORED_PX, SCORED_PX), Image.Resampling.LANCZOS)
            self._keep("scored", picture, {"way": way, "title": title, "caption": prompt, "score": score})

    def _drawn(self, prompt: str, seed: int) -> Image.Image:
        return program.draw(
            self._pipe,
            prompt,
            self._side,
            int(self._settings.num_inference_steps or 0),
            self._settings.guidance_scale,
            seed,
            self._checked,
        )

    def _prompts(self) -> list[str]:
        """Two captions that are held out, the last ones that differ, and the student's own prompt."""
        unseen = dict.fromkeys(reversed(self._given.captions[-self._given.held_out :]))
        return [*list(unseen)[:2], self._settings.prompt]

    def _checked(self, pipe: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        """Between two evaluations of a picture: stops the run when asked to."""
        self._progress.check()
        return tensors

    def _keep(self, role: str, picture: Image.Image, details: dict[str, Any]) -> None:
        recorder = self._recorder
        how = {"index": len(recorder.pictures), **details, "width": picture.width, "height": picture.height}
        recorder.pictures.append(RunPicture(role, how, png(picture, {**provenance(recorder), **how})))


def _row(pictures: list[Image.Image]) -> Image.Image:
    """Pictures small beside each other, as one."""
    row = Image.new("RGB", (SHOWN_PX * len(pictures), SHOWN_PX))
    for number, picture in enumerate(pictures):
        row.paste(picture.resize((SHOWN_PX, SHOWN_PX), Image.Resampling.LANCZOS), (number * SHOWN_PX, 0))
    return row


def _count(network: Any) -> int:
    return sum(int(weight.numel()) for weight in network.parameters())
