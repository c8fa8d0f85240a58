"""Draws the pictures that the fine-tuning lab ships: the twins' scenes as blueprints, a style that no twin was shown.

    python -m training.blueprint     # writes blueprint.png and blueprint.txt into the lab's folder

`blueprint.png` holds all pictures beside each other, `blueprint.txt` their captions, one per line, in the same order.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from training.scenes import STYLES, SUPERSAMPLING, Scene, draw, random_scene

FOLDER = Path(__file__).parents[1] / "core" / "labs" / "fine_tuning"
COUNT, SIDE, SEED = 32, 128, 3
TIMES = {"day": "by day", "sunset": "at sunset", "night": "at night"}
PAPER, SHADE, LINE = (24, 40, 110), (24, 36, 44), (232, 236, 246)
"""Of the paper, how much of the scene's own light stays in it, and of the lines."""
EDGE = 10
"""Difference of two neighbouring grey values, of 255, from which on a line is drawn."""


def main() -> None:
    """Write both files anew; the same bytes every time."""
    random = np.random.default_rng(SEED)
    scenes = [random_scene(random, style=STYLES[0]) for _ in range(COUNT)]
    strip = Image.new("RGB", (COUNT * SIDE, SIDE))
    for number, scene in enumerate(scenes):
        strip.paste(blueprint(scene), (number * SIDE, 0))
    strip.save(FOLDER / "blueprint.png", optimize=True)
    (FOLDER / "blueprint.txt").write_text("".join(f"{caption(scene)}\n" for scene in scenes), encoding="utf-8")


def caption(scene: Scene) -> str:
    """What is to be seen, and the style by its name.

    >>> caption(Scene("sea", "sunset", "boat", "digital art", place, seed=3))
    'Sea at sunset with a boat, blueprint'
    """
    thing = "" if scene.object == "none" else f" with a {scene.object}"
    return f"{scene.scene.capitalize()} {TIMES[scene.time]}{thing}, blueprint"


def blueprint(scene: Scene) -> Image.Image:
    """White lines on blue paper, SIDE x SIDE pixels."""
    values = np.asarray(draw(scene, SIDE * SUPERSAMPLING).picture, dtype=np.float32)
    grey = values.mean(axis=2)
    across = np.abs(np.diff(grey, axis=1, prepend=grey[:, :1]))
    down = np.abs(np.diff(grey, axis=0, prepend=grey[:1]))
    line = np.maximum(across, down) > EDGE
    line[1:] |= line[:-1].copy()
    line[:, 1:] |= line[:, :-1].copy()
    paper = np.array(PAPER) + (grey[..., None] / 255 - 0.5) * np.array(SHADE)
    drawn = np.where(line[..., None], np.array(LINE), paper)
    return Image.fromarray(drawn.astype(np.uint8)).reduce(SUPERSAMPLING)


if __name__ == "__main__":
    main()
