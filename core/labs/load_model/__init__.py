"""Loading a model, and what it takes."""

from core.runs.lab import MEMORY, TIME, Lab

LAB = Lab(
    name="load_model",
    place=20,
    title="Load a model",
    summary="Loads a model and reads every memory meter before and after.",
    models=("qwen3-0.6b", "stable-diffusion-1.5", "sdxl-inpainting"),
    measures=TIME | MEMORY,
    carries_over=(
        "How a model is loaded, and into which memory, carries over to the real one; its time and size do "
        "not: random weights of the real size show those."
    ),
)
