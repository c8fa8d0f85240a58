"""How long people wait for one machine that draws their pictures one after the other: computed from a picture's time.

For presses at random moments, independent of each other, and pictures that all take the same time, the mean wait is
known exactly (M/D/1, a case of the formula of Pollaczek and Khinchine). No torch here.

    >>> mean_wait_s(4.0, busy_share(30, 180, 4.0))
    4.0
"""

import math

NO_LONGER_THAN_A_PICTURE = 2 / 3
"""Share of the time that a machine may be busy, so that the mean wait is at most what one picture takes."""


def busy_share(people: int, every_s: float, picture_s: float) -> float:
    """The share of the time that they keep the machine busy; above 1 they ask for more than it can draw.

    Args:
        every_s: seconds between two presses of one person, on average.
    """
    return people * picture_s / every_s


def mean_wait_s(picture_s: float, busy: float) -> float | None:
    """Seconds before a picture begins, on average; None where the line grows without end."""
    return picture_s * busy / (2 * (1 - busy)) if busy < 1 else None


def most_people(every_s: float, picture_s: float, busy: float = 1.0) -> int:
    """So many keep the machine busy for less than this share of the time, or just as long where that is below 1."""
    people = math.floor(busy * every_s / picture_s + 1e-9)
    return people - 1 if busy == 1 and people * picture_s >= every_s else people
