"""One picture in less and less memory."""

from core.runs.lab import Lab
from core.runs.twin_world import PICTURES

LAB = Lab(
    name="memory_savers",
    place=90,
    title="Fit it into less memory",
    summary="Draws one picture with one memory saver after the other, and shows what each saves and what it costs.",
    models=("stable-diffusion-1.5",),
    fallback="embedded",
    carries_over=(
        "Which saver touches the weights and which the activations, and what each does to the picture, carries over to "
        "the real model; how many bytes and seconds that is does not: random weights of the real size show both."
    ),
    helps_with=("out_of_memory",),
    world=PICTURES,
)
