"""Memory of made-up runs, read off every meter at every border of a run."""

from random import Random
from typing import Any

from core.classroom.demo.machines import DemoGpu, DemoMachine
from core.units import GIB

Record = dict[str, Any]
NO_CONTEXT = "demo data: what CUDA takes for itself was not measured"
NO_GPU = "no CUDA device in this run"
KEPT = "the lab keeps the model loaded for the next run"
WORKING_BYTES = {"load_model": 0, "text_generation": 60_000_000, "text_to_image": 480_000_000, "inpainting": 60_000_000}
"""Tensors that exist beside the weights while each lab works."""


def memory(record: Record, machine: DemoMachine, dice: Random) -> Record:
    """The `memory` field of a record whose models are there."""
    card = machine.gpu if record["device"]["type"] == "cuda" else None
    weights = sum(model["weights_bytes"] for model in record["models"])
    working = WORKING_BYTES[record["lab"]] // (1 if card else 8)
    rest, rss = round(dice.uniform(20e6, 60e6)), round(dice.uniform(0.85, 1.1) * GIB)
    gpu = _OnCard(card, round(dice.uniform(0.05, 0.5) * GIB)) if card else None
    host = 0.25 if card else 1.0
    loaded = rss + round(host * weights) + rest
    ran = record["lab"] != "load_model"
    after_load = _border(loaded, gpu, weights, weights + rest)
    return {
        "baseline": _border(rss, gpu, 0, 0, has_context=False),
        "context": None,
        "context_reason": NO_CONTEXT if card else NO_GPU,
        "load_peak": _border(loaded + rest, gpu, weights, weights + rest),
        "after_load": after_load,
        "peak": _border(loaded + working, gpu, weights + working, weights + rest + working),
        **_after_run(_border(loaded + working // 2, gpu, weights, _kept(weights + rest + working, card)), ran),
        "freed": None,
        "freed_reason": KEPT,
        "timeline": [],
    }


def _kept(reserved: int, card: DemoGpu | None) -> int:
    return reserved + round(card.kept_gib * GIB) if card else reserved


def _after_run(border: Record, ran: bool) -> Record:
    if ran:
        return {"after_run": border}
    return {"after_run": None, "after_run_reason": "this lab only loads; nothing was run"}


class _OnCard:
    """A card with what other programs hold of it."""

    def __init__(self, card: DemoGpu, others_bytes: int) -> None:
        self.card, self.others_bytes = card, others_bytes

    def used(self, reserved: int, has_context: bool) -> int:
        """What `device_used` shows."""
        return self.others_bytes + reserved + (round(self.card.context_gib * GIB) if has_context else 0)


def _border(rss: int, gpu: _OnCard | None, allocated: int, reserved: int, has_context: bool = True) -> Record:
    if gpu is None:
        names = ("device_used", "allocated", "reserved")
        none: Record = {f"{name}_bytes": None for name in names}
        return {"process_rss_bytes": rss, **none, **{f"{name}_bytes_reason": NO_GPU for name in names}}
    return {
        "process_rss_bytes": rss,
        "device_used_bytes": gpu.used(reserved, has_context),
        "allocated_bytes": allocated,
        "reserved_bytes": reserved,
    }
