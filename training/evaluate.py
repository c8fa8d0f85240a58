"""Measures the shipped twins and writes what it finds to `embedded_models/measured.json`. python -m training.evaluate

Nothing here trains. `--quick` takes few samples and writes nothing; `--only NAME` measures one twin anew, and the
others keep their figures.
"""

import argparse
import json
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from diffusers import StableDiffusionPipeline, StableDiffusionXLInpaintPipeline

from core.measure.machine import this_machine
from core.models.judge import SIDE
from training import classifier, ddpm, detector, judge, language_model
from training.clip_quality import load as load_moving
from training.clip_quality import measure_clips
from training.data import pictures, scene_set
from training.picture_quality import MODELS, load, measure_drawing, measure_few_steps, measure_inpainting

RESULT = MODELS / "measured.json"


def measures(quick: bool) -> dict[str, Callable[[], dict[str, Any]]]:
    """What finds the figures, by catalog name of the model whose twin is measured."""
    held_out = scene_set(judge.HELD_OUT_SEED, 100 if quick else judge.HELD_OUT)
    return {
        "clip-vit-base-patch16": lambda: judge.rates(
            judge.load(), pictures("judge-held-out", held_out, SIDE), held_out
        ),
        "qwen3-0.6b": lambda: language_model.evaluate(
            MODELS / "qwen3-0.6b", stories=20 if quick else 300, samples=10 if quick else 200
        ),
        "stable-diffusion-1.5": lambda: measure_drawing(
            load(StableDiffusionPipeline, "stable-diffusion-1.5"),
            10 if quick else 200,
            sweep_prompts=4 if quick else 40,
        ),
        "lcm-dreamshaper-v7": lambda: measure_few_steps(
            load(StableDiffusionPipeline, "lcm-dreamshaper-v7"),
            load(StableDiffusionPipeline, "stable-diffusion-1.5"),
            4 if quick else 40,
        ),
        "sdxl-inpainting": lambda: measure_inpainting(
            load(StableDiffusionXLInpaintPipeline, "sdxl-inpainting"), 10 if quick else 100
        ),
        "yolov8n-seg": lambda: detector.evaluate(MODELS / "yolov8n-seg", 40 if quick else 300),
        "resnet50": lambda: classifier.evaluate(MODELS / "resnet50", 100 if quick else classifier.HELD_OUT),
        "animatediff-motion-adapter-v1-5-2": lambda: measure_clips(load_moving(), 2 if quick else 6),
        "ddpm-cifar10-32": lambda: ddpm.evaluate(MODELS / "ddpm-cifar10-32", 8 if quick else 128),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few samples, nothing written")
    parser.add_argument("--only", metavar="NAME", help="one twin alone")
    options = parser.parse_args()
    quick, every = options.quick, measures(options.quick)
    if options.only and options.only not in every:
        parser.error(f"there is no twin {options.only}; there are {', '.join(every)}")
    if options.only:
        today = {"date": datetime.now(UTC).date().isoformat(), "torch": torch.__version__}
        result = json.loads(RESULT.read_text(encoding="utf-8")) | {options.only: every[options.only]() | today}
    else:
        result = _about() | {name: found() for name, found in every.items()}
    text = json.dumps(result, indent=2) + "\n"
    sys.stdout.write(text)
    if not quick:
        Path(RESULT).write_text(text, encoding="utf-8")


def _about() -> dict[str, str]:
    return {
        "machine": this_machine().label,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "date": datetime.now(UTC).date().isoformat(),
    }


if __name__ == "__main__":
    main()
