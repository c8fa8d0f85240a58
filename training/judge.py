"""Trains the judge: a small classifier that says which scene, time of day, object and style a picture shows.

It is trained on other scenes than the twins and, like them, ships with its figures, in CLIP's place;
`training.evaluate` asks it whether a generated picture shows what the prompt said. python -m training.judge
"""

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.functional import cross_entropy

from core.models.judge import SIDE, WEIGHTS, Judge, read_judge
from training.data import as_tensor, pictures, scene_set
from training.loop import Training
from training.scenes import ATTRIBUTES, Scene

SEED, SCENES, BATCH, STEPS, LEARNING_RATE = 31, 12_000, 32, 1500, 2e-3
HELD_OUT_SEED, HELD_OUT = 32, 1000
OUTPUT = Path("embedded_models") / "clip-vit-base-patch16"


def truth(scenes: list[Scene]) -> dict[str, torch.Tensor]:
    """Number of each scene's value per attribute."""
    return {
        name: torch.tensor([values.index(scene.attribute(name)) for scene in scenes])
        for name, values in ATTRIBUTES.items()
    }


def load(folder: Path = OUTPUT) -> Judge:
    """The shipped judge."""
    return read_judge(folder)


@torch.no_grad()
def verdicts(judge: Judge, values: np.ndarray) -> dict[str, torch.Tensor]:
    """The judge's number per attribute for uint8 pictures [n, side, side, 3], side a multiple of SIDE."""
    parts = [judge(reduced(as_tensor(values[start : start + 256]))) for start in range(0, len(values), 256)]
    return {name: torch.cat([part[name] for part in parts]).argmax(dim=1) for name in ATTRIBUTES}


def reduced(batch: torch.Tensor) -> torch.Tensor:
    """Pictures [n, 3, side, side] at the judge's own side."""
    return nn.functional.avg_pool2d(batch, batch.shape[2] // SIDE)


def rates(judge: Judge, values: np.ndarray, scenes: list[Scene]) -> dict[str, float]:
    """Share of pictures in which the judge sees what the scene says, per attribute."""
    said, true = verdicts(judge, values), truth(scenes)
    return {name: float((said[name] == true[name]).float().mean()) for name in ATTRIBUTES}


def jittered(batch: torch.Tensor) -> torch.Tensor:
    """Slightly other brightness, contrast and noise, as in pictures that a network drew."""
    n = len(batch)
    batch = batch * (0.85 + 0.3 * torch.rand(n, 1, 1, 1)) + 0.15 * torch.randn(n, 1, 1, 1)
    batch = batch + 0.08 * torch.rand(n, 1, 1, 1) * torch.randn_like(batch)
    soft = torch.nn.functional.avg_pool2d(batch, 3, stride=1, padding=1)
    return torch.where(torch.rand(n, 1, 1, 1) < 0.3, soft, batch).clamp(-1, 1)


def main() -> None:
    scenes = scene_set(SEED, SCENES)
    data, true = pictures("judge", scenes, SIDE), truth(scenes)
    torch.manual_seed(SEED)
    judge = Judge().train()
    training = Training("judge", {"judge": judge}, STEPS, LEARNING_RATE, is_averaged=False)
    for step in training:
        chosen = np.random.default_rng((SEED, step)).integers(len(scenes), size=BATCH)
        scores = judge(jittered(as_tensor(data[chosen])))
        training.descend(sum((cross_entropy(scores[name], true[name][chosen]) for name in scores), torch.zeros(())))
    training.finish()
    OUTPUT.mkdir(exist_ok=True)
    save_file(judge.state_dict(), OUTPUT / WEIGHTS)
    held_out = scene_set(HELD_OUT_SEED, HELD_OUT)
    print(rates(judge, pictures("judge-held-out", held_out, SIDE), held_out))


if __name__ == "__main__":
    main()
