"""Measures program.py: a training within its time limit, what it learnt on the way, and what its memory went into.

The training stops at a few points of its way, where the same noise is drawn with the plain and with the averaged
weights, and whenever somebody else's short run waits for the device. None of that is in its time. What was trained is
kept in a checkpoint also when the run is stopped or fails.
"""

import math
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from core.errors import InvalidSettings
from core.labs.train_ddpm import memory, program
from core.labs.train_ddpm.prices import compare
from core.labs.train_ddpm.program import Training
from core.labs.train_ddpm.settings import SIDES, Settings
from core.measure.limits import product_rate, work_limit
from core.measure.progress import Progress
from core.measure.recorder import Recorder, RunPicture
from core.models.resident import Resident
from core.runs import checkpoints
from core.runs.drawing import provenance
from core.runs.loading import start_alone, start_from_empty
from core.runs.png import png
from core.runs.threads import use_one_thread

SHEET = Path(__file__).with_name("scenes.png")
TRAINING, DRAWING, COUNTING = "Training", "Drawing from the same noise", "Following every tensor of a step"
GIVING_WAY = "Giving way to a short run"
POINTS = 4
"""Parts of the way, after each of which pictures are drawn."""
DRAWN, DRAWING_STEPS = 8, 10
"""Pictures at each point, and evaluations of the network for them."""
TOLD_EVERY_S = 0.3
"""The loss is read from the device so often at most: on a GPU reading waits for it."""
TIME_IS_UP = (
    "The time limit of {limit} s ended the training after {step} of {steps} steps. It can go on in another run."
)
LOST = (
    "After {step} steps the loss was no number any more: with a learning rate of {rate:g} the weights went astray. "
    "Nothing of them is kept. Choose a smaller learning rate or a longer warm-up."
)
GAVE_WAY = "The training gave way to {count} short {runs} of others; their time is not in its own."


def run(settings: Settings, recorder: Recorder, resident: Resident, progress: Progress) -> None:
    """Fill `outputs.training` while the network learns, then `outputs.variants` with what the switches cost."""
    start_alone(recorder, resident, progress)
    _use_threads(settings)
    start_from_empty(recorder)
    with recorder.stage("Building the network"):
        pictures, held_out = program.load_pictures(str(SHEET), SIDES[settings.network])
        training = _training(settings)
    recorder.read("after_load")
    recorder.leave_out("load_peak", "the network is made of random numbers, not loaded")
    recorder.leave_out("freed", "the network ends with the run")
    lesson = Lesson(settings, training, pictures, held_out, recorder, progress)
    lesson.expect()
    recorder.meters.reset_peaks()
    try:
        lesson.go()
    finally:
        lesson.keep()
        recorder.read("after_run")
        recorder.raise_peak()
    compare(settings, training, pictures, recorder, progress)


def _use_threads(settings: Settings) -> None:
    """One for the small network on the CPU: with more it waits longer than it works."""
    if settings.device == "cpu" and settings.network == "small":
        use_one_thread()


def _training(settings: Settings) -> Training:
    """A new one, or one that an earlier run left."""
    model = program.build(settings.network, settings.device, settings.seed)
    names = ("steps", "learning_rate", "warm_up", "batch", "accumulate", "mixed_precision", "checkpointing", "seed")
    training = Training(model, **{name: getattr(settings, name) for name in names})
    if settings.go_on_from:
        file = checkpoints.kept(settings.go_on_from)
        left = torch.load(file, map_location="cpu", weights_only=True)
        _check(settings, left)
        training.restore(left["state"])
    return training


def _check(settings: Settings, left: dict[str, Any]) -> None:
    """Raises InvalidSettings where nothing can be added to what an earlier run left."""
    short, at = settings.go_on_from[:8], left["state"]["step"]
    if left["network"] != settings.network:
        message = (
            f"The run {short} trained the network {left['network']}, and these settings ask for {settings.network}."
        )
        raise InvalidSettings(message, f"Choose the network {left['network']}, or begin anew.")
    if at >= settings.steps:
        message = f"The run {short} has trained {at} steps already, and these settings ask for {settings.steps} in all."
        raise InvalidSettings(message, f"Ask for more than {at} steps, or begin anew.")


