"""Draws the objects of the twins' world: a house, a boat, a tree, a cat, each in a colour of its own.

Every part is drawn twice, in colour into the picture and in white into the mask.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from training.palette import RGB, Light, mix

Point = tuple[float, float]
WALLS: tuple[RGB, ...] = ((238, 222, 188), (206, 96, 78), (232, 236, 240), (240, 196, 92))
ROOFS: tuple[RGB, ...] = ((150, 54, 42), (92, 62, 48), (72, 78, 98))
HULLS: tuple[RGB, ...] = ((134, 78, 42), (188, 52, 44), (52, 64, 112))
FURS: tuple[RGB, ...] = ((232, 142, 48), (182, 180, 186), (246, 240, 230))
LEAVES: tuple[RGB, ...] = ((82, 172, 62), (120, 186, 60), (58, 150, 70))


class Brush:
    """Draws around the object's foot, in units of its height: (0, 0) is the foot, (0, 1) the top above it."""

    def __init__(self, picture: Any, mask: Any, place: tuple[float, float, float], light: Light) -> None:
        self._pens = (picture, mask)
        self._x, self._y, self._height = place
        self._light = light

    def polygon(self, points: Sequence[Point], colour: RGB, glows: bool = False) -> None:
        """A filled polygon; what glows is not darkened by the night."""
        places = [(self._x + x * self._height, self._y - y * self._height) for x, y in points]
        for pen, fill in zip(self._pens, self._fills(colour, glows), strict=True):
            pen.polygon(places, fill=fill)

    def rectangle(self, left: float, low: float, right: float, top: float, colour: RGB, glows: bool = False) -> None:
        """A filled upright rectangle."""
        self.polygon([(left, low), (left, top), (right, top), (right, low)], colour, glows)

    def ellipse(self, x: float, y: float, across: float, up: float, colour: RGB) -> None:
        """A filled ellipse around (x, y) with these half axes."""
        h = self._height
        box = [self._x + (x - across) * h, self._y - (y + up) * h, self._x + (x + across) * h, self._y - (y - up) * h]
        for pen, fill in zip(self._pens, self._fills(colour, False), strict=True):
            pen.ellipse(box, fill=fill)

    def _fills(self, colour: RGB, glows: bool) -> tuple[RGB, int]:
        # Objects keep more of their colour than the land, so that they can be told at night.
        return (colour if glows else mix(self._light.shade(colour), colour, 0.35)), 255


def draw_object(
    name: str, picture: Any, mask: Any, place: tuple[float, float, float], light: Light, random: np.random.Generator
) -> None:
    """Draw one object into two drawing contexts.

    Args:
        picture, mask: `ImageDraw` contexts, of an RGB and an L picture.
        place: x, y of the foot's middle and the height, in pixels.
    """
    OBJECT_DRAWERS[name](Brush(picture, mask, place, light), light, random)


def _pick(colours: tuple[RGB, ...], random: np.random.Generator) -> RGB:
    return colours[random.integers(len(colours))]


def _house(brush: Brush, light: Light, random: np.random.Generator) -> None:
    wall, roof = _pick(WALLS, random), _pick(ROOFS, random)
    brush.rectangle(-0.42, 0, 0.42, 0.56, wall)
    brush.polygon([(-0.54, 0.54), (0, 1), (0.54, 0.54)], roof)
    brush.rectangle(-0.09, 0, 0.13, 0.34, mix(roof, (20, 14, 10), 0.35))
    pane: RGB = (255, 224, 120) if light.stars else (150, 200, 228)
    brush.rectangle(-0.34, 0.2, -0.18, 0.4, pane, glows=bool(light.stars))
    brush.rectangle(0.2, 0.2, 0.35, 0.4, pane, glows=bool(light.stars))


def _boat(brush: Brush, light: Light, random: np.random.Generator) -> None:
    hull = _pick(HULLS, random)
    brush.polygon([(-0.5, 0.26), (-0.34, 0), (0.34, 0), (0.54, 0.26)], hull)
    brush.rectangle(-0.04, 0.24, 0.02, 1, (92, 66, 48))
    brush.polygon([(0.05, 0.32), (0.05, 0.98), (0.46, 0.36)], (248, 246, 238))
    brush.polygon([(-0.07, 0.32), (-0.07, 0.88), (-0.4, 0.34)], (236, 226, 206))


def _tree(brush: Brush, light: Light, random: np.random.Generator) -> None:
    leaves = _pick(LEAVES, random)
    brush.rectangle(-0.08, 0, 0.08, 0.46, (112, 74, 44))
    for x, y, radius in ((-0.22, 0.56, 0.24), (0.22, 0.56, 0.24), (0, 0.72, 0.28)):
        brush.ellipse(x, y, radius, radius, leaves)
    brush.ellipse(-0.08, 0.78, 0.12, 0.1, mix(leaves, (240, 250, 170), 0.35))


def _cat(brush: Brush, light: Light, random: np.random.Generator) -> None:
    fur = _pick(FURS, random)
    dark = mix(fur, (60, 30, 20), 0.35)
    brush.ellipse(0.36, 0.2, 0.2, 0.09, dark)
    brush.ellipse(0, 0.26, 0.3, 0.28, fur)
    brush.ellipse(0, 0.24, 0.14, 0.2, mix(fur, (255, 250, 240), 0.6))
    for side in (-1, 1):
        brush.polygon([(side * 0.31, 1), (side * 0.3, 0.66), (side * 0.05, 0.84)], fur)
        brush.polygon([(side * 0.27, 0.92), (side * 0.26, 0.74), (side * 0.13, 0.83)], (228, 132, 132))
    brush.ellipse(0, 0.66, 0.32, 0.23, fur)
    for side in (-1, 1):
        brush.ellipse(side * 0.13, 0.7, 0.065, 0.075, (34, 60, 40))
    brush.polygon([(-0.05, 0.6), (0.05, 0.6), (0, 0.54)], (214, 98, 98))


OBJECT_DRAWERS: dict[str, Callable[[Brush, Light, np.random.Generator], None]] = {
    "house": _house,
    "boat": _boat,
    "tree": _tree,
    "cat": _cat,
}
