"""One model in fewer and fewer bits."""

from core.runs.lab import Lab

LAB = Lab(
    name="precision",
    place=40,
    title="Change the precision",
    summary="Runs one model in float32, half precision, int8 and 4 bits, and shows bytes, speed and what changes.",
    models=("qwen3-0.6b",),
    carries_over=(
        "That fewer bits move the output further, and that only Linear layers shrink, carries over to the "
        "real model; how far, how many bytes and how fast do not: random weights of the real size show "
        "bytes and speed."
    ),
)
