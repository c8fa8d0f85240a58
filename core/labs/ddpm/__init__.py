"""Noise and its removal, written out by hand."""

from core.runs.lab import MEMORY, TIME, Lab, Measure
from core.runs.records import Record


def _longer_than_ddim(record: Record) -> list[float]:
    """How many times as long every step took as DDIM with 50; nothing where one is missing."""
    times = {way["name"]: way["wall_s"] for way in record["outputs"]["ways"]}
    return [times["ddpm"] / times["ddim_50"]] if {"ddpm", "ddim_50"} <= set(times) else []


def _detail_left(record: Record) -> list[float]:
    """Detail without the added noise, as a share of that with it."""
    detail = {way["name"]: way["detail"] for way in record["outputs"]["ways"]}
    return [detail["no_noise"] / detail["ddpm"]] if {"ddpm", "no_noise"} <= set(detail) else []


def _longer_than_a_jump(record: Record) -> list[float]:
    noising = record["outputs"]["noising"]
    return [noising["one_by_one_s"] / noising["jump_s"]]


def _noise_apart(record: Record) -> list[float]:
    """By how many percent the noise after the last step differs between the walk and the jump."""
    last = record["outputs"]["noising"]["frames"][-1]
    return [100 * abs(last["one_by_one"]["noise"] / last["jump"]["noise"] - 1)]


NOISE = {
    "ddpm_over_ddim_50": Measure("×", _longer_than_ddim),
    "detail_without_sigma": Measure("×", _detail_left),
    "walk_over_jump": Measure("×", _longer_than_a_jump),
    "noise_apart": Measure("%", _noise_apart),
}

LAB = Lab(
    name="ddpm",
    place=95,
    title="Noise and its removal",
    summary="Turns a picture into noise, step by step and in one jump, then draws pictures out of noise.",
    models=("ddpm-cifar10-32",),
    fallback="embedded",
    measures=TIME | MEMORY | NOISE,
    carries_over=(
        "How noise is added and taken away carries over to the real network, whose way has twice as many steps; what "
        "is drawn, time and memory do not: random weights of the real size show the last two."
    ),
)
