"""Draws the twins' world: small landscapes with a caption, a time of day, an object with its mask, and a style.

A scene is a handful of attributes and a seed; drawing it takes about 3 ms at 64 pixels and gives the same picture
every time. Coordinates run from 0 to 1, x to the right and y downward.

    >>> scene = random_scene(np.random.default_rng(0))
    >>> drawing = draw(scene, side=64)
    >>> drawing.picture.size, drawing.mask.size
    ((64, 64), (64, 64))
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from training.objects import draw_object
from training.palette import RGB, Light, light_of, mix

SCENES = ("city skyline", "mountains", "sea", "forest")
TIMES = ("day", "sunset", "night")
OBJECTS = ("none", "house", "boat", "tree", "cat")
STYLES = ("digital art", "watercolor painting", "comic book style")
ATTRIBUTES = {"scene": SCENES, "time": TIMES, "object": OBJECTS, "style": STYLES}
SUPERSAMPLING = 2
"""Drawn at so many times the side and reduced, for smooth edges."""
GROUND_Y = 0.76
PAPER = (246, 242, 232)


@dataclass(frozen=True)
class Place:
    """Where the object stands: middle of its foot and its height, 0 to 1."""

    x: float
    y: float
    height: float


@dataclass(frozen=True)
class Scene:
    """What is to be drawn. `seed` decides all that has no name: ridges, towers, waves, colours."""

    scene: str
    time: str
    object: str
    style: str
    place: Place
    seed: int

    def attribute(self, name: str) -> str:
        """The value of one of ATTRIBUTES."""
        return str(getattr(self, name))


@dataclass(frozen=True)
class Drawing:
    """A picture (RGB) and the mask of its object (L, 255 inside; all 0 without one)."""

    picture: Image.Image
    mask: Image.Image


def random_scene(random: np.random.Generator, **fixed: str) -> Scene:
    """A scene with attributes drawn evenly, except those that are given by name."""
    values = {name: fixed.get(name) or str(random.choice(choices)) for name, choices in ATTRIBUTES.items()}
    place = Place(x=random.uniform(0.3, 0.7), y=random.uniform(0.86, 0.95), height=random.uniform(0.4, 0.54))
    return Scene(**values, place=place, seed=int(random.integers(2**31)))


def with_object(scene: Scene, name: str) -> Scene:
    """The same scene with another object at the same place."""
    return replace(scene, object=name)


def draw(scene: Scene, side: int, foot: str | None = None, sun: tuple[float, float] | None = None) -> Drawing:
    """Draw `scene` at `side` x `side` pixels.

    Args:
        foot: the object for which the foreground is made (a boat lies on water, all else stands on land); by
            default the scene's own.
        sun: where the sun (at night the moon) stands across the picture, and how far below its own height; nothing
            else changes with it. By default its place is drawn at random.
    """
    size = side * SUPERSAMPLING
    random = np.random.default_rng(scene.seed)
    light = light_of(scene.time, random)
    canvas = _sky(light, size, random, sun)
    pen = ImageDraw.Draw(canvas)
    BACKGROUNDS[scene.scene](pen, size, light, random)
    _foreground(pen, size, scene.scene, foot or scene.object, light, random)
    mask = Image.new("L", (size, size))
    if scene.object != "none":
        place = (scene.place.x * size, scene.place.y * size, scene.place.height * size)
        draw_object(scene.object, pen, ImageDraw.Draw(mask), place, light, np.random.default_rng(scene.seed + 1))
    picture = _styled(canvas, scene.style, np.random.default_rng(scene.seed + 2))
    return Drawing(picture.reduce(SUPERSAMPLING), mask.reduce(SUPERSAMPLING))


def _sky(light: Light, size: int, random: np.random.Generator, sun: tuple[float, float] | None = None) -> Image.Image:
    rows = np.clip(np.linspace(0, 1.6, size), 0, 1)[:, None] ** 1.3
    colours = np.array(light.sky_top)[None] * (1 - rows) + np.array(light.sky_low)[None] * rows
    canvas = Image.fromarray(np.repeat(colours[:, None, :], size, axis=1).astype(np.uint8), "RGB")
    pen = ImageDraw.Draw(canvas)
    for _ in range(light.stars):
        x, y = random.uniform(0, size), random.uniform(0, size * 0.5)
        pen.ellipse([x, y, x + size / 60, y + size / 60], fill=(250, 246, 220))
    across, below = random.uniform(0.15, 0.85), 0.0
    if sun:
        across, below = sun
    x, y, radius = across * size, (light.sun_y + below) * size, light.sun_radius * size
    pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=light.sun)
    if light.stars:
        pen.ellipse([x - radius * 0.3, y - radius, x + radius * 1.4, y + radius * 0.7], fill=light.sky_top)
    return canvas


def _city(pen: Any, size: int, light: Light, random: np.random.Generator) -> None:
    """Towers with sky between them, each with its own height, wall and rows of windows."""
    x = random.uniform(-0.06, 0.0)
    while x < 1:
        width, height = random.uniform(0.1, 0.16), random.uniform(0.2, 0.56)
        wall = light.shade(mix((112, 122, 154), (52, 58, 92), random.uniform()))
        box = [x * size, (GROUND_Y - height) * size, (x + width) * size, (GROUND_Y + 0.02) * size]
        pen.rectangle(box, fill=wall)
        if random.uniform() < 0.4:
            middle = (box[0] + box[2]) / 2
            pen.line([middle, box[1], middle, box[1] - 0.08 * size], fill=wall, width=max(1, size // 50))
        _windows(pen, box, size, light, random)
        x += width + random.uniform(0.015, 0.06)


def _windows(pen: Any, box: list[float], size: int, light: Light, random: np.random.Generator) -> None:
    """A grid of panes in the middle of the wall; some are lit."""
    pane = size / 36
    columns = int((box[2] - box[0] - pane * 0.6) / (pane * 1.7))
    aside = (box[2] - box[0] - columns * pane * 1.7 + pane * 0.7) / 2
    for row in np.arange(box[1] + pane, box[3] - pane * 1.5, pane * 2.2):
        for column in box[0] + aside + np.arange(columns) * pane * 1.7:
            if random.uniform() < light.lit:
                pen.rectangle([column, row, column + pane, row + pane * 1.2], fill=light.window)


def _mountains(pen: Any, size: int, light: Light, random: np.random.Generator) -> None:
    for depth in range(2):
        rock = light.shade(mix((128, 132, 158), (88, 92, 112), depth))
        for peak in np.linspace(0.1, 0.9, 3) + random.uniform(-0.12, 0.12, 3):
            top, half = random.uniform(0.22, 0.38) + 0.14 * depth, random.uniform(0.24, 0.36)
            slope = [(peak, top), (peak + half, GROUND_Y), (peak - half, GROUND_Y)]
            pen.polygon([(x * size, y * size) for x, y in slope], fill=rock)
            snow, cap = light.shade((244, 247, 252)), 0.3
            ends = [(peak + side * half * cap, top + (GROUND_Y - top) * cap) for side in (1, -1)]
            notch = (peak, top + (GROUND_Y - top) * cap * 0.6)
            pen.polygon([(x * size, y * size) for x, y in [(peak, top), ends[0], notch, ends[1]]], fill=snow)


def _sea(pen: Any, size: int, light: Light, random: np.random.Generator) -> None:
    horizon = random.uniform(0.48, 0.54)
    pen.rectangle([0, horizon * size, size, size], fill=light.shade((38, 112, 168)))
    for _ in range(14):
        x, y, length = random.uniform(-0.1, 1), random.uniform(horizon + 0.02, 1), random.uniform(0.08, 0.25)
        wave = light.shade((92, 166, 208))
        pen.line([x * size, y * size, (x + length) * size, y * size], fill=wave, width=max(1, size // 64))


def _forest(pen: Any, size: int, light: Light, random: np.random.Generator) -> None:
    for depth in range(3):
        green = light.shade(mix((72, 122, 92), (22, 72, 44), depth / 2))
        for x in np.linspace(0, 1, 8) + random.uniform(-0.06, 0.06, 8):
            foot, height = 0.66 + 0.05 * depth, random.uniform(0.3, 0.42)
            for part in range(3):
                top, half = foot - height * (1 - part * 0.24), 0.045 + 0.02 * part
                low = top + height * 0.42
                slope = [(x, top), (x + half, low), (x - half, low)]
                pen.polygon([(a * size, b * size) for a, b in slope], fill=green)
        pen.rectangle([0, (0.63 + 0.05 * depth) * size, size, size], fill=green)


BACKGROUNDS = {"city skyline": _city, "mountains": _mountains, "sea": _sea, "forest": _forest}
LAND: dict[str, RGB] = {
    "city skyline": (126, 126, 132),
    "mountains": (122, 166, 88),
    "sea": (226, 202, 148),
    "forest": (98, 122, 62),
}


def _foreground(pen: Any, size: int, scene: str, standing: str, light: Light, random: np.random.Generator) -> None:
    is_water = standing == "boat" or (scene == "sea" and standing == "none")
    if scene == "sea" and is_water:
        return
    colour = light.shade((46, 118, 170) if is_water else LAND[scene])
    xs = np.linspace(0, 1, 9)
    edge = GROUND_Y + (0 if is_water else 1) * 0.02 * np.sin(xs * random.uniform(4, 9) + random.uniform(0, 6))
    pen.polygon([(x * size, y * size) for x, y in zip(xs, edge, strict=True)] + [(size, size), (0, size)], fill=colour)
    if is_water:
        for _ in range(6):
            x, y = random.uniform(-0.1, 1) * size, random.uniform(GROUND_Y + 0.03, 1) * size
            pen.line([x, y, x + size * 0.15, y], fill=light.shade((96, 168, 208)), width=max(1, size // 64))


def _styled(canvas: Image.Image, style: str, random: np.random.Generator) -> Image.Image:
    values = np.asarray(canvas, dtype=np.float32)
    if style == "watercolor painting":
        values = _watercolor(values, random)
    elif style == "comic book style":
        values = _comic(values)
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8), "RGB")


def _watercolor(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Pale colours with blotches, running out into white paper at the border."""
    size = len(values)
    blotches = Image.fromarray((random.uniform(0, 1, (9, 9)) * 255).astype(np.uint8))
    strength = np.asarray(blotches.resize((size, size), Image.Resampling.BICUBIC), dtype=np.float32) / 255
    away = np.minimum.outer(*[np.minimum(np.arange(size), np.arange(size)[::-1]) / size] * 2)
    inside = np.clip((away - 0.02 - 0.05 * strength) / 0.05, 0, 1)
    share = (inside * (0.6 + 0.3 * strength))[..., None]
    return np.asarray(np.array(PAPER) * (1 - share) + values * share)


def _comic(values: np.ndarray) -> np.ndarray:
    """Few flat, strong colours with dark outlines."""
    grey = values.mean(axis=2)
    across = np.abs(np.diff(grey, axis=1, prepend=grey[:, :1]))
    down = np.abs(np.diff(grey, axis=0, prepend=grey[:1]))
    edge = np.maximum(across, down) > 18
    edge[1:] |= edge[:-1]
    edge[:, 1:] |= edge[:, :-1]
    flat = np.round(values / 52) * 52
    strong = flat + (flat - flat.mean(axis=2, keepdims=True)) * 0.45
    strong[edge] = (22, 18, 30)
    return np.asarray(strong)
