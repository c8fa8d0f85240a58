"""One model in fewer and fewer bits."""

from core.runs.lab import Lab

LAB = Lab(
    name="precision",
    place=40,
    title="Change the precision",
    summary="Runs one model in float32, half precision, int8 and 4 bits, and shows bytes, speed and what changes.",
    models=("qwen3-0.6b",),
)
