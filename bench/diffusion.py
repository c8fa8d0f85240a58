"""The labs on diffusion against their own programs: the same twin and settings, in one process, in turn.

    python -m bench diffusion --pairs 9

A lab counts evaluations, reads memory and asks after every step whether to go on; only what its record gives as the
time of the picture, or of the training steps, is compared with the same call with nothing around it.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from bench.labs import TARGET
from bench.training import synchronise
from core.config import config
from core.measure.statistics import median_interval
from core.runs.records import Record

PROMPT, SEED = "A calm sea at sunset with a boat, digital art", 7
TRAINING_STEPS = 16


@dataclass(frozen=True)
class Case:
    """What a lab is asked for, and the same call of its program."""

    settings: dict[str, Any]
    model: str
    bare: Callable[[Any, Any], Callable[[], Any]]
    """Of the lab's program and what its `load` gave: what is to be timed. Called anew for every time."""
    measured: str = "wall_s"
    """The figure of the record's first repeat."""


def main(pairs: int, device: str) -> dict[str, object]:
    """Run `pairs` alternating pairs of every lab; a ratio is seconds in the lab / seconds of the bare call."""
    with tempfile.TemporaryDirectory() as data_dir:
        os.environ["VRAM_LAB_DATA_DIR"] = data_dir
        config.cache_clear()
        labs = {name: _compared(name, case, pairs, device) for name, case in CASES.items()}
    return {
        "what": "a picture, or training steps, of the twin: in the lab / by the bare program",
        "device": device,
        "labs": labs,
        "target": TARGET,
        "met": all(lab["median_ratio"] <= TARGET for lab in labs.values()),
    }


def _compared(name: str, case: Case, pairs: int, device: str) -> dict[str, Any]:
    from core.models.resident import Resident

    resident, bare = Resident(), _bare(name, case, device)
    sides: dict[str, Callable[[], float]] = {
        "bare": lambda: _seconds(bare(), device),
        "lab": lambda: _lab_s(name, case, device, resident),
    }
    for side in sides.values():
        side()
    rows = []
    for index in range(pairs):
        order = list(sides) if index % 2 else list(reversed(sides))
        took = {side: sides[side]() for side in order}
        rows.append((took["bare"], took["lab"]))
        print(f"{name}, pair {index + 1}: bare {took['bare']:.3f} s, lab {took['lab']:.3f} s", file=sys.stderr)
    middle, low, high = median_interval([lab_s / bare_s for bare_s, lab_s in rows])
    return {
        "settings": case.settings,
        "bare_s": [row[0] for row in rows],
        "lab_s": [row[1] for row in rows],
        "median_ratio": middle,
        "interval_95": [low, high],
    }


def _lab_s(name: str, case: Case, device: str, resident: Any) -> float:
    from core.measure.progress import SilentProgress
    from core.runs.execution import execute

    asked = case.settings | {"source": "embedded", "device": device}
    record: Record = execute(name, asked, SilentProgress(), resident).record
    if record["state"] != "finished":
        raise RuntimeError(f"the run of {name} ended as {record['state']}: {record['error']}")
    return float(record["repeats"][0][case.measured])


def _bare(name: str, case: Case, device: str) -> Callable[[], Callable[[], Any]]:
    """The lab's program with the twin loaded by its own `load`."""
    from core.measure.progress import SilentProgress
    from core.models.checkpoint import checkpoint

    program: Any = import_module(f"core.labs.{name}.program")
    found = checkpoint(case.model, "embedded", SilentProgress())
    given = {"device": device, "stage": lambda stage: None}
    wanted = program.load.__annotations__
    given |= {"variant": found.variant} if "variant" in wanted else {}
    given |= {"dtype": _float32()} if "dtype" in wanted else {}
    loaded = program.load(found.path, **given)
    if hasattr(loaded, "set_progress_bar_config"):
        loaded.set_progress_bar_config(disable=True)
    return lambda: case.bare(program, loaded)


def _float32() -> Any:
    import torch

    return torch.float32


def _seconds(call: Callable[[], Any], device: str) -> float:
    synchronise(device)
    begun = time.perf_counter()
    call()
    synchronise(device)
    return time.perf_counter() - begun


def _noise(program: Any, model: Any) -> Callable[[], Any]:
    import torch

    schedule = program.Schedule(steps=512, device=next(model.parameters()).device)
    torch.manual_seed(SEED)
    noise = torch.randn(2, 3, program.SIDE, program.SIDE).to(schedule.beta.device)
    return lambda: program.sample_ddim(model, noise, schedule, 50, lambda *_: None)


def _changed(program: Any, pipe: Any) -> Callable[[], Any]:
    from PIL import Image

    from core.runs.pictures import SHIPPED
    from core.runs.settings import settled_picture

    picture = program.fitted(Image.open(SHIPPED[settled_picture("shipped", "embedded")]).convert("RGB"), 128)
    return lambda: program.change(pipe, picture, PROMPT, "", 0.8, 25, 7.5, SEED)


def _tuned(program: Any, pipe: Any) -> Callable[[], Any]:
    """LoRA's training steps; what an earlier call put beside the weights is taken off."""
    from core.labs.fine_tuning.examples import examples
    from core.labs.fine_tuning.settings import Settings

    given = examples(Settings(source="embedded"), None)
    schedule = program.DDPMScheduler.from_config(pipe.scheduler.config)
    latents, texts = program.encode(pipe, given.pictures, given.captions, 128)
    if getattr(pipe.unet, "peft_config", None):
        pipe.unet.unload_lora()
    program.add_lora(pipe.unet, 8, SEED)
    learnt = latents[: -given.held_out], texts[: -given.held_out]
    return lambda: program.train(pipe.unet, schedule, *learnt, TRAINING_STEPS, 0.01, 4, SEED)


PICTURE = "stable-diffusion-1.5"
WORDS = {"prompt": PROMPT, "seed": SEED}
ONE_STAGE = {"subject": PROMPT, "details": "", "style": "", "negative_prompt": "", "magic": "", "nonsense": ""}
CASES: dict[str, Case] = {
    "ddpm": Case({"ways": [], "ddim_steps": [50], "seed": SEED}, "ddpm-cifar10-32", _noise),
    "guidance": Case(
        WORDS | {"repeats": 1, "looks": 0, "scales": [], "num_inference_steps": 15},
        PICTURE,
        lambda program, pipe: lambda: program.denoise(pipe, PROMPT, 7.5, 15, 128, SEED),
    ),
    "image_to_image": Case(WORDS | {"strengths": [0.8]}, PICTURE, _changed),
    "prompt_craft": Case(
        ONE_STAGE | {"most_words": 0, "num_inference_steps": 15, "last_steps": 1, "seed": SEED},
        PICTURE,
        lambda program, pipe: lambda: program.generate(pipe, PROMPT, "", 15, 7.5, 128, SEED),
    ),
    "fine_tuning": Case({"ways": ["lora"], "steps": TRAINING_STEPS, "seed": SEED}, PICTURE, _tuned, "training_s"),
}
