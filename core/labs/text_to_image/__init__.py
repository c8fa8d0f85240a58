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
