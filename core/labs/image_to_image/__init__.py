"""A picture made into another one."""

from core.runs.lab import MEMORY, TIME, Lab, Measure
from core.runs.records import Record
from core.runs.twin_world import PICTURES


def _weak_over_strong(record: Record) -> list[float]:
    """How long a strength of 0.2 took, as a share of a strength of 1; nothing where one is missing."""
    times = {repeat["strength"]: repeat["wall_s"] for repeat in record["repeats"]}
    return [times[0.2] / times[1]] if {0.2, 1} <= set(times) else []


LAB = Lab(
    name="image_to_image",
    place=57,
    title="Change a picture",
    summary="Begins with a picture instead of noise alone, and draws from it once with each strength.",
    models=("stable-diffusion-1.5",),
    fallback="embedded",
    measures=TIME | MEMORY | {"strength_0_2_over_1": Measure("×", _weak_over_strong)},
    carries_over=(
        "How strength decides what is kept and how many steps are taken carries over to the real model; what is drawn, "
        "time and memory do not: random weights of the real size show the last two."
    ),
    world=PICTURES,
    suggestions={
        "At night": "Mountains at night with a house, digital art",
        "At sunset": "Mountains at sunset with a house, digital art",
        "In watercolor": "Mountains by day with a house, watercolor painting",
        "By the sea": "A calm sea by day with a house, digital art",
    },
)
