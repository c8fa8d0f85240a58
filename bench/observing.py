"""What observing costs: the same pass with and without what watches it, alternating, in one process.

It is measured on the small twins, whose steps are the shortest and so feel it most. The ratio of a pair is
observed / plain.
"""

import gc
import sys
import time
from collections.abc import Callable
from typing import Any

from core.labs.text_generation import program as text
from core.labs.text_generation.run import TokenWatch
from core.labs.text_to_image import program as picture
from core.measure.machine import this_machine
from core.measure.progress import SilentProgress
from core.measure.recorder import Recorder
from core.measure.statistics import median_interval
from core.models.checkpoint import checkpoint
from core.runs.drawing import StepWatch, quiet_pipe
from core.runs.phases import Phases
from core.runs.previews import PreviewWatch
from core.runs.settings import ModelSettings
from core.runs.threads import use_threads

PROMPT, SCENE, TOKENS, STEPS = "Once upon a time, in a land far, far away,", "a city skyline at sunset", 100, 50
TARGET = 1.02


def main(pairs: int, device: str) -> dict[str, object]:
    """Measure every observer; `pairs` alternating pairs each."""
    use_threads(ModelSettings(model="qwen3-0.6b", source="embedded", device=device))
    text_pass, picture_pass = _text(device), _picture(device)
    observers = {
        "text, every token stamped and reported": (text_pass, "watched"),
        "text, memory sampled by a thread as well": (text_pass, "sampled"),
        "pictures, every step stamped, reported and sampled": (picture_pass, "watched"),
        "pictures with previews (never in a measured run)": (picture_pass, "previews"),
    }
    return {
        "what": f"{TOKENS} tokens and {STEPS}-step pictures of the small twins: observed / plain",
        "device": device,
        "target": TARGET,
        "observers": {name: _compare(name, once, how, pairs) for name, (once, how) in observers.items()},
    }


def _compare(name: str, once: Callable[[str], None], how: str, pairs: int) -> dict[str, Any]:
    for each in ("", how):
        once(each)
    rows = []
    for index in range(pairs):
        order = ["", how] if index % 2 == 0 else [how, ""]
        times = {each: _timed(once, each) for each in order}
        rows.append((times[""], times[how]))
    middle, low, high = median_interval([observed / plain for plain, observed in rows])
    print(f"{name}: {middle:.4f} ({low:.4f} to {high:.4f})", file=sys.stderr)
    seconds = {"plain_s": [row[0] for row in rows], "observed_s": [row[1] for row in rows]}
    return {**seconds, "median_ratio": middle, "interval_95": [low, high], "met": middle <= TARGET}


def _timed(once: Callable[[str], None], how: str) -> float:
    gc.collect()
    start = time.perf_counter()
    once(how)
    return time.perf_counter() - start


def _text(device: str) -> Callable[[str], None]:
    import torch

    path = checkpoint("qwen3-0.6b", "embedded", SilentProgress()).path
    tokenizer, model = text.load(path, device, torch.float32, stage=lambda name: None)
    recorder = _recorder("text_generation", device)

    def once(how: str) -> None:
        watch = TokenWatch(SilentProgress(), "bench", 0, TOKENS) if how else None
        if how == "sampled":
            with recorder.timeline.sampling():
                text.generate(tokenizer, model, PROMPT, TOKENS, seed=1, streamer=watch)
        else:
            text.generate(tokenizer, model, PROMPT, TOKENS, seed=1, streamer=watch)

    return once


def _picture(device: str) -> Callable[[str], None]:
    import torch

    found = checkpoint("stable-diffusion-1.5", "embedded", SilentProgress())
    pipe = quiet_pipe(picture.load(found.path, device, torch.float32, found.variant, stage=lambda name: None))
    recorder = _recorder("text_to_image", device)

    def once(how: str) -> None:
        kinds = {"": None, "watched": StepWatch, "previews": PreviewWatch}
        watch = kinds[how](recorder, SilentProgress(), STEPS) if kinds[how] else None  # type: ignore[misc]
        if watch is not None:
            watch.phases = Phases(recorder.clock, {})
        picture.generate(pipe, SCENE, num_inference_steps=STEPS, height=64, width=64, random_seed=1, on_step_end=watch)

    return once


def _recorder(lab: str, device: str) -> Recorder:
    return Recorder(lab, {"num_inference_steps": STEPS}, device=device, machine=this_machine())
