"""The two predictions of every step, and the guidance between them."""

from typing import Any

from core.runs.lab import Lab, Measure
from core.runs.records import Record
from core.runs.twin_world import PICTURES


def _ratios(record: Record) -> list[float]:
    """How many times as long an evaluation with both predictions took, one value per warm pair of loops."""
    cost: dict[str, Any] = ((record.get("outputs") or {}).get("guidance") or {}).get("cost") or {}
    return list(cost.get("ratios") or [])


LAB = Lab(
    name="guidance",
    place=55,
    title="Guidance taken apart",
    summary="Draws a picture step by step and shows both predictions of a step, what the guidance scale makes of them, "
    "where each word acts, and what the autoencoder saves and loses.",
    models=("stable-diffusion-1.5",),
    fallback="embedded",
    measures={"second_prediction": Measure("times", _ratios)},
    carries_over=(
        "How the two predictions, the scale and the attention work together carries over to the real model; time, "
        "operations and what the autoencoder loses do not: random weights of the real size show time and operations."
    ),
    world=PICTURES,
    suggestions={
        "Boat on the sea": "A calm sea at sunset with a sailing boat, digital art",
        "House in the mountains": "Snowy mountains at night with a small house, watercolor painting",
        "Cat in the forest": "A pine forest by moonlight and a fluffy cat, digital art",
    },
)
