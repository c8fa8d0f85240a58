"""Pictures: Stable Diffusion 1.5 in every variant, from the same noise, so that the pictures can be compared."""

from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import torch

from core.labs.optimisation import program
from core.labs.optimisation.measuring import Entry, OwnMemory, Pass, Way
from core.labs.optimisation.settings import PICTURES, PROMPTS, Settings, Variant
from core.measure.progress import Progress
from core.measure.recorder import Recorder, RunPicture
from core.measure.work import flops
from core.models.checkpoint import Checkpoint
from core.models.resident import Resident
from core.runs.compiler import why_not_compiled
from core.runs.drawing import StepWatch, quiet_pipe
from core.runs.limit_pass import BELOW, DeviceRates, first_call
from core.runs.loading import Loaded, load_or_reuse, model_entry, networks_of
from core.runs.planning import models_of
from core.runs.png import difference, png
from core.units import seconds

PROMPT = PROMPTS["stable-diffusion-1.5"]
SEED = 7
ONE_STEP = "one evaluation has no time of its own: it is counted from the end of the first to the end of the last"
CHANGES = {
    "channels_last": program.to_channels_last,
    "compiled_unet": program.compile_unet,
    "better_scheduler": program.better_scheduler,
}


class Pictures:
    """See core.labs.optimisation.measuring.Subject."""

    compiled: tuple[Variant, ...] = ("compiled_unet",)

    def __init__(self, settings: Settings, recorder: Recorder, resident: Resident, progress: Progress) -> None:
        self._settings, self._recorder = settings, recorder
        self._pipe: Any = load_or_reuse(
            "optimisation", settings, models_of(settings), self._read, recorder, resident, progress
        )
        total = settings.repeats * sum(self._evaluations(name) for name in settings.chosen)
        self._watch = StepWatch(recorder, progress, total)
        self._rates = DeviceRates(settings, self._pipe.unet)
        self._operations = self._count()
        self._limits: dict[Variant, Entry | str] = {}
        self._drawn: dict[Variant, Any] = {}

    def _read(self, found: dict[str, Checkpoint]) -> Loaded[Any]:
        weights, settings = found[self._settings.model], self._settings
        dtype, stage = getattr(torch, settings.dtype), self._recorder.begin_stage
        pipe = program.load_picture_model(weights.path, settings.device, dtype, weights.variant, stage)
        entry = model_entry(settings.model, weights, networks_of(pipe), settings.dtype)
        return Loaded(quiet_pipe(pipe), [entry])

    def _evaluations(self, name: Variant) -> int:
        """How often the variant's scheduler asks the UNet: more often than the number of steps with some of them."""
        with self._changed("better_scheduler" if name == "better_scheduler" else "eager"):
            self._pipe.scheduler.set_timesteps(self._steps(name))
            return len(self._pipe.scheduler.timesteps)

    def _steps(self, name: Variant) -> int:
        settings = self._settings
        return settings.fewer_steps if name == "better_scheduler" else int(settings.num_inference_steps or 1)

    def obstacle(self, name: Variant) -> str | None:
        return why_not_compiled(self._settings.device, self._settings.dtype) if name in self.compiled else None

    @contextmanager
    def prepared(self, name: Variant) -> Iterator[Way]:
        self._rates.measure()
        with self._changed(name):
            memory = OwnMemory(self._recorder, self._recorder.record["model"]["weights_bytes"])
            yield Way(lambda index: self._pass(name, index), memory, memory.warm)
        self._rates.measure()
        self._limits[name] = self._rates.limit(self._operations, "evaluation", last=2)

    def _count(self) -> int:
        """Multiplications and additions of one evaluation, from its arguments; the picture ends before it computes."""
        return flops(self._pipe.unet, *first_call(self._pipe.unet, lambda: program.draw(self._pipe, PROMPT, 1, SEED)))

    @contextmanager
    def _changed(self, name: Variant) -> Iterator[None]:
        pipe = self._pipe
        unet, scheduler = pipe.unet, pipe.scheduler
        try:
            if name in CHANGES:
                CHANGES[name](pipe)
            yield
        finally:
            pipe.unet, pipe.scheduler = unet, scheduler
            unet.to(memory_format=torch.contiguous_format)

    def _pass(self, name: Variant, index: int) -> Pass:
        watch, clock, steps = self._watch, self._recorder.clock, self._steps(name)
        watch.begin(f"{name}, picture {index + 1} of {self._settings.repeats}")
        with clock.measure() as timing:
            picture = program.draw(self._pipe, PROMPT, steps, SEED, watch)
        figures: Entry = {"num_inference_steps": steps, "evaluations": len(watch.stamps), "seed": SEED}
        if len(watch.stamps) > 1:
            spent_s = clock.seconds(watch.stamps[0], watch.stamps[-1])
            figures["seconds_per_evaluation"] = spent_s / (len(watch.stamps) - 1)
        return Pass(timing, figures, picture)

    def summary(self, name: Variant, passes: list[Pass]) -> Entry:
        self._drawn[name] = passes[-1].output
        limit, figures = self._limits[name], passes[-1].figures
        entry = {part: figures[part] for part in ("num_inference_steps", "evaluations")}
        entry |= {"limit": None, "limit_reason": limit} if isinstance(limit, str) else {"limit": limit}
        each = [one.figures["seconds_per_evaluation"] for one in passes[1:] if "seconds_per_evaluation" in one.figures]
        if not each:
            return entry | {
                "seconds_per_evaluation": None,
                "seconds_per_evaluation_reason": ONE_STEP,
                "share_of_limit": None,
            }
        measured_s = median(each)
        if isinstance(limit, str):
            return entry | {"seconds_per_evaluation": measured_s, "share_of_limit": None}
        if measured_s < limit["value"]:
            self._recorder.note(
                BELOW.format(measured=seconds(measured_s), what="evaluation", limit=seconds(limit["value"]))
            )
        return entry | {"seconds_per_evaluation": measured_s, "share_of_limit": limit["value"] / measured_s}

    def compared(self, entry: Entry, first: Entry) -> Entry:
        distance = difference(self._drawn[entry["name"]], self._drawn["eager"])
        return {
            "speedup": first["wall_s"] / entry["wall_s"],
            "same_output": distance == 0,
            "pixel_distance": distance,
        }

    def keep(self) -> None:
        if self._rates.flops_per_s:
            self._recorder.limit(self._rates.limit(self._operations, "evaluation"))
        model, variants = self._recorder.record["model"], self._recorder.record["outputs"]["variants"]
        measured = {entry["name"]: entry for entry in variants if entry["is_available"]}
        for index, (name, picture) in enumerate(self._drawn.items()):
            entry = measured.get(name, {})
            details = {
                "index": index,
                "variant": name,
                "title": PICTURES[name],
                "prompt": PROMPT,
                "seed": SEED,
                "num_inference_steps": self._steps(name),
                "wall_s": entry.get("wall_s"),
                "pixel_distance": entry.get("pixel_distance"),
                "width": picture.width,
                "height": picture.height,
            }
            made_by = {"model": model["title"], "weights": model["label"], "run": self._recorder.record["id"]}
            self._recorder.pictures.append(RunPicture("picture", details, png(picture, made_by | details)))
