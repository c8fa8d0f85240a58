"""Pictures of the twins' world in numbers: drawn once by all processor cores and kept in the work folder.

>>> scenes = scene_set(seed=1, count=12_000)
>>> pictures("train", scenes).shape                       # uint8, scene x row x column x RGB
(12000, 128, 128, 3)
"""

import os
from collections.abc import Sequence
from functools import partial
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import torch

from training.scenes import Scene, draw, random_scene

SIDE = 128
"""Of the pictures that the picture twins learn to draw, pixels."""
WORK = Path(os.environ.get("VRAM_LAB_TRAINING_DIR") or ".training")
"""Drawn pictures, latents and the trainings' own checkpoints: what a stopped training goes on from."""
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
"""Where the picture twins are trained."""


def scene_set(seed: int, count: int) -> list[Scene]:
    """Scenes with evenly mixed attributes, the same for the same seed."""
    random = np.random.default_rng(seed)
    return [random_scene(random) for _ in range(count)]


def pictures(name: str, scenes: Sequence[Scene], side: int = SIDE) -> np.ndarray:
    """The scenes as uint8 pictures, read from the work folder where they were drawn before."""
    path = WORK / "pictures" / f"{name}-{len(scenes)}-{side}.npy"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with Pool() as pool:
            drawn = np.stack(pool.map(partial(_values, side=side), scenes, chunksize=64))
        part = path.with_suffix(".part.npy")
        np.save(part, drawn)
        part.rename(path)
    return np.asarray(np.load(path, mmap_mode="r"))


def _values(scene: Scene, side: int) -> np.ndarray:
    return np.asarray(draw(scene, side).picture)


def as_tensor(values: np.ndarray) -> torch.Tensor:
    """uint8 pictures [n, row, column, RGB] as float32 [n, RGB, row, column] from -1 to 1."""
    return torch.from_numpy(np.array(values)).permute(0, 3, 1, 2).float() / 127.5 - 1


def as_pictures(tensor: torch.Tensor) -> np.ndarray:
    """The reverse of `as_tensor`."""
    values = ((tensor.clamp(-1, 1) + 1) * 127.5).round().byte()
    return np.asarray(values.permute(0, 2, 3, 1).cpu().numpy())
