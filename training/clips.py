"""Scenes in which the sun moves: the frames of a clip show one scene, and nothing else in them changes.

The sun goes from left to right on an arc, the same in every clip as a function of the frame's number; at night it is
the moon. That is all the motion there is, so that a frame's number says where the sun stands.

    >>> clip(random_scene(np.random.default_rng(0)), side=128).shape        # frame x row x column x RGB
    (8, 128, 128, 3)
"""

from collections.abc import Sequence
from functools import partial
from multiprocessing import Pool

import numpy as np
import torch
from diffusers import AutoencoderKL

from training.data import SIDE, WORK
from training.diffusion import LARGEST_BATCH, encode
from training.scenes import Scene, draw

FRAMES = 8
LEFT, RIGHT = 0.13, 0.87
"""Where the sun stands in the first and in the last frame, as a share of the picture's width."""
DIP = 0.07
"""How much lower it stands there than in the middle, as a share of the height."""
DRAWN_TOGETHER = 64
"""Clips in memory at a time."""


def sun_at(frame: int, frames: int = FRAMES) -> tuple[float, float]:
    """Across the picture, and below the sun's own height, of one frame."""
    share = frame / (frames - 1)
    return LEFT + (RIGHT - LEFT) * share, DIP * (2 * share - 1) ** 2


def clip(scene: Scene, side: int = SIDE, frames: int = FRAMES) -> np.ndarray:
    """uint8 frames [frames, side, side, 3] of a scene."""
    return np.stack([np.asarray(draw(scene, side, sun=sun_at(frame, frames)).picture) for frame in range(frames)])


def clip_latents(name: str, vae: AutoencoderKL, scenes: Sequence[Scene]) -> torch.Tensor:
    """Scaled latents float16 [n, FRAMES, 4, s, s] of the scenes' clips, kept in the work folder."""
    path = WORK / "latents" / f"clips-{name}-{len(scenes)}.pt"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with Pool() as pool:
            parts = [
                _encoded(vae, pool.map(partial(clip, side=SIDE), scenes[start : start + DRAWN_TOGETHER]))
                for start in range(0, len(scenes), DRAWN_TOGETHER)
            ]
        torch.save(torch.cat(parts), path)
    return torch.as_tensor(torch.load(path, weights_only=True))


def _encoded(vae: AutoencoderKL, clips: Sequence[np.ndarray]) -> torch.Tensor:
    values = np.concatenate(clips)
    parts = [encode(vae, values[start : start + LARGEST_BATCH]) for start in range(0, len(values), LARGEST_BATCH)]
    found = torch.cat(parts).half()
    return found.reshape(len(clips), FRAMES, *found.shape[1:])
