"""Pictures from a prompt."""

from core.runs.lab import MEMORY, TIME, Lab
from core.runs.memory_model import activations
from core.runs.twin_world import PICTURES

LAB = Lab(
    name="text_to_image",
    place=50,
    title="Generate a picture",
    summary="Draws a picture from a prompt, or one picture for each of several seeds, steps or guidance scales.",
    models=("stable-diffusion-1.5", "lcm-dreamshaper-v7"),
    fallback="embedded",
    measures=TIME | MEMORY,
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
)
