"""Where two pictures of the same size differ, and by how much.

>>> found = heat_map(original, result)
>>> found.largest, found.same_share
(143, 0.52)
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

STOPS = ((0, 0, 4), (87, 16, 110), (188, 55, 84), (249, 142, 9), (252, 255, 164))
"""From the same to the largest difference: each is lighter than the one before, so it reads in grey too."""


@dataclass(frozen=True)
class HeatMap:
    """A picture of the differences.

    Attributes:
        picture: RGB, of the size of the two.
        largest: the largest difference of a colour value, 0 to 255; from `least` on it has the lightest colour.
        average: mean over pixels and colours, 0 to 255.
        same_share: share of the pixels that are exactly the same.
    """

    picture: Image.Image
    largest: int
    average: float
    same_share: float


def heat_map(one: Image.Image, other: Image.Image, least: int = 1) -> HeatMap:
    """Every pixel by the colour value in which it differs most, on a scale that ends at the largest difference.

    Args:
        least: where the scale ends at the least, so that a difference nobody could see stays dark.

    Raises:
        ValueError: the sizes differ.
    """
    if one.size != other.size:
        raise ValueError(f"pictures of {one.size} and {other.size} pixels cannot be laid over each other")
    first, second = (np.asarray(picture.convert("RGB"), dtype=np.int16) for picture in (one, other))
    apart = np.abs(first - second)
    most = apart.max(axis=2)
    largest = int(most.max())
    return HeatMap(shaded(most / max(largest, least)), largest, float(apart.mean()), float((most == 0).mean()))


def scale(width: int, height: int) -> Image.Image:
    """The colours of a heat map from 0, left, to its largest difference, right."""
    return shaded(np.tile(np.linspace(0, 1, width), (height, 1)))


def shaded(shares: np.ndarray) -> Image.Image:
    """Shares from 0 to 1, [height, width], as colours."""
    at = np.linspace(0, 1, len(STOPS))
    channels = [np.interp(shares, at, values) for values in zip(*STOPS, strict=True)]
    return Image.fromarray(np.stack(channels, axis=-1).round().astype(np.uint8))
