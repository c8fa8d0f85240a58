"""Intervals of 95 % around the figures of a whole test, from resampled students.

The alpha of `core.classroom.statistics` has Feldt's; the error ratio follows from it. Everything else is computed
anew for classes drawn from this one with replacement, from a fixed seed.
"""

from dataclasses import dataclass

import numpy as np

from core.classroom.statistics import Interval, Totals
from core.classroom.statistics.intervals import mean_interval, resampled_interval
from core.classroom.statistics.spread import Array, is_constant, totals_of
from core.measure.statistics import median_interval

ENOUGH = 6
"""Below so many students resampling says less than the students themselves."""
FLAT = 1e-9
"""A sample whose variance is less than this share of the class's has no shape to speak of."""


@dataclass(frozen=True)
class TotalIntervals:
    """Intervals beside `Totals`, in its units; None below 6 students and where the figure is not defined."""

    mean: Interval | None = None
    median: Interval | None = None
    sd: Interval | None = None
    skewness: Interval | None = None
    kurtosis: Interval | None = None
    error_ratio: Interval | None = None
    standard_error: Interval | None = None


def total_intervals(complete: Array, totals: Totals) -> TotalIntervals:
    """Intervals around the figures of marks of shape (S, P), of students who reached every question."""
    sums = totals_of(complete)
    if len(sums) < ENOUGH or is_constant(sums):
        return TotalIntervals(error_ratio=_error_ratio(totals))
    shape = _Resampled(complete)
    return TotalIntervals(
        mean=mean_interval(sums),
        median=median_interval(sums.tolist())[1:],
        sd=resampled_interval(len(sums), shape.sd),
        skewness=resampled_interval(len(sums), shape.skewness),
        kurtosis=resampled_interval(len(sums), shape.kurtosis),
        error_ratio=_error_ratio(totals),
        standard_error=None if totals.standard_error is None else resampled_interval(len(sums), shape.standard_error),
    )


def _error_ratio(totals: Totals) -> Interval | None:
    """It falls while alpha rises, so the ends change places."""
    if totals.cronbach_alpha_interval is None:
        return None
    low, high = (100 * float(np.sqrt(max(0.0, 1 - end / 100))) for end in reversed(totals.cronbach_alpha_interval))
    return low, high


class _Resampled:
    """Figures of many samples at once; each takes how often every student was drawn, shape (samples, S)."""

    def __init__(self, complete: Array) -> None:
        self._n, self._questions = complete.shape
        self._marks = complete - complete.mean(axis=0)
        self._away = self._marks.sum(axis=1)
        self._least = FLAT * float((self._away**2).mean())

    def sd(self, drawn: Array) -> Array:
        found: Array = np.sqrt(self._k2(drawn))
        return found

    def skewness(self, drawn: Array) -> Array:
        n, (_, m3, _), k2 = self._n, self._moments(drawn), self._k2(drawn)
        found: Array = n * n * m3 / ((n - 1) * (n - 2)) / k2**1.5
        return found

    def kurtosis(self, drawn: Array) -> Array:
        n, (m2, _, m4), k2 = self._n, self._moments(drawn), self._k2(drawn)
        k4 = n * n * ((n + 1) * m4 - 3 * (n - 1) * m2**2) / ((n - 1) * (n - 2) * (n - 3))
        found: Array = k4 / k2**2
        return found

    def standard_error(self, drawn: Array) -> Array:
        """SD times the root of 1 - alpha; that is the root of the variance that questions do not share."""
        whole, parts = self._k2(drawn), _variances(drawn, self._marks).sum(axis=1)
        unshared = whole - self._questions / (self._questions - 1) * (whole - parts)
        found: Array = np.sqrt(np.maximum(0.0, unshared))
        return found

    def _k2(self, drawn: Array) -> Array:
        """The variance of the totals; NaN in a sample that drew the same mark again and again."""
        found = _variances(drawn, self._away[:, None])[:, 0]
        shaped: Array = np.where(found > self._least, found, np.nan)
        return shaped

    def _moments(self, drawn: Array) -> tuple[Array, Array, Array]:
        """Mean second, third and fourth power of the distance from each sample's mean."""
        m, a, b, c = (drawn @ self._away**power / self._n for power in (1, 2, 3, 4))
        return a - m**2, b - 3 * m * a + 2 * m**3, c - 4 * m * b + 6 * m**2 * a - 3 * m**4


def _variances(drawn: Array, columns: Array) -> Array:
    """Of each column in each sample, divided by n - 1."""
    n = len(columns)
    found: Array = (drawn @ columns**2 - (drawn @ columns) ** 2 / n) / (n - 1)
    return np.maximum(0.0, found)
