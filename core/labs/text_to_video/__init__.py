"""A short film from a prompt."""

from collections.abc import Callable
from typing import Any

from core.runs.lab import MEMORY, TIME, Lab, Measure
from core.runs.records import Record
from core.runs.twin_world import PICTURES


def _clips(record: Record) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ((record.get("outputs") or {}).get("text_to_video") or {}).get("clips") or []
    return found


def _most_over_one(name: str) -> Callable[[Record], list[float]]:
    """A figure of the longest clip as a multiple of that of a single frame; nothing where one of them is missing."""

    def values(record: Record) -> list[float]:
        moving = [clip for clip in _clips(record) if clip["has_motion"]]
        if len(moving) < 2 or moving[0]["num_frames"] != 1 or not moving[0][name]:
            return []
        return [moving[-1][name] / moving[0][name]]

    return values


def _alone_over_moving(record: Record) -> list[float]:
    """How far neighbouring frames are apart without the motion modules, as a multiple of with them."""
    clips = _clips(record)
    if len(clips) < 2 or clips[-1]["has_motion"] or not sum(clips[-2]["apart"]):
        return []
    return [sum(clips[-1]["apart"]) / sum(clips[-2]["apart"])]


LAB = Lab(
    name="text_to_video",
    place=58,
    title="Text to video",
    summary="Draws the frames of a short film together, and once more without the motion modules, each on its own.",
    models=("stable-diffusion-1.5",),
    fallback="embedded",
    measures=TIME | MEMORY,
    predictable={
        "time_over_one": Measure("×", _most_over_one("wall_s")),
        "evaluations_over_one": Measure("×", _most_over_one("evaluations")),
        "pictures_over_one": Measure("×", _most_over_one("pictures_computed")),
        "alone_over_moving": Measure("×", _alone_over_moving),
    },
    carries_over=(
        "That frames agree because motion modules let them see each other, and what more frames cost, carries over to "
        "the real model; what moves, time and memory do not: random weights of the real size show the last two."
    ),
    world=PICTURES,
    suggestions={
        "Boat by day": "A sea by day with a boat, digital art",
        "Moon over mountains": "Mountains at night with a house, digital art",
        "City at sunset": "A city skyline at sunset, watercolor painting",
        "Cat in the forest": "A forest by day with a cat, comic book style",
    },
    experiments={
        "Two frames": {"num_frames": (1, 2)},
        "Twice as long as trained": {"num_frames": (8, 16)},
        "No guidance": {"guidance_scale": 1.0},
        "Another noise": {"seed": 8},
    },
)
