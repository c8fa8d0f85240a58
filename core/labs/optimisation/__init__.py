"""The same work in faster ways."""

from core.runs.lab import TEXT, TIME, Lab

LAB = Lab(
    name="optimisation",
    place=80,
    title="Make it faster",
    summary="Does the same work in several faster ways, each beside the most that this machine allows.",
    models=("qwen3-0.6b", "stable-diffusion-1.5"),
    measures=TIME | TEXT,
    carries_over=(
        "What each variant changes, and whether it still writes or draws the same, carries over to the "
        "real model; the times, what compiling costs and memory do not: random weights of the real size "
        "show the last two."
    ),
)
