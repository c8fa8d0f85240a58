"""An object found and painted over."""

from core.runs.lab import MEMORY, TIME, Lab
from core.runs.memory_model import activations
from core.runs.twin_world import PICTURES

LAB = Lab(
    name="inpainting",
    place=60,
    title="Replace an object",
    summary="Finds an object in a picture and paints something else in its place.",
    models=("yolov8n-seg", "sdxl-inpainting"),
    fallback="embedded",
    measures=TIME | MEMORY,
    beside_weights=activations,
    carries_over=(
        "How detector and painter work together carries over to the real program; what they find and "
        "paint, time and memory do not: random weights of the real size show the last two."
    ),
    world=PICTURES,
    suggestions={
        "Cat": "A cute, fluffy, playful cartoon cat, vibrant colors, highly detailed, professional digital art",
        "Boat": "A sailing boat, digital art",
        "Tree": "A large green tree, digital art",
        "House": "A small house, digital art",
    },
)
