"""Noise and its removal, written out by hand."""

from core.runs.lab import MEMORY, TIME, Lab

LAB = Lab(
    name="ddpm",
    place=100,
    title="Noise and its removal",
    summary="Turns a picture into noise, step by step and in one jump, then draws pictures out of noise.",
    models=("ddpm-cifar10-32",),
    fallback="embedded",
    measures=TIME | MEMORY,
    carries_over=(
        "How noise is added and taken away carries over to the real network, whose drawing takes twice as many steps; "
        "what is drawn, and how long a step takes, do not."
    ),
)
