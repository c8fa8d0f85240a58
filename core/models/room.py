"""How many models find room in a memory at once: their weights alone, computed from their parameters.

>>> filled(15 * 2**30, "float32").left_out[0].title
'SDXL inpainting'
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.models.catalog import CATALOG, Model

LESSON_MODELS = tuple(
    CATALOG[name] for name in ("qwen3-0.6b", "yolov8n-seg", "stable-diffusion-1.5", "sdxl-inpainting")
)
"""What the questions Q1 to Q11 run, in the order in which they are loaded here."""


@dataclass(frozen=True)
class Filled:
    """A memory with models in it.

    Attributes:
        loaded: those that found room, one after the other.
        left_out: those that found none beside the ones before them.
    """

    memory_bytes: float
    loaded: tuple[Model, ...]
    left_out: tuple[Model, ...]


def filled(memory_bytes: float, dtype: str, models: Sequence[Model] = LESSON_MODELS) -> Filled:
    """Load one model after the other at `dtype` as long as its weights find room."""
    loaded: list[Model] = []
    left_out: list[Model] = []
    free = memory_bytes
    for model in models:
        fits = model.weights_bytes(dtype) <= free
        (loaded if fits else left_out).append(model)
        free -= model.weights_bytes(dtype) if fits else 0
    return Filled(memory_bytes, tuple(loaded), tuple(left_out))
