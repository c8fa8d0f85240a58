"""Noise and its removal, written out by hand."""

from core.runs.lab import MEMORY, TIME, Lab, Measure
from core.runs.records import Record


def _speedup(record: Record) -> list[float]:
    """How many times longer every step took than the shortest way that the run measured."""
    times = {each["name"]: each["wall_s"] for each in (record.get("outputs") or {}).get("ways") or []}
    shorter = [value for name, value in times.items() if name.startswith("ddim")]
    return [times["ddpm"] / max(shorter)] if "ddpm" in times and shorter else []


LAB = Lab(
    name="ddpm",
    place=100,
    title="Noise and its removal",
    summary="Turns a picture into noise, step by step and in one jump, then draws pictures out of noise.",
    models=("ddpm-cifar10-32",),
    fallback="embedded",
    measures=TIME | MEMORY | {"ddpm_to_ddim": Measure("times", _speedup)},
    carries_over=(
        "How noise is added and taken away carries over to the real network, whose drawing takes twice as many steps; "
        "what is drawn, and how long a step takes, do not."
    ),
)
