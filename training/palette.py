"""The light of a time of day: colours of sky, sun and windows, and what it makes of any other colour.

>>> light_of("night", np.random.default_rng(0)).shade((200, 200, 200))
(78, 90, 128)
"""

from dataclasses import dataclass

import numpy as np

RGB = tuple[int, int, int]


@dataclass(frozen=True)
class Light:
    """Colours are RGB, 0 to 255; lengths are shares of the picture's side.

    Attributes:
        tint: colour that everything is mixed with, by `strength`, and then multiplied by `brightness`.
        lit: share of windows with light in them.
    """

    sky_top: RGB
    sky_low: RGB
    sun: RGB
    sun_y: float
    sun_radius: float
    stars: int
    lit: float
    window: RGB
    tint: RGB
    strength: float
    brightness: float

    def shade(self, colour: RGB) -> RGB:
        """What a surface of this colour looks like."""
        tinted = mix(colour, self.tint, self.strength)
        return (
            min(255, int(tinted[0] * self.brightness)),
            min(255, int(tinted[1] * self.brightness)),
            min(255, int(tinted[2] * self.brightness)),
        )


def mix(first: RGB, second: RGB, share: float) -> RGB:
    """`first` with `share` (0 to 1) of `second`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def light_of(time: str, random: np.random.Generator) -> Light:
    """Day, sunset or night, with the sun or moon at a height of its own."""
    height = random.uniform(-0.05, 0.05)
    if time == "day":
        return Light(
            (74, 150, 226), (198, 228, 246), (255, 240, 150), 0.16 + height, 0.07, 0, 0.35, (206, 226, 238),
            (255, 255, 255), 0.0, 1.0,
        )  # fmt: skip
    if time == "sunset":
        return Light(
            (108, 62, 138), (255, 140, 52), (255, 214, 92), 0.46 + height, 0.1, 0, 0.5, (255, 214, 120),
            (255, 132, 64), 0.22, 0.82,
        )  # fmt: skip
    return Light(
        (8, 12, 44), (28, 38, 92), (242, 240, 214), 0.17 + height, 0.075, 24, 0.55, (255, 222, 112),
        (58, 82, 168), 0.42, 0.58,
    )  # fmt: skip
