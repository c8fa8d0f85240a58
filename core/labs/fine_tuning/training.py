"""One way of training, measured: times of the steps, the loss, that on pictures held out, and the bytes it holds."""

from math import ceil, isfinite
from typing import Any, Literal

import torch
from torch import Tensor

from core.labs.fine_tuning import program
from core.labs.fine_tuning.kept import Kept
from core.labs.fine_tuning.settings import FOLLOWED, FOLLOWED_STEPS, TITLES, Settings, Way
from core.measure.clocks import Stamp
from core.measure.progress import Progress
from core.measure.recorder import Recorder
from core.runs.drawing import StepWatch

LEVELS = (150, 500, 850)
"""Steps of the schedule at which the loss on pictures is looked at."""
LOOKS = 3
"""How often on the way, after the look at the start."""
MOMENTS = ("exp_avg", "exp_avg_sq")
"""What Adam keeps of every weight, as PyTorch calls it."""
DIVERGED = (
    "{title}: after step {step} the loss is no longer a number. The learning rate of {rate:g} is too high for it."
)
OUT_OF_TIME = "{title} trained {step} of {steps} steps: then its time of {limit} s was over."
Stopped = Literal["steps", "time", "diverged"]


class Training:
    """Trains what is not frozen in a UNet, and looks at the loss on the way without counting that as training."""

    def __init__(
        self,
        settings: Settings,
        way: Way,
        unet: Any,
        schedule: Any,
        recorder: Recorder,
        watch: StepWatch,
        progress: Progress,
    ) -> None:
        self._settings, self._way, self._unet, self._schedule = settings, way, unet, schedule
        self._recorder, self._watch, self._progress = recorder, watch, progress
        self._rate = float((settings.lora_learning_rate if way == "lora" else settings.full_learning_rate) or 0)
        self._every = ceil(int(settings.steps or 0) / LOOKS)
        self._begun: list[Stamp] = []
        self._losses: list[float] = []
        self._points: list[dict[str, Any]] = []
        self._values: list[Tensor] = []
        self._stopped: Stopped = "steps"

    def run(self, latents: Tensor, texts: Tensor, held_out: int) -> dict[str, Any]:
        """Train with all but the last `held_out` of latents [n, 4, h, w] and texts [n, tokens, width].

        Raises:
            RunCancelled, RunTimedOut: the run was stopped.
        """
        self._held_out = latents[-held_out:], texts[-held_out:]
        learnt = latents[:-held_out], texts[:-held_out]
        self._learnt = learnt[0][:held_out], learnt[1][:held_out]
        title, clock = TITLES[self._way], self._recorder.clock
        self._watch.begin(f"Training: {title}")
        self._look(0)
        memory = self._counted(*learnt)
        before = self._now()
        self._recorder.meters.reset_peaks()
        self._begun.append(clock.stamp())
        with clock.measure() as timing:
            optimizer = self._train(*learnt)
        memory |= {"moments": _moments(optimizer)} | self._grown(before)
        step_s = [clock.seconds(start, end) for start, end in zip(self._begun, self._watch.stamps, strict=False)]
        if self._points[-1]["step"] != len(self._losses) and self._stopped != "diverged":
            self._look(len(self._losses))
        self._tell(title)
        figures = {"steps": len(step_s), "training_s": sum(step_s), "steps_per_s": len(step_s) / sum(step_s)}
        self._recorder.repeat(timing, is_first=True, settings={"way": self._way}, **figures)
        self._recorder.spend([{"name": f"Training: {title}", "wall_s": timing.wall_s}])
        return {
            **figures,
            "step_s": step_s,
            "loss": self._losses,
            "points": self._points,
            "change": _spread(self._values[-1] - self._values[0]),
            "stopped": self._stopped,
            "memory": {"counted": memory},
        }

    def _train(self, latents: Tensor, texts: Tensor) -> torch.optim.Optimizer:
        settings = self._settings
        if settings.checkpointing:
            self._unet.enable_gradient_checkpointing()
        try:
            return program.train(
                self._unet,
                self._schedule,
                latents,
                texts,
                int(settings.steps or 0),
                self._rate,
                int(settings.batch_size or 0),
                settings.seed,
                self._on_step,
            )
        finally:
            self._unet.disable_gradient_checkpointing()

    def _on_step(self, step: int, loss: float) -> bool:
        self._watch(None, step, None, {})
        self._losses.append(loss)
        if not isfinite(loss):
            self._stopped = "diverged"
            return False
        latest = self._losses[-FOLLOWED_STEPS:]
        self._progress.value(FOLLOWED, self._watch.done, sum(latest) / len(latest))
        spent = sum(end.ns - start.ns for start, end in zip(self._begun, self._watch.stamps, strict=True)) / 1e9
        if step < int(self._settings.steps or 0) and spent >= self._settings.time_limit_s:
            self._stopped = "time"
            return False
        if step % self._every == 0:
            self._look(step)
        self._begun.append(self._recorder.clock.stamp())
        return True

    def _look(self, step: int) -> None:
        """The loss on pictures that are held out, and on as many that are trained with, at the same noise."""
        held_out, learnt = (
            program.loss_on(self._unet, self._schedule, *given, LEVELS) for given in (self._held_out, self._learnt)
        )
        self._values.append(held_out)
        self._points.append({"step": step, "held_out": _spread(held_out), "learnt": _spread(learnt)})

    def _counted(self, latents: Tensor, texts: Tensor) -> dict[str, int]:
        """Bytes of one step's tensors, which changes nothing: gradients and what is kept for the way back."""
        count = int(self._settings.batch_size or 0)
        chosen = torch.arange(count, device=latents.device) % len(latents)
        level = torch.full((count,), LEVELS[1], device=latents.device)
        weights = list(self._unet.parameters())
        given = latents[chosen], texts[chosen]
        if self._settings.checkpointing:
            self._unet.enable_gradient_checkpointing()
        with Kept([*weights, *self._unet.buffers(), *given]) as kept:
            loss = program.loss_of(self._unet, self._schedule, *given, torch.zeros_like(given[0]), level).mean()
        loss.backward()
        gradients = sum(
            weight.grad.numel() * weight.grad.element_size() for weight in weights if weight.grad is not None
        )
        self._unet.zero_grad(set_to_none=True)
        self._unet.disable_gradient_checkpointing()
        held = sum(weight.numel() * weight.element_size() for weight in weights)
        return {"weights": held, "gradients": gradients, "activations": kept.bytes}

    def _now(self) -> int | None:
        self._recorder.clock.settle()
        value = self._recorder.meters.read()[self._meter]
        return value if isinstance(value, int) else None

    @property
    def _meter(self) -> str:
        return "allocated_bytes" if self._recorder.clock.is_cuda else "process_rss_bytes"

    def _grown(self, before: int | None) -> dict[str, Any]:
        """What the device's meter rose by while the steps ran."""
        peak = self._recorder.raise_peak()[self._meter]
        grown = max(0, peak - before) if isinstance(peak, int) and before is not None else None
        return {"grown": grown, "meter": self._meter.removesuffix("_bytes")}

    def _tell(self, title: str) -> None:
        step, settings = len(self._losses), self._settings
        if self._stopped == "diverged":
            self._recorder.note(DIVERGED.format(title=title, step=step, rate=self._rate))
        if self._stopped == "time":
            limit = settings.time_limit_s
            self._recorder.note(OUT_OF_TIME.format(title=title, step=step, steps=settings.steps, limit=limit))


def _moments(optimizer: torch.optim.Optimizer) -> int:
    kept = [state[name] for state in optimizer.state.values() for name in MOMENTS]
    return sum(tensor.numel() * tensor.element_size() for tensor in kept)


def _spread(values: Tensor) -> dict[str, float | None]:
    """Mean of one value per picture, and its standard error; none of a single picture."""
    error = float(values.std() / len(values) ** 0.5) if len(values) > 1 else None
    return {"mean": float(values.mean()), "error": error}
