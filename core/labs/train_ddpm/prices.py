"""What drawing, training, and each switch of training take: bytes by part, and time, a few steps each.

They are measured after the training, with its own network; the weights are not changed any more.
"""

import copy
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from core.labs.train_ddpm import memory
from core.labs.train_ddpm.program import Training
from core.labs.train_ddpm.settings import SIDES, SWITCHES, Settings
from core.measure.progress import Progress
from core.measure.recorder import Recorder

TIMES = 3
"""Timed steps of each; the fastest counts, as other programs can only slow one down."""
PARTS = 4
CHANGES: dict[str, dict[str, Any]] = {
    "mixed_precision": {"mixed_precision": True},
    "checkpointing": {"checkpointing": True},
    "accumulation": {"accumulate": PARTS},
}
PLAIN: dict[str, Any] = {"mixed_precision": False, "checkpointing": False, "accumulate": 1}


def compare(settings: Settings, trained: Training, pictures: Tensor, recorder: Recorder, progress: Progress) -> None:
    """Fill `outputs.variants`: drawing, plain training, and each chosen switch alone."""
    found: list[dict[str, Any]] = []
    recorder.record["outputs"]["variants"] = found
    ways = ["inference", "training", *settings.compare]
    for name in ways:
        title = {"inference": "Drawing", "training": "Training"}.get(name) or SWITCHES[name]  # type: ignore[index]
        recorder.begin_stage(f"Measuring: {title}")
        if name == "accumulation" and settings.batch < PARTS:
            told = f"a batch of {settings.batch} cannot be cut into {PARTS} parts"
            found.append({"name": name, "title": title, "is_available": False, "reason": told})
        elif name == "inference":
            found.append(_drawing(settings, trained, recorder) | {"name": name, "title": title})
        else:
            found.append(_training(settings, trained, CHANGES.get(name, {}), pictures, recorder, progress))
            found[-1] |= {"name": name, "title": title}
        recorder.end_stage()


def _drawing(settings: Settings, trained: Training, recorder: Recorder) -> dict[str, Any]:
    """The network asked once for a batch, without anything that training keeps."""
    side, model = SIDES[settings.network], trained.model.eval()
    x = torch.randn(settings.batch, 3, side, side, generator=torch.Generator().manual_seed(0)).to(settings.device)

    @torch.no_grad()
    def ask() -> None:
        model(x, 0)

    weights = memory.counted(trained)["weights"]
    took_s = _fastest(ask, recorder)
    step_bytes, computed = memory.taken(recorder, ask), memory.computed_inference(trained, side)
    return _entry({"weights": weights}, step_bytes, took_s) | {
        "computed": {"weights": weights, "step": computed},
    }


def _training(
    settings: Settings,
    trained: Training,
    change: dict[str, Any],
    pictures: Tensor,
    recorder: Recorder,
    progress: Progress,
) -> dict[str, Any]:
    """A few steps with one switch changed, on a copy, so that what was trained stays what it is."""
    model = copy.deepcopy(trained.model)
    model.disable_gradient_checkpointing()
    training = replace(trained, model=model, **(PLAIN | change), step=0, learning_rate=1e-5)
    training.train_step(pictures)  # Adam makes its moments in the first step
    progress.check()
    took_s = _fastest(lambda: training.train_step(pictures), recorder)
    step_bytes = memory.taken(recorder, lambda: training.backward(training.draw(pictures)))
    held = memory.counted(training)
    computed = memory.computed_step(training, SIDES[settings.network])
    gradients = held.pop("gradients")
    formula = memory.parts_of(sum(weight.numel() for weight in model.parameters()))
    return _entry(held, step_bytes, took_s) | {
        "gradients_bytes": gradients,
        "computed": {**{name: formula[name] for name in held}, "step": computed},
    }


def _entry(held: dict[str, int], step_bytes: int, took_s: float) -> dict[str, Any]:
    return {
        "is_available": True,
        "step_s": took_s,
        "measured": {**held, "step": step_bytes},
        "total_bytes": sum(held.values()) + step_bytes,
    }


def _fastest(work: Any, recorder: Recorder) -> float:
    work()
    times = []
    for _ in range(TIMES):
        with recorder.clock.measure() as timing:
            work()
        times.append(timing.wall_s)
    return min(times)
