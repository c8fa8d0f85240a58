"""Writes what stands beside the shipped weights: a card per twin, and the list of checksums. python -m training.cards

The figures come from `embedded_models/measured.json`, which training.evaluate writes, and from the trainings' own
notes in the work folder; a twin whose training left no notes there keeps its card. What was out of the ordinary in one
training stands in its note as `remark`.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from string import Template
from typing import Any

from core.models.catalog import CATALOG
from core.models.embedded import CHECKSUMS, FOLDER, label
from core.units import count
from training.data import WORK
from training.evaluate import RESULT

TEXTS = Path(__file__).parent / "cards"
"""One text per twin; `$name` stands for a figure."""
STORIES = {
    "qwen3-0.6b": ("language_model",),
    "stable-diffusion-1.5": ("vae", "text_to_image"),
    "lcm-dreamshaper-v7": ("few_steps",),
    "animatediff-motion-adapter-v1-5-2": ("text_to_video", "text_to_video_placing"),
    "sdxl-inpainting": ("inpainting",),
    "yolov8n-seg": ("detector",),
    "resnet50": ("classifier",),
    "ddpm-cifar10-32": ("ddpm",),
    "clip-vit-base-patch16": ("judge",),
}


def card(model_id: str, measured: dict[str, Any], digests: dict[str, str]) -> str:
    """The text of a twin's README.md."""
    trainings = {name: json.loads((WORK / f"{name}.json").read_text()) for name in STORIES[model_id]}
    figures = dict(_flat(measured[model_id])) | {
        f"{name}_{key}": value for name, story in trainings.items() for key, value in _flat(story)
    }
    weights = {name: digest for name, digest in digests.items() if name.endswith(".safetensors")}
    text = Template((TEXTS / f"{model_id}.md").read_text(encoding="utf-8")).substitute(
        {name: _written(value) for name, value in figures.items()},
        label=label(CATALOG[model_id]),
        parameters=count(CATALOG[model_id].twin_parameters),
        machine=measured["machine"],
        torch=measured[model_id].get("torch", measured["torch"]),
        date=measured[model_id].get("date", measured["date"]),
        remarks="".join(f"\n  {story['remark']}" for story in trainings.values() if "remark" in story),
    )
    rows = "\n".join(f"| `{name}` | `{digest}` |" for name, digest in weights.items())
    return f"{text.rstrip()}\n\n## Files\n\n| file | SHA-256 |\n|---|---|\n{rows}\n"


def digests_of(model_id: str) -> dict[str, str]:
    """SHA-256 of every file of a twin but its card, by path inside its folder."""
    folder = FOLDER / model_id
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "README.md")
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _flat(values: dict[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in values.items():
        clean = f"{prefix}{name}".replace(".", "_")
        if isinstance(value, dict):
            yield from _flat(value, f"{clean}_")
        else:
            yield clean, value


def _written(value: object) -> str:
    """Shares and distances with three digits, seconds and counts whole."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def main() -> None:
    measured = json.loads(RESULT.read_text(encoding="utf-8"))
    lines = []
    for model_id in STORIES:
        digests = digests_of(model_id)
        if all((WORK / f"{name}.json").exists() for name in STORIES[model_id]):
            (FOLDER / model_id / "README.md").write_text(card(model_id, measured, digests), encoding="utf-8")
        lines += [f"{digest}  {model_id}/{name}" for name, digest in digests.items()]
    (FOLDER / CHECKSUMS).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
