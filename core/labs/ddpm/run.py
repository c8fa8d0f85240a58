"""Measures program.py: a picture on its way into noise, and pictures on their way out of it, each way timed once.

Noise is added to copies of one picture in two ways, in one jump and step by step. How much of the picture is left, and
how strong the noise is, is read off the result, and stands beside what the formula says. Then every way of drawing
starts from the same noise. What is kept of the pictures on the way is copied where they are, between two steps.
"""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import torch
from torch import Tensor, nn

from core.labs.ddpm import program
from core.labs.ddpm.program import Schedule
from core.labs.ddpm.settings import TITLES, Settings
from core.measure.clocks import Clock
from core.measure.progress import Progress
from core.measure.recorder import Recorder, RunPicture
from core.models.checkpoint import Checkpoint
from core.models.resident import Resident
from core.runs.drawing import DENOISING, StepWatch, measured_picture, provenance, readings_at_the_end
from core.runs.limit_pass import DeviceRates, look_closer
from core.runs.loading import Loaded, load_or_reuse, model_entry
from core.runs.pictures import chosen_picture
from core.runs.planning import models_of
from core.runs.png import png

ADDING = "Adding noise"
COPIES = 16
"""Of the picture that noise is added to, so that its mean and spread can be read off."""
FRAMES = 17
"""Of a picture on its way into noise, the first and the last step included."""
KEPT_EVERY = 50
"""Steps, of a picture on its way out of noise; of DDIM so that there are as many."""
POINTS = 33
"""Of the curves of two schedules."""


def run(settings: Settings, recorder: Recorder, resident: Resident, progress: Progress) -> None:
    """Load or reuse the network, add noise in both ways, then draw in every way that was asked for."""
    picture = chosen_picture(settings.settled().picture, recorder)
    model = load_or_reuse(
        "ddpm",
        settings,
        models_of(settings),
        lambda found: _read(settings, found, recorder),
        recorder,
        resident,
        progress,
    )
    schedule = Schedule(steps=settings.num_train_timesteps, device=settings.device)
    ways: list[dict[str, Any]] = []
    recorder.record["outputs"] = {"ways": ways}
    torch.manual_seed(settings.seed)
    with recorder.stage(ADDING):
        noising, strips = _noised(program.as_tensor(picture).to(settings.device), schedule, recorder.clock)
        recorder.record["outputs"]["noising"] = noising
    for name, strip in strips.items():
        _keep(recorder, "noising", strip, {"way": name, "steps": [frame["step"] for frame in noising["frames"]]})
    _draw_all(settings, model, schedule, ways, recorder, progress)


def _read(settings: Settings, found: dict[str, Checkpoint], recorder: Recorder) -> Loaded[nn.Module]:
    weights = found[settings.model]
    model = program.load(weights.path, settings.device, recorder.begin_stage)
    return Loaded(model, [model_entry(settings.model, weights, {"model": model}, settings.dtype)])


def _noised(picture: Tensor, schedule: Schedule, clock: Clock) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """What both ways to add noise make of a picture [1, 3, side, side], and of one copy the frames on the way."""
    last, copies = len(schedule.beta) - 1, picture.expand(COPIES, -1, -1, -1)
    shown = torch.linspace(0, last, FRAMES).round().long().tolist()
    found: dict[str, dict[int, Tensor]] = {"jump": {}, "one_by_one": {}}
    with clock.measure() as jumps:
        for step in shown:
            steps = torch.full((COPIES,), step, device=picture.device)
            found["jump"][step] = program.add_noise(copies, steps, torch.randn_like(copies), schedule)

    def keep(step: int, pictures: Tensor) -> None:
        if step in shown:
            found["one_by_one"][step] = pictures.clone()

    with clock.measure() as walk:
        program.add_noise_one_by_one(copies, last, schedule, keep)
    frames = [_frame(step, picture, {way: seen[step] for way, seen in found.items()}, schedule) for step in shown]
    strips = {way: torch.cat([seen[step][:1] for step in shown]) for way, seen in found.items()}
    times = {"jump_s": jumps.wall_s / len(shown), "one_by_one_s": walk.wall_s}
    return {"frames": frames, "alpha_bar": _curves(len(schedule.beta)), **times}, strips


def _frame(step: int, picture: Tensor, ways: dict[str, Tensor], schedule: Schedule) -> dict[str, Any]:
    """Signal (the factor of the picture) and noise (standard deviation of the rest): by the formula, and measured."""
    kept = schedule.alpha_bar[step]
    return {
        "step": step,
        "formula": {"signal": float(kept.sqrt()), "noise": float((1 - kept).sqrt())},
        **{way: _measured(made, picture) for way, made in ways.items()},
    }


