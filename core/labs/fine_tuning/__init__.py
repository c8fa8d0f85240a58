"""Stable Diffusion fine-tuned on captioned pictures: every weight of the UNet, or LoRA beside it."""

from typing import Any

from core.labs.fine_tuning.memory import beside_weights, too_large
from core.runs.lab import MEMORY, TIME, Lab, Measure
from core.runs.records import Record
from core.runs.twin_world import PICTURES


def _ways(record: Record) -> dict[str, dict[str, Any]]:
    """What was measured, by way."""
    found: dict[str, Any] = (record.get("outputs") or {}).get("fine_tuning") or {}
    return {way["name"]: way for way in found.get("ways") or [] if way["is_available"]}


def _file_ratio(record: Record) -> list[float]:
    """How many times as large the file of full training is; nothing where one is missing."""
    sizes: dict[str, int] = {name: way.get("file_bytes") or 0 for name, way in _ways(record).items()}
    return [sizes["full"] / sizes["lora"]] if sizes.get("full") and sizes.get("lora") else []


def _memory_ratio(record: Record) -> list[float]:
    """How many times its UNet's weights full training holds in weights, gradients and moments, as counted."""
    full = _ways(record).get("full")
    if full is None:
        return []
    counted = full["memory"]["counted"]
    return [(counted["weights"] + counted["gradients"] + counted["moments"]) / counted["weights"]]


def _time_ratio(record: Record) -> list[float]:
    """How long a step with LoRA takes, as a share of one that trains every weight."""
    ways = _ways(record)
    return [ways["full"]["steps_per_s"] / ways["lora"]["steps_per_s"]] if {"lora", "full"} <= set(ways) else []


def _lora_share(record: Record) -> list[float]:
    """Numbers that LoRA trains, in percent of the UNet's."""
    lora = _ways(record).get("lora")
    return [100 * lora["share"]] if lora else []


def _lora_held_out(record: Record) -> list[float]:
    """The loss on held-out pictures after LoRA, as a share of that before."""
    points = (_ways(record).get("lora") or {}).get("points") or []
    return [points[-1]["held_out"]["mean"] / points[0]["held_out"]["mean"]] if points else []


def _lora_score_width(record: Record) -> list[float]:
    """How many points the interval is wide in which LoRA's change of the score lies."""
    scores = ((record.get("outputs") or {}).get("fine_tuning") or {}).get("scores") or {}
    changes = {state["name"]: state.get("change") for state in scores.get("states") or []}
    return [change["high"] - change["low"]] if (change := changes.get("lora")) else []


TRAINING = {
    "lora_share": Measure("%", _lora_share),
    "lora_held_out": Measure("×", _lora_held_out),
    "lora_score_width": Measure("points", _lora_score_width),
    "full_over_lora_file": Measure("×", _file_ratio),
    "full_over_weights": Measure("×", _memory_ratio),
    "lora_over_full_step": Measure("×", _time_ratio),
}

LAB = Lab(
    name="fine_tuning",
    place=97,
    title="Fine-tuning",
    summary="Teaches a picture model a style that it has never seen, with LoRA and by training every weight, and shows "
    "what each takes and what came of it.",
    models=("stable-diffusion-1.5",),
    fallback="embedded",
    measures=TIME | MEMORY | TRAINING,
    beside_weights=beside_weights,
    too_large=too_large,
    carries_over=(
        "Which parts learn and what training holds beside the weights carries over to the real model; how far a few "
        "steps take it, time and bytes do not: random weights of the real size show the last two."
    ),
    world=PICTURES,
    suggestions={
        "In the old style": "Mountains by day with a house, digital art",
        "In the new one": "Mountains by day with a house, blueprint",
        "A new thing in it": "City skyline at sunset with a boat, blueprint",
    },
)
