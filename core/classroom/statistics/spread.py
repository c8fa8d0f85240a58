"""How marks differ: variance, covariance and correlation of a sample, safe from rounding.

Sums of marks carry rounding errors: 0.1 + 0.2 + 0.7 points in another order differ in the last digit. Divided by such a
difference, alpha would be -10^33. What differs by no more than rounding is therefore made equal first.

    covariance(array([0.0, 1.0, 1.0]), array([2.0, 2.0, 3.0]))    # 0.1667: of a sample, divided by n - 1
"""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ROUNDING = 1e-9
"""Differences up to this share of the values are rounding, not marks."""
NOISE = 1e-12
"""A correlation up to this is 0."""


def settled(values: Array, scale: float | None = None) -> Array:
    """The values, all made the same where they differ by no more than rounding.

    Args:
        scale: how large the numbers are that the values were summed from; None is the largest of the values.
    """
    if not len(values):
        return values
    largest = float(np.abs(values).max()) if scale is None else scale
    return np.full_like(values, values[0]) if float(np.ptp(values)) <= ROUNDING * largest else values


def totals_of(rows: Array) -> Array:
    """Each row's sum, settled."""
    return settled(rows.sum(axis=1), float(np.abs(rows).sum(axis=1).max(initial=0.0)))


def rest_of(rows: Array, column: int) -> Array:
    """Each row's sum without one column, settled."""
    return totals_of(np.delete(rows, column, axis=1))


def levels_of(values: Array) -> NDArray[np.intp]:
    """The place of each value among the different ones, 0 for the smallest; what differs by rounding is the same."""
    order = np.argsort(values, kind="stable")
    steps = np.diff(values[order]) > ROUNDING * np.abs(values).max(initial=0.0)
    levels = np.empty(len(values), dtype=np.intp)
    levels[order] = np.concatenate(([0], np.cumsum(steps)))[: len(values)]
    return levels


def is_constant(values: Array) -> bool:
    """True where no value differs from another."""
    return bool(np.ptp(values) == 0)


def variance(values: Array) -> float:
    """Of a sample of two or more; exactly 0 where nothing varies."""
    return 0.0 if is_constant(values) else float(values.var(ddof=1))


def covariance(one: Array, other: Array) -> float:
    """Of a sample of two or more; exactly 0 where one does not vary, or where only rounding is left."""
    if is_constant(one) or is_constant(other):
        return 0.0
    found = float(((one - one.mean()) * (other - other.mean())).sum() / (len(one) - 1))
    return 0.0 if abs(found) <= NOISE * sqrt(variance(one) * variance(other)) else found


def correlation(one: Array, other: Array) -> float | None:
    """Pearson's, in percent; None below two values, or where one does not vary."""
    if len(one) < 2 or is_constant(one) or is_constant(other):
        return None
    found = 100 * covariance(one, other) / sqrt(variance(one) * variance(other))
    return max(-100.0, min(100.0, found))
