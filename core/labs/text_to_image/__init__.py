"""Pictures from a prompt."""

from collections.abc import Callable

from core.runs.lab import MEMORY, TIME, Lab, Measure
from core.runs.memory_model import activations
from core.runs.records import Record, fastest
from core.runs.twin_world import PICTURES


def _longer(name: str, few: float, many: float) -> Callable[[Record], list[float]]:
    """How many times as long the picture with `many` took as that with `few`; nothing where one is missing."""

    def values(record: Record) -> list[float]:
        times = {repeat[name]: repeat["wall_s"] for repeat in record["repeats"]}
        return [times[many] / times[few]] if few in times and many in times else []

    return values


def _from_first(is_again: bool) -> Callable[[Record], list[float]]:
    """How far the pictures with the first one's seed (again), or with another one, are from the first: the furthest."""

    def values(record: Record) -> list[float]:
        first, *rest = record["repeats"]
        found = [each["difference_to_first"] for each in rest if (each["seed"] == first["seed"]) is is_again]
        return [max(found)] if found else []

    return values


def _to_last(guidance: float) -> Callable[[Record], list[float]]:
    """How far the picture of that scale is from the last one."""
    return lambda record: [
        repeat["distance_to_last"] for repeat in record["repeats"][:-1] if repeat["guidance_scale"] == guidance
    ]


def _refined_evaluations(record: Record) -> list[float]:
    """How often both UNets of a refined picture ran together, as a share of its steps."""
    return [
        (repeat["evaluations"] + repeat["refiner"]["evaluations"]) / repeat["num_inference_steps"]
        for repeat in record["repeats"]
        if repeat.get("refiner")
    ]


def _last_of_30(record: Record) -> list[float]:
    """Seconds until the last of 30 who press at once has the picture, by the fastest of this run."""
    return [30 * best["wall_s"]] if (best := fastest(record)) else []


SWEEPS = {
    "steps_50_over_10": Measure("×", _longer("num_inference_steps", 10, 50)),
    "steps_25_over_5": Measure("×", _longer("num_inference_steps", 5, 25)),
    "same_seed_difference": Measure("of 255", _from_first(is_again=True)),
    "other_seed_difference": Measure("of 255", _from_first(is_again=False)),
    "guidance_7_5_to_last": Measure("of 255", _to_last(7.5)),
    "guidance_20_to_last": Measure("of 255", _to_last(20)),
    "refined_evaluations": Measure("×", _refined_evaluations),
    "last_of_30": Measure("s", _last_of_30),
}
"""What the pictures of a sweep say beside each other; differences are averages of the colour values."""
LAB = Lab(
    name="text_to_image",
    place=50,
    title="Generate a picture",
    summary="Draws a picture from a prompt, or one picture for each of several seeds, steps or guidance scales.",
    models=("stable-diffusion-1.5", "lcm-dreamshaper-v7", "stable-diffusion-1.4", "sdxl-base", "sdxl-turbo"),
    fallback="embedded",
    measures=TIME | MEMORY,
    predictable=SWEEPS,
    beside_weights=activations,
    carries_over=(
        "How seed, steps and guidance act carries over to the real model; picture quality, time and "
        "memory do not: random weights of the real size show the last two."
    ),
    world=PICTURES,
    suggestions={
        "City at sunset": "A futuristic city skyline at sunset, digital art",
        "House in the mountains": "Snowy mountains at night with a small house, watercolor painting",
        "Boat on the sea": "A calm sea on a sunny day with a sailing boat, comic book style",
        "Cat in the forest": "A pine forest by moonlight and a fluffy cat, digital art",
    },
    experiments={
        "Guidance 20": {"guidance_scale": 20.0},
        "No guidance": {"guidance_scale": 0.0},
        "5 steps": {"num_inference_steps": 5},
        "1 step": {"num_inference_steps": 1},
        "1 step, guidance 100": {"num_inference_steps": 1, "guidance_scale": 100.0},
        "Steps and guidance as a grid": {
            "sweep": "num_inference_steps",
            "sweep_values": (1, 5, 20),
            "second_sweep": "guidance_scale",
            "second_sweep_values": (0, 7.5, 20),
            "seed": 7,
        },
    },
)