class Lesson:
    """One training on its way: its segments, its points, and what is kept of them."""

    def __init__(
        self,
        settings: Settings,
        training: Training,
        pictures: Tensor,
        held_out: Tensor,
        recorder: Recorder,
        progress: Progress,
    ) -> None:
        self._settings, self._training = settings, training
        self._pictures, self._held_out = pictures, held_out
        self._recorder, self._progress = recorder, progress
        self._spent_s = 0.0
        self._gave_way = 0
        self._is_lost = False
        self._losses: list[tuple[int, Tensor]] = []
        self._first = training.step
        self._told: dict[str, Any] = {
            "first_step": self._first,
            "last_step": self._first,
            "steps": settings.steps,
            "seconds": 0.0,
            "steps_per_s": None,
            "parameters": sum(weight.numel() for weight in training.model.parameters()),
            "losses": [],
            "points": [],
            "checkpoint_bytes": None,
        }
        recorder.record["outputs"] = {"training": self._told}

    def expect(self) -> None:
        """Before the training: the memory that it should take, and how fast the arithmetic allows it to be."""
        with self._recorder.stage(COUNTING):
            side = SIDES[self._settings.network]
            step_bytes = memory.computed_step(self._training, side)
            operations = memory.operations_of(self._training, side)
            rates = [product_rate(self._settings.device, torch.float32)]
        parts = memory.parts_of(self._told["parameters"])
        del parts["gradients"]  # at the highest moment few of them are there yet; they are part of the step
        self._progress.memory({"computed": [("for the weights", sum(parts.values())), ("a step", step_bytes)]})
        self._told |= {"computed_step_bytes": step_bytes, "operations": operations}
        self._recorder.limit(work_limit(operations, 4 * self._told["parameters"], rates, [], "s/step"))

    def go(self) -> None:
        """Train from point to point until the steps or the time are over."""
        self._look()
        while not self._is_over:
            self._segment()
            if self._is_over or self._share >= len(self._told["points"]) / POINTS:
                self._look()
            self._let_others_in()
        if self._is_lost:
            self._recorder.note(LOST.format(step=self._training.step, rate=self._settings.learning_rate))
        elif self._training.step < self._settings.steps:
            told = {"limit": self._settings.time_limit_s, "step": self._training.step, "steps": self._settings.steps}
            self._recorder.note(TIME_IS_UP.format(**told))

    def keep(self) -> None:
        """Whatever happened: the losses so far, and the checkpoint to go on from."""
        self._write_losses()
        if self._gave_way:
            runs = "run" if self._gave_way == 1 else "runs"
            self._recorder.note(GAVE_WAY.format(count=self._gave_way, runs=runs))
        if self._training.step == self._first or self._is_lost:
            return
        content = {"network": self._settings.network, "state": self._training.state()}
        try:
            size = checkpoints.keep(self._recorder.record["id"], lambda path: torch.save(content, path))
            self._told["checkpoint_bytes"] = size
        except checkpoints.NoRoom as reason:
            self._told["checkpoint_reason"] = reason.message
            self._recorder.note(f"{reason.message} {reason.remedy}")

    @property
    def _share(self) -> float:
        """How much of the way is done, by steps or by time, whichever is further."""
        steps = (self._training.step - self._first) / (self._settings.steps - self._first)
        return max(steps, self._spent_s / self._settings.time_limit_s)

    @property
    def _is_over(self) -> bool:
        return self._is_lost or self._share >= 1

    def _segment(self) -> None:
        """Train until the next point, or until somebody waits; only this is timed.

        Whether the time is up is read between two steps, without waiting for the device.
        """
        first, before_s, next_point = self._training.step, self._spent_s, len(self._told["points"]) / POINTS
        begun, told_at = perf_counter(), 0.0

        def on_step(step: int, loss: Tensor) -> bool:
            nonlocal told_at
            self._losses.append((step, loss))
            now = perf_counter()
            self._spent_s = before_s + now - begun
            if now - told_at >= TOLD_EVERY_S:
                told_at, found = now, float(loss)
                self._is_lost = not math.isfinite(found)
                if not self._is_lost:
                    self._progress.value("loss", step, found)
                self._recorder.timeline.sample()
            self._progress.report(TRAINING, step, self._settings.steps)
            self._progress.check()
            return self._share < next_point and not self._is_lost and not self._progress.others_wait()

        try:
            with self._recorder.clock.measure() as timing:
                program.train(self._training, self._pictures, on_step)
            self._spent_s = before_s + timing.wall_s
        finally:
            self._tell()
        steps = self._training.step - first
        self._recorder.spend([{"name": TRAINING, "wall_s": timing.wall_s}])
        self._recorder.repeat(timing, steps=steps, steps_per_s=steps / timing.wall_s)
        self._is_lost = not math.isfinite(float(self._losses[-1][1]))

    def _tell(self) -> None:
        """How far it is, also where it was stopped within a segment."""
        steps = self._training.step - self._first
        rate = steps / self._spent_s if steps and self._spent_s else None
        self._told |= {"last_step": self._training.step, "seconds": self._spent_s, "steps_per_s": rate}

    def _look(self) -> None:
        """Draw from the same noise, and ask for the loss of the pictures that were held out."""
        step, side = self._training.step, SIDES[self._settings.network]
        random = torch.Generator().manual_seed(self._settings.seed + 1)
        noise = torch.randn(DRAWN, 3, side, side, generator=random)
        point: dict[str, Any] = {"step": step, "seconds": self._spent_s}
        with self._recorder.clock.measure() as timing:
            for name, model in {"plain": self._training.model, "averaged": self._training.averaged}.items():
                self._progress.report(DRAWING, step, self._settings.steps)
                self._progress.check()
                loss = program.held_out_loss(model, self._held_out, self._training.schedule)
                point[f"{name}_loss"] = _number(loss)
                self._picture(program.sample(model, noise, DRAWING_STEPS), {"weights": name, "step": step})
        self._told["points"].append(point)
        self._recorder.spend([{"name": DRAWING, "wall_s": timing.wall_s}])

    def _picture(self, drawn: Tensor, details: dict[str, Any]) -> None:
        picture = program.as_picture(drawn)
        how = {"index": len(self._recorder.pictures), **details, "width": picture.width, "height": picture.height}
        self._recorder.pictures.append(
            RunPicture("drawn", how, png(picture, {**provenance(self._recorder), **how})),
        )

    def _let_others_in(self) -> None:
        if not self._progress.others_wait():
            return
        self._progress.report(GIVING_WAY, self._training.step, self._settings.steps)
        self._recorder.raise_peak()  # what the other run takes is not this one's
        with self._recorder.clock.measure() as timing:
            self._gave_way += self._progress.give_way()
        self._recorder.spend([{"name": GIVING_WAY, "wall_s": timing.wall_s}])
        self._recorder.meters.reset_peaks()
        _use_threads(self._settings)

    def _write_losses(self) -> None:
        """The mean loss of some steps each, at most 120 points."""
        every = max(1, -(-len(self._losses) // 120))
        parts = [self._losses[start : start + every] for start in range(0, len(self._losses), every)]
        means = [float(torch.stack([loss for _, loss in part]).mean()) for part in parts]
        self._told["losses"] = [[part[-1][0], _number(mean)] for part, mean in zip(parts, means, strict=True)]


def _number(value: float) -> float | None:
    """The value, None where it is none: a record holds numbers alone."""
    return value if math.isfinite(value) else None
