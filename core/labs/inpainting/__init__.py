"""An object found and painted over."""

from core.runs.lab import MEMORY, TIME, Lab

LAB = Lab(
    name="inpainting",
    place=60,
    title="Replace an object",
    summary="Finds an object in a picture and paints something else in its place.",
    models=("yolov8n-seg", "sdxl-inpainting"),
    fallback="embedded",
    measures=TIME | MEMORY,
)
