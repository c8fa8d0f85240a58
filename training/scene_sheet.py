"""Draws the pictures that students train with: small scenes in one sheet, tile beside tile.

    python -m training.scene_sheet        # writes core/labs/train_ddpm/scenes.png, the same every time

The tiles are in random order, so that the last ones, which are kept from the training, are like the others.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from core.config import ROOT
from training.scenes import draw, random_scene

SHEET = ROOT / "core" / "labs" / "train_ddpm" / "scenes.png"
SIDE, ACROSS, DOWN = 32, 20, 16
DRAWN_SIDE = 64
"""Scenes are drawn at this side and halved, as their lines are too thin for so few pixels."""
STYLE = "digital art"
"""Of all: a few hundred tiny pictures are too few to learn three styles from."""


def sheet(seed: int = 13) -> Image.Image:
    """All scenes, `ACROSS` x `DOWN` tiles of `SIDE` pixels."""
    random = np.random.default_rng(seed)
    made = Image.new("RGB", (ACROSS * SIDE, DOWN * SIDE))
    for number in range(ACROSS * DOWN):
        picture = draw(random_scene(random, style=STYLE), DRAWN_SIDE).picture.reduce(DRAWN_SIDE // SIDE)
        made.paste(picture, (number % ACROSS * SIDE, number // ACROSS * SIDE))
    return made


def write(path: Path = SHEET) -> None:
    """Write the sheet as PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet().save(path, optimize=True)


if __name__ == "__main__":
    write()
