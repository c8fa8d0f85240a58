"""Continuing a prompt, token by token."""

from core.runs.lab import MEMORY, TEXT, TIME, Lab
from core.runs.memory_model import keys_and_values
from core.runs.twin_world import STORIES

LAB = Lab(
    name="text_generation",
    place=30,
    title="Generate text",
    summary="Continues a prompt and times every token.",
    models=("qwen3-0.6b",),
    page_fallback="embedded",  # there the text is to be read; questions time it
    measures=TIME | TEXT | MEMORY,
    beside_weights=keys_and_values,
    carries_over=(
        "How a text grows token by token, and what seed and temperature do, carries over to the real "
        "model; what it can tell, time and memory do not: random weights of the real size show the last "
        "two."
    ),
    world=STORIES,
    suggestions={
        "Far, far away": "Once upon a time, in a land far, far away,",
        "By the sea": "Long ago, in a small village by the sea,",
        "A young dragon": "Once upon a time, in a land far, far away, there lived a young dragon named",
    },
)
