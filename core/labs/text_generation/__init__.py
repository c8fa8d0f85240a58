"""Continuing a prompt, token by token."""

from core.runs.lab import MEMORY, TEXT, TIME, Lab

LAB = Lab(
    name="text_generation",
    place=30,
    title="Generate text",
    summary="Continues a prompt and times every token.",
    models=("qwen3-0.6b",),
    page_fallback="embedded",  # there the text is to be read; questions time it
    measures=TIME | TEXT | MEMORY,
)
