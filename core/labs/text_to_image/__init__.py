"""Pictures from a prompt."""

from core.runs.lab import MEMORY, TIME, Lab

LAB = Lab(
    name="text_to_image",
    place=50,
    title="Generate a picture",
    summary="Draws a picture from a prompt, or one picture for each of several seeds, steps or guidance scales.",
    models=("stable-diffusion-1.5",),
    fallback="embedded",
    measures=TIME | MEMORY,
)
