"""Naming what a picture shows, in batches."""

from core.runs.lab import IMAGES, MEMORY, TIME, Lab

LAB = Lab(
    name="image_classification",
    place=70,
    title="Classify a picture",
    summary="Says what a picture shows, and times larger and larger batches.",
    models=("resnet50", "resnet18", "mobilenet_v2"),
    fallback="embedded",
    measures=TIME | IMAGES | MEMORY,
    carries_over=(
        "What normalising, eval mode and inference mode do carries over to the real model; which objects "
        "it knows, time and memory do not: random weights of the real size show the last two."
    ),
)
