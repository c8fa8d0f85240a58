"""What the three switches of the lab do, measured: eval mode, inference mode, normalising. Worker side.

Each check runs the program in the chosen mode; where a switch is off, also with the switch on, so that the record holds
both. Training mode writes over the network's running statistics, so `kept_statistics` puts them back for the next run.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from core.labs.image_classification import program
from core.measure.clocks import Clock

ALONE = "alone"


@contextmanager
def kept_statistics(model: Any) -> Iterator[None]:
    """Bring the running statistics of the batch normalisation back after the block, and eval mode with them."""
    before = {name: value.clone() for name, value in model.named_buffers()}
    try:
        yield
    finally:
        for name, value in model.named_buffers():
            value.copy_(before[name])
        model.eval()


def company(model: Any, batches: dict[str, torch.Tensor], is_eval: bool, category: int | None = None) -> dict[str, Any]:
    """Classify one picture alone and in different company.

    Args:
        batches: name -> pictures, the first of which is the same in all; `ALONE` holds nothing else.
        category: whose probability is followed; by default the likeliest of the picture alone.

    Returns:
        eval_mode, category (its number), probabilities by name, largest_change of any category's probability.
    """
    model.train(not is_eval)
    found = {name: program.classify(model, batch)[0] for name, batch in batches.items()}
    alone = found[ALONE]
    followed = int(alone.argmax()) if category is None else category
    return {
        "eval_mode": is_eval,
        "category": followed,
        "probabilities": {name: float(values[followed]) for name, values in found.items()},
        "largest_change": max(float((values - alone).abs().max()) for values in found.values()),
    }


def graph(model: Any, batch: torch.Tensor, inference_mode: bool, passes: int, clock: Clock) -> list[dict[str, Any]]:
    """What one pass keeps for a backward pass that never comes; without inference mode also what keeping it takes.

    The two modes take turns, so that whatever else the machine does meets both alike.

    Returns:
        per mode: inference_mode, images, saved_bytes (beside the weights); where both were timed also passes_s, the
        seconds of each pass.
    """
    modes = (True,) if inference_mode else (True, False)
    shown: list[dict[str, Any]] = [
        {"inference_mode": mode, "images": len(batch), "saved_bytes": saved_bytes(model, batch, mode)} for mode in modes
    ]
    if inference_mode:
        return shown
    times: list[list[float]] = [[], []]
    for _ in range(passes):
        for mode, kept in zip(modes, times, strict=True):
            with clock.measure() as timing:
                program.classify(model, batch, mode)
            kept.append(timing.wall_s)
    return [entry | {"passes_s": kept} for entry, kept in zip(shown, times, strict=True)]


def saved_bytes(model: Any, batch: torch.Tensor, inference_mode: bool) -> int:
    """Bytes of the tensors that one pass keeps for a backward pass, each once, the weights not counted."""
    weights = {value.untyped_storage().data_ptr() for value in (*model.parameters(), *model.buffers())}
    found: dict[int, int] = {}
    held: list[torch.Tensor] = []

    def keep(value: torch.Tensor) -> torch.Tensor:
        storage = value.untyped_storage()
        if storage.data_ptr() not in weights:
            found[storage.data_ptr()] = storage.nbytes()
            held.append(value)  # so that no address is used twice
        return value

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda value: value):
        program.classify(model, batch, inference_mode)
    return sum(found.values())
