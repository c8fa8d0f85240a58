"""What the marks say about the test as a whole."""

from dataclasses import dataclass
from math import sqrt
from statistics import median

from scipy.stats import f as f_distribution

from core.classroom.statistics.marks import Array, Marks

FEW = 10
"""Below so many students a correlation says next to nothing, and its figure is greyed."""
ROUGH = 30
"""Below so many it is rough."""
CONFIDENCE = 0.95


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
    cronbach_alpha_interval: tuple[float, float] | None
    error_ratio: float | None
    standard_error: float | None


def total_statistics(marks: Marks) -> Totals:
    """The figures of the whole test."""
    complete = marks.complete
    totals = complete.sum(axis=1)
    n = len(totals)
    sd = float(totals.std(ddof=1)) if n > 1 else None
    alpha = alpha_of(complete)
    error_ratio = None if alpha is None else 100 * sqrt(max(0.0, 1 - alpha / 100))
    return Totals(
        n=n,
        mean=float(totals.mean()) if n else None,
        median=float(median(totals.tolist())) if n else None,
        sd=sd,
        skewness=_skewness(totals),
        kurtosis=_kurtosis(totals),
        cronbach_alpha=alpha,
        cronbach_alpha_interval=_alpha_interval(alpha, n, complete.shape[1]),
        error_ratio=error_ratio,
        standard_error=None if error_ratio is None or sd is None else error_ratio / 100 * sd,
    )


def alpha_of(complete: Array) -> float | None:
    """Cronbach's alpha in percent of marks of shape (S, P); needs two questions, three students and some difference."""
    students, questions = len(complete), int(complete.shape[1])
    if questions < 2 or students < 3:
        return None
    whole = float(complete.sum(axis=1).var(ddof=1))
    if not whole:
        return None
    apart = float(complete.var(axis=0, ddof=1).sum())
    return 100.0 * questions / (questions - 1) * (1 - apart / whole)


def _alpha_interval(alpha: float | None, students: int, questions: int) -> tuple[float, float] | None:
    """Feldt's: (1 - alpha) times quantiles of F with S - 1 and (S - 1)(P - 1) degrees of freedom."""
    if alpha is None:
        return None
    freedom, tail = (students - 1, (students - 1) * (questions - 1)), (1 - CONFIDENCE) / 2
    low, high = (1 - (1 - alpha / 100) * float(f_distribution.isf(q, *freedom)) for q in (tail, 1 - tail))
    return 100 * low, 100 * high


def _moments(totals: Array) -> tuple[float, float, float]:
    """Mean second, third and fourth power of the distance from the mean."""
    away = totals - totals.mean()
    return float((away**2).mean()), float((away**3).mean()), float((away**4).mean())


def _skewness(totals: Array) -> float | None:
    """k3 / k2^1.5, of Fisher's k-statistics; from three students on."""
    n = len(totals)
    if n < 3 or totals.min() == totals.max():
        return None
    m2, m3, _ = _moments(totals)
    k2, k3 = n * m2 / (n - 1), n * n * m3 / ((n - 1) * (n - 2))
    return float(k3 / k2**1.5)


def _kurtosis(totals: Array) -> float | None:
    """k4 / k2², the excess over a normal distribution; from four students on."""
    n = len(totals)
    if n < 4 or totals.min() == totals.max():
        return None
    m2, _, m4 = _moments(totals)
    k2 = n * m2 / (n - 1)
    k4 = n * n * ((n + 1) * m4 - 3 * (n - 1) * m2**2) / ((n - 1) * (n - 2) * (n - 3))
    return float(k4 / k2**2)
