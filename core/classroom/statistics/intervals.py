"""Intervals of 95 % around what a class gives: of a share, of a mean, of a correlation.

    share(18, 24)                      # Share(count=18, n=24, percent=75.0, interval=(55.1, 88.0))
    correlation_interval(44.5, 8)      # (-38.0, 88.0): eight students say next to nothing

Resampling draws students with replacement, from a fixed seed: the same marks give the same interval.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import atanh, sqrt, tanh

import numpy as np

from core.classroom.statistics.spread import Array

Interval = tuple[float, float]

Z = 1.959964
"""Quantile of the normal distribution for an interval of 95 %."""
TAILS = (0.025, 0.975)
RESAMPLES = 2000
DIGITS = 9
"""Resampled figures are rounded here, so that full marks are 100 and not 100.00000000000001."""
DEFINED = 0.95
"""A resampled interval needs so large a share of its samples to be defined."""
CERTAIN = 100 - 1e-9


@dataclass(frozen=True)
class Share:
    """`count` of `n`, in percent with Wilson's interval; None where there is nobody."""

    count: int
    n: int
    percent: float | None
    interval: Interval | None


def share(count: int, n: int) -> Share:
    """A share with its interval."""
    return Share(count, n, 100 * count / n if n else None, wilson(count, n))


def wilson(count: int, n: int) -> Interval | None:
    """Wilson's score interval of a share, in percent; None where n is 0."""
    if not n:
        return None
    p, z2 = count / n, Z**2
    middle, reach = p + z2 / (2 * n), Z * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    low, high = ((middle + side * reach) / (1 + z2 / n) for side in (-1, 1))
    # At 0 and n of n the interval ends where the share is, whatever rounding says.
    return 100 * max(0.0, min(low, p)), 100 * min(1.0, max(high, p))


def facility_interval(shares: Array) -> Interval | None:
    """Of a mean share of the mark, in percent: Wilson's for right and wrong, resampled for marks given in parts."""
    if len(shares) < 2:
        return None
    if np.isin(shares, (0.0, 1.0)).all():
        return wilson(int(shares.sum()), len(shares))
    return mean_interval(100 * shares)


def mean_interval(values: Array) -> Interval | None:
    """Of a mean of resampled values; None below two values, or where they are all alike and so tell no spread."""
    different, counts = np.unique(values, return_counts=True)
    if len(different) < 2:
        return None
    n = len(values)
    means = np.random.default_rng(0).multinomial(n, counts / n, size=RESAMPLES) @ different / n
    return ends_of(means)


def resampled_interval(students: int, figure: Callable[[Array], Array]) -> Interval | None:
    """Of any figure; None where it is defined in too few samples.

    Args:
        figure: takes how often each student was drawn, shape (RESAMPLES, students), and gives one figure per sample,
            NaN where it is not defined.
    """
    found = figure(resamples(students))
    defined = found[~np.isnan(found)]
    return ends_of(defined) if len(defined) >= DEFINED * len(found) else None


def resamples(students: int) -> Array:
    """How often each student is in each sample; shape (RESAMPLES, students), rows sum to `students`."""
    drawn = np.random.default_rng(0).multinomial(students, np.full(students, 1 / students), size=RESAMPLES)
    return drawn.astype(np.float64)


def correlation_interval(percent: float | None, n: int) -> Interval | None:
    """Fisher's, in percent; None below four students, and for a correlation of ±100 %."""
    if percent is None or n < 4 or abs(percent) >= CERTAIN:
        return None
    middle, reach = atanh(percent / 100), Z / sqrt(n - 3)
    return 100 * tanh(middle - reach), 100 * tanh(middle + reach)


def ends_of(samples: Array) -> Interval:
    """The middle 95 % of the samples."""
    low, high = np.quantile(samples, TAILS)
    return round(float(low), DIGITS), round(float(high), DIGITS)
