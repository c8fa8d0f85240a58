"""A picture made into another one."""

from core.runs.lab import MEMORY, TIME, Lab
from core.runs.twin_world import PICTURES

LAB = Lab(
    name="image_to_image",
    place=57,
    title="Change a picture",
    summary="Begins with a picture instead of noise alone, and draws from it once with each strength.",
    models=("stable-diffusion-1.5",),
    fallback="embedded",
    measures=TIME | MEMORY,
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
