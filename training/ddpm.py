"""Trains the small network that takes noise out of 32 x 32 scenes, by core.labs.ddpm. python -m training.ddpm

Nothing is said to it about what it sees: it learns what scenes look like, not what they are called.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from core.labs.ddpm.program import SIDE, Schedule, UNet, add_noise, load, sample, sample_ddim
from core.labs.ddpm.program import loss_of as loss
from core.models.embedded import FOLDER
from core.models.judge import SIDE as JUDGE_SIDE
from training import judge
from training.data import DEVICE, WORK, as_pictures, as_tensor, pictures, scene_set
from training.loop import Training
from training.scenes import SCENES as LANDSCAPES

SEED, SCENES, BATCH, STEPS, LEARNING_RATE = 81, 30_000, 128, 20_000, 1e-3
HELD_OUT_SEED, HELD_OUT = 82, 1000
SHIPPED = FOLDER / "ddpm-cifar10-32" / "model.safetensors"


def train() -> tuple[UNet, dict[str, Any]]:
    """The trained network and the training's note."""
    data = as_tensor(pictures("ddpm", scene_set(SEED, SCENES), SIDE)).to(DEVICE)
    torch.manual_seed(SEED)
    network, schedule = UNet().to(DEVICE).train(), Schedule(device=str(DEVICE))
    training = Training("ddpm", {"network": network}, STEPS, LEARNING_RATE, is_averaged=True)
    for step in training:
        chosen = torch.from_numpy(np.random.default_rng((SEED, step)).integers(SCENES, size=BATCH)).to(DEVICE)
        training.descend(loss(network, data[chosen], schedule))
    return network, training.finish()


@torch.no_grad()
def evaluate(folder: Path, samples: int) -> dict[str, Any]:
    """How well the noise of held-out scenes is named, by step, and what a judge sees in `samples` of each kind.

    Returns:
        held_out_loss, held_out_loss_at (by step), sure (the judge's mean probability of the landscape that it names,
        in true scenes, in samples of 512 steps and in those of DDIM), landscapes (share of samples of each).
    """
    network, schedule = load(str(folder), str(DEVICE)), Schedule(device=str(DEVICE))
    values = pictures("ddpm-held-out", scene_set(HELD_OUT_SEED, HELD_OUT), SIDE)
    held_out = as_tensor(values).to(DEVICE)
    torch.manual_seed(HELD_OUT_SEED)
    at = {step: _error_at(network, held_out, step, schedule) for step in (0, 63, 127, 255, 383, 511)}
    torch.manual_seed(HELD_OUT_SEED)
    noise = torch.randn_like(held_out[:samples])
    drawn = {
        "true": values,
        "ddpm": as_pictures(sample(network, noise, schedule)),
        "ddim_50": as_pictures(sample_ddim(network, noise, schedule)),
    }
    sure, named = {}, {}
    for name, made in drawn.items():
        likely = _landscapes(made)
        sure[name] = float(likely.max(dim=1).values.mean())
        shares = torch.bincount(likely.argmax(dim=1), minlength=len(LANDSCAPES)) / len(likely)
        named[name] = dict(zip(LANDSCAPES, shares.tolist(), strict=True))
    return {
        "held_out_loss": float(torch.stack([loss(network, held_out, schedule) for _ in range(20)]).mean()),
        "held_out_loss_at": at,
        "sure": sure,
        "landscapes": named,
        "samples": samples,
        "parameters": sum(value.numel() for value in network.parameters()),
    }


def _error_at(network: nn.Module, held_out: torch.Tensor, step: int, schedule: Schedule) -> float:
    steps = torch.full((len(held_out),), step, device=held_out.device)
    noise = torch.randn_like(held_out)
    return float((network(add_noise(held_out, steps, noise, schedule), steps) - noise).square().mean())


def _landscapes(values: np.ndarray) -> torch.Tensor:
    """The judge's probabilities [n, landscape] of small pictures, enlarged to its own side."""
    larger = torch.nn.functional.interpolate(as_tensor(values), size=JUDGE_SIDE, mode="bilinear")
    return judge.load()(larger)["scene"].softmax(dim=1)


def main() -> None:
    network, story = train()
    weights = {name: value.contiguous().cpu().half() for name, value in network.state_dict().items()}
    save_file(weights, SHIPPED)
    SHIPPED.chmod(0o644)
    (WORK / "ddpm.json").write_text(json.dumps(story | {"training_pictures": SCENES}))


if __name__ == "__main__":
    main()