def _measured(made: Tensor, picture: Tensor) -> dict[str, float]:
    """The factor by which `picture` is in `made` by least squares, and the spread of what it does not explain."""
    signal = (made * picture).sum() / (picture.square().sum() * len(made))
    return {"signal": float(signal), "noise": float((made - signal * picture).std())}


def _curves(steps: int) -> dict[str, list[list[float]]]:
    """ᾱ over the steps of two schedules, as [step, value]."""
    shown = torch.linspace(0, steps - 1, POINTS).round().long()
    kinds = {kind: Schedule(kind, steps).alpha_bar[shown].tolist() for kind in ("linear", "cosine")}
    return {
        kind: [[step, value] for step, value in zip(shown.tolist(), values, strict=True)]
        for kind, values in kinds.items()
    }


def _draw_all(
    settings: Settings,
    model: nn.Module,
    schedule: Schedule,
    ways: list[dict[str, Any]],
    recorder: Recorder,
    progress: Progress,
) -> None:
    every = len(schedule.beta)
    plan = [(str(name), TITLES[name], every) for name in settings.ways]
    plan += [(f"ddim_{count}", "DDIM", count) for count in settings.ddim_steps]
    watch = StepWatch(recorder, progress, sum(evaluations for _, _, evaluations in plan))
    rates = DeviceRates(settings, model)
    rates.measure()
    recorder.meters.reset_peaks()
    with readings_at_the_end(recorder):
        for name, title, evaluations in plan:
            watch.begin(f"{title}, {evaluations} evaluations")
            drawn, seen, entry = _draw(settings, model, schedule, name, evaluations, watch, recorder)
            told = {"name": name, "title": title, "evaluations": evaluations, "detail": _detail(drawn)}
            ways.append(told | {"apart": _apart(drawn), **_times(entry)})
            _keep(recorder, "drawn", drawn, told | _times(entry))
            _keep(
                recorder, "denoising", torch.cat([x for _, x in seen]), {"way": name, "steps": [at for at, _ in seen]}
            )
    rates.measure()
    look_closer(recorder, model, rates, lambda: _way(settings, model, schedule, "ddim_1", lambda *_: None))


def _draw(
    settings: Settings,
    model: nn.Module,
    schedule: Schedule,
    name: str,
    evaluations: int,
    watch: StepWatch,
    recorder: Recorder,
) -> tuple[Tensor, list[tuple[int, Tensor]], dict[str, Any]]:
    """The pictures of one way, what the first one was on the way, and the entry of `repeats`."""
    seen: list[tuple[int, Tensor]] = []
    every = max(1, round(evaluations * KEPT_EVERY / len(schedule.beta)))

    def on_step(step: int, x: Tensor) -> None:
        watch(None, step, None, {})
        done = len(watch.stamps)
        if done % every == 0 or done == evaluations:
            seen.append((done, x[:1].clone()))

    drawn, entry = measured_picture(
        lambda phases: _way(settings, model, schedule, name, on_step),
        {DENOISING: model},
        recorder,
        watch,
        {"settings": {"way": name}},
    )
    return drawn, seen, entry


def _way(
    settings: Settings, model: nn.Module, schedule: Schedule, name: str, on_step: Callable[[int, Tensor], None]
) -> Tensor:
    torch.manual_seed(settings.seed)
    noise = torch.randn(settings.pictures, 3, program.SIDE, program.SIDE).to(settings.device)
    if name.startswith("ddim_"):
        return program.sample_ddim(model, noise, schedule, int(name.removeprefix("ddim_")), on_step)
    return program.sample(model, noise, schedule, name == "ddpm", on_step)


def _times(entry: dict[str, Any]) -> dict[str, float]:
    return {name: entry[name] for name in ("wall_s", "seconds_per_evaluation")}


def _detail(drawn: Tensor) -> float:
    """Mean difference of neighbouring colour values, 0 to 255: what is smooth has little."""
    steps = [drawn.diff(dim=dim).abs().mean() for dim in (2, 3)]
    return float(sum(steps) / 2 * 127.5)


def _apart(drawn: Tensor) -> float | None:
    """Mean difference of the colour values of two of the pictures, 0 to 255; None where there is only one."""
    pairs = [(one - other).abs().mean() for one, other in combinations(drawn, 2)]
    return float(torch.stack(pairs).mean() * 127.5) if pairs else None


def _keep(recorder: Recorder, role: str, x: Tensor, details: dict[str, Any]) -> None:
    """Hand over pictures [n, 3, side, side] as one, beside each other."""
    picture = program.as_picture(x)
    how = {"index": len(recorder.pictures), **details, "width": picture.width, "height": picture.height}
    recorder.pictures.append(RunPicture(role, how, png(picture, {**provenance(recorder), **how})))
