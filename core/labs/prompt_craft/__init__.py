"""What each word of a prompt does to the picture."""

from collections.abc import Callable
from typing import Any

from core.labs.prompt_craft.settings import MAGIC
from core.runs.lab import MEMORY, TIME, Lab, Measure
from core.runs.records import Record
from core.runs.twin_world import PICTURES


def _found(record: Record) -> dict[str, Any]:
    found: dict[str, Any] = (record.get("outputs") or {}).get("prompt_craft") or {}
    return found


def _moved(record: Record, is_magic: bool) -> list[float]:
    words: list[dict[str, Any]] = _found(record).get("words") or []
    return [word["moved"] for word in words if (word["stage"] == "magic") is is_magic]


def _magic_over_others(record: Record) -> list[float]:
    """How far the strongest magic word moved the picture, as a share of the strongest other word."""
    magic, others = _moved(record, is_magic=True), _moved(record, is_magic=False)
    if not magic or not others or not max(others):
        return []
    strongest: float = max(magic) / max(others)
    return [strongest]


def _control(name: str) -> Callable[[Record], list[float]]:
    def values(record: Record) -> list[float]:
        controls = _found(record).get("controls") or []
        return [each["moved"] for each in controls if each["control"] == name]

    return values


def _magic_over_nonsense(record: Record) -> list[float]:
    """The same as a share of what a word did that means nothing."""
    magic, nonsense = _moved(record, is_magic=True), _control("nonsense")(record)
    return [max(magic) / nonsense[0]] if magic and nonsense and nonsense[0] else []


def _word_over_seed(record: Record) -> list[float]:
    """How far the strongest word moved the picture, as a share of what another seed did."""
    words, seeds = _moved(record, True) + _moved(record, False), _control("other_seed")(record)
    return [max(words) / seeds[0]] if words and seeds and seeds[0] else []


def _negative_evaluations(record: Record) -> list[float]:
    """Evaluations of the stage with the negative prompt, as a multiple of those of the stage before."""
    stages = _found(record).get("stages") or []
    names = [stage["stage"] for stage in stages]
    if "negative" not in names[1:]:
        return []
    at = names.index("negative")
    return [stages[at]["evaluations"] / stages[at - 1]["evaluations"]]


LAB = Lab(
    name="prompt_craft",
    place=52,
    title="Prompt craft",
    summary="Builds a prompt stage by stage from one seed, leaves out one word at a time, and measures how far each "
    "moves the picture.",
    models=("stable-diffusion-1.5",),
    fallback="embedded",
    measures=TIME | MEMORY,
    predictable={
        "magic_over_others": Measure("×", _magic_over_others),
        "magic_over_nonsense": Measure("×", _magic_over_nonsense),
        "word_over_seed": Measure("×", _word_over_seed),
        "unread_moved": Measure("of 255", _control("unread")),
        "negative_evaluations": Measure("×", _negative_evaluations),
    },
    carries_over=(
        "That a word acts as far as the training's captions had it, and that a text is cut into tokens, carries over "
        "to the real model; which words act, time and memory do not: random weights of the real size show the last two."
    ),
    world=PICTURES,
    experiments={
        "Magic words alone": {"details": "", "style": "", "negative_prompt": "", "magic": MAGIC},
        "A cat among the words": {"details": "at sunset with a boat and a cat"},
        "No boat: in the negative prompt": {"details": "at sunset", "negative_prompt": "boat"},
        "No guidance": {"guidance_scale": 1.0},
        "Too long a prompt": {
            "details": ", ".join(["at sunset with a boat", *["quiet", "wide", "beautiful", "old"] * 11])
        },
    },
)
