"""What the inpainting twin learns from: a picture with another object, the region to paint, and the words for it.

The region is what the detector would give: the box around the first object, or its outline. The new object is drawn
so that it fits into that region, on the ground that the first one stood on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import Pool

import numpy as np
from PIL import ImageFilter

from training.captions import ADJECTIVES, ENDINGS, OBJECT_WORDS, STYLE_WORDS, prompt_for_training
from training.scenes import OBJECTS, STYLES, Place, Scene, draw, random_scene, with_object

WIDTHS = {
    "house": (-0.54, 0.54),
    "boat": (-0.5, 0.54),
    "tree": (-0.46, 0.46),
    "cat": (-0.32, 0.56),
    "none": (-0.5, 0.5),
}
"""How far each object reaches to the left and right of its foot's middle, in units of its height."""
OUTLINE_SHARE = 0.2


@dataclass(frozen=True)
class Example:
    """`scene` with `wanted` in the place of its object; `seed` decides the region's border and the words."""

    scene: Scene
    wanted: str
    seed: int


@dataclass(frozen=True)
class Drawn:
    """uint8 pictures [side, side, 3] and the region [side, side], 255 where it is to be painted."""

    before: np.ndarray
    after: np.ndarray
    region: np.ndarray


def examples(seed: int, count: int) -> list[Example]:
    """Objects replaced by any of the others, or by nothing."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        scene = random_scene(random, object=str(random.choice(OBJECTS[1:])))
        found.append(Example(scene, str(random.choice(OBJECTS)), int(random.integers(2**31))))
    return found


def draw_example(example: Example, side: int) -> Drawn:
    """Draw the picture before and after at `side` x `side` pixels, and the region between them."""
    random = np.random.default_rng(example.seed)
    before = draw(example.scene, side)
    box = (
        before.mask.point(lambda value: 255 if value > 127 else 0).getbbox() or (side // 4,) * 2 + (side * 3 // 4,) * 2
    )
    after = draw(fitted(example.scene, example.wanted, box, side), side, foot=example.scene.object)
    region = np.zeros((side, side), dtype=np.uint8)
    wanted = np.asarray(after.picture)
    if random.uniform() < OUTLINE_SHARE:
        grown = before.mask.filter(ImageFilter.MaxFilter(int(random.choice([1, 2])) * side // 64 * 2 + 1))
        region[np.asarray(grown) > 127] = 255
        empty = draw(with_object(example.scene, "none"), side, foot=example.scene.object)
        wanted = np.where(region[..., None] > 0, wanted, np.asarray(empty.picture))
    else:
        more = random.integers(0, 4, 4) * side // 64
        left, top, right, low = box
        region[max(0, top - more[0]) : low + more[1], max(0, left - more[2]) : right + more[3]] = 255
    return Drawn(np.asarray(before.picture), wanted, region)


def fitted(scene: Scene, wanted: str, box: tuple[int, int, int, int], side: int) -> Scene:
    """The scene with another object that fills `box` as far as its shape allows.

    Args:
        box: left, top, right and low edge in pixels of a picture of `side` pixels.
    """
    left, top, right, low = (value / side for value in box)
    from_left, from_right = WIDTHS[wanted]
    height = min(low - top, (right - left) / (from_right - from_left))
    x = (left + right) / 2 - height * (from_left + from_right) / 2
    return replace(with_object(scene, wanted), place=Place(x, low, height))


def draw_examples(chosen: Sequence[Example], side: int) -> list[Drawn]:
    """All of them, on every core."""
    with Pool() as pool:
        return pool.map(partial(draw_example, side=side), chosen, chunksize=64)


def prompt_for(example: Example, random: np.random.Generator) -> str:
    """Mostly the object alone with praise around it, as people write it; else a caption of the whole picture."""
    if example.wanted == "none" or random.uniform() < 0.3:
        return prompt_for_training(with_object(example.scene, example.wanted), random)
    if random.uniform() < 0.1:
        return ""
    words = [f"a {random.choice(OBJECT_WORDS[example.wanted])}"]
    if random.uniform() < 0.4:
        words.append(str(random.choice(ENDINGS + ADJECTIVES)))
    if random.uniform() < 0.6:
        style = example.scene.style if random.uniform() < 0.6 else str(random.choice(STYLES))
        words.append(str(random.choice(STYLE_WORDS[style])))
    return ", ".join(words)
