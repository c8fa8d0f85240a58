"""What the marks say about the test as a whole."""

from collections.abc import Collection
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import fdtri

from core.classroom.statistics.intervals import TAILS, Interval
from core.classroom.statistics.marks import Marks
from core.classroom.statistics.spread import Array, is_constant, settled, totals_of, variance

FEW = 10
"""Below so many students a correlation says next to nothing, and its figure is greyed."""
ROUGH = 30
"""Below so many it is rough."""


@dataclass(frozen=True)
class Totals:
    """The test's figures; marks in points, alpha and error ratio in percent. What is not defined is None.

    Attributes:
        n: students who reached every question; all figures are of them.
        sd: of the totals, of a sample.
        cronbach_alpha: Moodle's coefficient of internal consistency, with its interval of 95 % after Feldt.
        error_ratio: the share of `sd` that is chance.
        standard_error: of one student's total.
    """

    n: int
    mean: float | None
    median: float | None
    sd: float | None
    skewness: float | None
    kurtosis: float | None
    cronbach_alpha: float | None
    cronbach_alpha_interval: Interval | None
    error_ratio: float | None
    standard_error: float | None


@dataclass(frozen=True)
class Alpha:
    """Cronbach's alpha in percent, of `n` students who reached all of `questions` questions."""

    n: int
    questions: int
    value: float | None
    interval: Interval | None


def total_statistics(marks: Marks) -> Totals:
    """The figures of the whole test."""
    totals, alpha = totals_of(marks.complete), alpha_statistics(marks)
    n = len(totals)
    sd = sqrt(variance(totals)) if n > 1 else None
    error_ratio = None if alpha.value is None else 100 * sqrt(max(0.0, 1 - alpha.value / 100))
    return Totals(
        n=n,
        mean=float(totals.mean()) if n else None,
        median=float(np.median(totals)) if n else None,
        sd=sd,
        skewness=_skewness(totals),
        kurtosis=_kurtosis(totals),
        cronbach_alpha=alpha.value,
        cronbach_alpha_interval=alpha.interval,
        error_ratio=error_ratio,
        standard_error=None if error_ratio is None or sd is None else error_ratio / 100 * sd,
    )


def alpha_statistics(marks: Marks, without: Collection[str] = ()) -> Alpha:
    """Cronbach's alpha of the test, or of what is left of it.

    Args:
        without: questions to leave out. Measured ones, say, whose key is each student's own run. The students are those
            who reached every question that is left.
    """
    complete = marks.without(without).complete
    students, questions = complete.shape
    value = alpha_of(complete)
    return Alpha(students, questions, value, _alpha_interval(value, students, questions))


def alpha_of(complete: Array) -> float | None:
    """Cronbach's alpha in percent of marks of shape (S, P); needs two questions, three students and some difference."""
    students, questions = len(complete), int(complete.shape[1])
    if questions < 2 or students < 3:
        return None
    whole = variance(totals_of(complete))
    if not whole:
        return None
    apart = sum(variance(settled(column)) for column in complete.T)
    return min(100.0, 100.0 * questions / (questions - 1) * (1 - apart / whole))


def _alpha_interval(alpha: float | None, students: int, questions: int) -> Interval | None:
    """Feldt's: (1 - alpha) times quantiles of F with S - 1 and (S - 1)(P - 1) degrees of freedom."""
    if alpha is None:
        return None
    freedom = students - 1, (students - 1) * (questions - 1)
    high, low = (100 - (100 - alpha) * float(fdtri(*freedom, tail)) for tail in TAILS)
    return low, high


def _moments(totals: Array) -> tuple[float, float, float]:
    """Mean second, third and fourth power of the distance from the mean."""
    away = totals - totals.mean()
    return float((away**2).mean()), float((away**3).mean()), float((away**4).mean())


def _skewness(totals: Array) -> float | None:
    """k3 / k2^1.5, of Fisher's k-statistics; from three students on."""
    n = len(totals)
    if n < 3 or is_constant(totals):
        return None
    m2, m3, _ = _moments(totals)
    k2, k3 = n * m2 / (n - 1), n * n * m3 / ((n - 1) * (n - 2))
    return float(k3 / k2**1.5)


def _kurtosis(totals: Array) -> float | None:
    """k4 / k2², the excess over a normal distribution; from four students on."""
    n = len(totals)
    if n < 4 or is_constant(totals):
        return None
    m2, _, m4 = _moments(totals)
    k2 = n * m2 / (n - 1)
    k4 = n * n * ((n + 1) * m4 - 3 * (n - 1) * m2**2) / ((n - 1) * (n - 2) * (n - 3))
    return float(k4 / k2**2)
