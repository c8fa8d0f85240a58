"""Measures the twin that moves the sun, through the stock pipeline: do frames agree, and where does the sun stand?

>>> sun_places(clip(random_scene(np.random.default_rng(0)), side=128))[:, 0]     # across the picture, by frame
array([0.13, 0.23, …])
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageFilter

from core.labs.text_to_video import program
from core.labs.text_to_video.run import TWIN_NOISE
from training import judge
from training.captions import plain_caption
from training.clips import FRAMES, clip, sun_at
from training.data import SIDE, scene_set
from training.picture_quality import MODELS
from training.scenes import Scene

SEED = 101
STEPS, GUIDANCE = 20, 7.5
SUN = 0.14
"""Diameter of the sun by day, as a share of the picture's side."""
NEAR = 0.1
"""So near to its path, as a share of the picture's width, the sun counts as in its place."""


def load() -> Any:
    """The drawing twin with the motion modules, as the lab loads it."""
    drawing, motion = (str(MODELS / name) for name in ("stable-diffusion-1.5", "animatediff-motion-adapter-v1-5-2"))
    pipe = program.load(drawing, motion, "cpu", torch.float32, None, TWIN_NOISE, lambda _: None)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def drawn(pipe: Any, text: str, seed: int, frames: int = FRAMES) -> np.ndarray:
    """uint8 frames [frames, side, side, 3] of a prompt."""
    made = program.animate(pipe, text, "", frames, STEPS, GUIDANCE, SIDE, seed).frames[0]
    return np.stack([np.asarray(frame) for frame in made])


def neighbours(frames: np.ndarray) -> float:
    """Mean distance of neighbouring frames, 0 to 255."""
    return float(np.mean(program.steps_apart([Image.fromarray(frame) for frame in frames])))


def sun_places(frames: np.ndarray) -> np.ndarray:
    """Where each frame differs most from what most frames show there, [frames, 2] as shares of width and height."""
    usual = np.median(frames, axis=0)
    apart = np.abs(frames - usual).mean(axis=3)
    side, places = frames.shape[1], []
    for values in apart:
        grey = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
        near = np.asarray(grey.filter(ImageFilter.BoxBlur(SUN * side / 2)), dtype=float)
        row, column = np.unravel_index(near.argmax(), near.shape)
        places.append(((column + 0.5) / side, (row + 0.5) / side))
    return np.array(places)


def in_place(frames: np.ndarray) -> float:
    """Share of frames in which the sun stands NEAR its path, across the picture."""
    path = np.array([sun_at(frame)[0] for frame in range(len(frames))])
    return float((np.abs(sun_places(frames)[:, 0] - path) < NEAR).mean())


def measure_clips(pipe: Any, count: int) -> dict[str, Any]:
    """How near neighbouring frames are, where the sun stands, and what the judge sees, beside true clips."""
    scenes, referee = scene_set(SEED, count), judge.load()
    texts = [plain_caption(scene) for scene in scenes]
    moving = [drawn(pipe, text, seed) for seed, text in enumerate(texts)]
    with program.without_motion(pipe):
        alone = [drawn(pipe, text, seed) for seed, text in enumerate(texts)]
    true = [clip(scene) for scene in scenes]
    made = {"moving": moving, "alone": alone, "true": true}
    shown = {name: judge.rates(referee, np.concatenate(clips), _each(scenes)) for name, clips in made.items()}
    return {
        "clips": count,
        "frames": FRAMES,
        "frame_to_frame": {name: float(np.mean([neighbours(each) for each in clips])) for name, clips in made.items()},
        "sun_in_place": {name: float(np.mean([in_place(each) for each in clips])) for name, clips in made.items()},
        "shown": shown,
    }


def _each(scenes: Sequence[Scene]) -> list[Scene]:
    return [scene for scene in scenes for _ in range(FRAMES)]
