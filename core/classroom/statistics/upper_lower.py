"""D27, the upper-lower index: how much better the best 27 % of a class did on a question than the weakest 27 %.

Kelley's index as learning platforms print it, with students ordered by their whole mark. The question is part of that
mark, so that a short test flatters it; the discrimination index (item against rest) is the one to judge by.

    upper_lower(marks)[0]      # UpperLower(n=8, index=37.5, interval=(0.0, 75.0)), of 30 students
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.classroom.statistics.intervals import DIGITS, Interval, ends_of, resamples
from core.classroom.statistics.marks import Marks
from core.classroom.statistics.spread import Array, is_constant, levels_of, totals_of

PART = 0.27
ENOUGH_FOR_INTERVAL = 4


@dataclass(frozen=True)
class UpperLower:
    """Of `n` students in each group: the difference of their facilities in percent; None where all have one mark."""

    n: int
    index: float | None
    interval: Interval | None


def upper_lower(marks: Marks) -> list[UpperLower]:
    """D27 of every question, of the students who reached all of them, with an interval of resampled students.

    Where students with the same mark do not all fit into a group, each of them counts in part: the index is the mean
    over all ways to choose among them.
    """
    complete = marks.complete
    n = group_size(len(complete))
    totals = totals_of(complete)
    if len(complete) < 2 or is_constant(totals):
        return [UpperLower(n, None, None)] * len(marks.questions)
    # In the order of the marks, so that the interval does not hang on the order of the file.
    order = np.lexsort(np.vstack((complete.T, totals)))
    shares, levels = 100 * complete[order] / marks.maxima, levels_of(totals)[order]
    indices = _differences(np.ones((1, len(order))), levels, n) @ shares
    samples = _differences(resamples(len(order)), levels, n) @ shares if len(order) >= ENOUGH_FOR_INTERVAL else None
    return [
        UpperLower(
            n, round(float(indices[0, column]), DIGITS), None if samples is None else ends_of(samples[:, column])
        )
        for column in range(len(marks.questions))
    ]


def group_size(students: int) -> int:
    """27 % of them, at least one."""
    return max(1, round(PART * students))


def _differences(drawn: Array, levels: NDArray[np.intp], n: int) -> Array:
    """The weight of each student in upper minus lower.

    Args:
        drawn: how often each student is in the sample, shape (samples, S).
        levels: shape (S,), ascending; students of one level have the same mark.
    """
    starts = np.flatnonzero(np.diff(levels, prepend=-1))
    sizes = np.add.reduceat(drawn, starts, axis=1)
    below = np.cumsum(sizes, axis=1) - sizes
    above = drawn.sum(axis=1, keepdims=True) - below - sizes
    lower, upper = (np.clip(n - beyond, 0, sizes) for beyond in (below, above))
    parts = (upper - lower) / np.where(sizes > 0, sizes, 1) / n
    weights: Array = drawn * parts[:, levels]
    return weights
