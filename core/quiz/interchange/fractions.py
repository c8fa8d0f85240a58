"""Shares of a mark in percent, as Moodle takes them: from a fixed list, those of the right options adding up to 100.

>>> shares(3), nearest(-100 / 11), written(12.5)
((33.33333, 33.33333, 33.33333), -10.0, '12.5')
"""

ALLOWED = (
    *(100.0, 90.0, 83.33333, 80.0, 75.0, 70.0, 66.66667, 60.0, 50.0, 40.0, 33.33333, 30.0, 25.0),
    *(20.0, 16.66667, 14.28571, 12.5, 11.11111, 10.0, 5.0, 0.0),
)
MOST_EQUAL = 10
"""So many options can share a mark equally; what more would get, 100/11, is not on the list."""


def nearest(percent: float) -> float:
    """The allowed share nearest to `percent`, with its sign."""
    share = min(ALLOWED, key=lambda allowed: abs(allowed - abs(percent)))
    return -share if percent < 0 else share


def shares(count: int) -> tuple[float, ...]:
    """What each of `count` right options gets, up to 20; from 11 on some get 10 and the last ones 5.

    Moodle refuses a question whose right options do not add up to 100.
    """
    if count <= MOST_EQUAL:
        return (nearest(100 / count),) * count
    return (10.0,) * (2 * MOST_EQUAL - count) + (5.0,) * (2 * (count - MOST_EQUAL))


def written(percent: float) -> str:
    """As it stands in a file, with at most five decimals."""
    return f"{percent:.5f}".rstrip("0").rstrip(".")
