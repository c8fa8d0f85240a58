"""What the marks say about each question."""

from dataclasses import dataclass
from math import atanh, sqrt, tanh

import numpy as np

from core.classroom.statistics.marks import Array, Marks
from core.classroom.statistics.scores import alpha_of

Z = 1.959964
"""Quantile of the normal distribution for an interval of 95 %."""
DUBIOUS = 15.0
"""Below this discriminative efficiency Moodle calls a question dubious."""
RESAMPLES = 2000

Interval = tuple[float, float]


@dataclass(frozen=True)
class Item:
    """One question's figures, in percent; intervals are of 95 %. What is not defined is None.

    Attributes:
        n: students who reached it; `n_blank` of them left it blank.
        facility: mean mark of the most that it gives.
        sd: of the marks, of the most that it gives.
        intended_weight: its share of the most that the test gives.
        effective_weight: its share of what tells students apart; None also where it works against the test.
        discrimination_index: correlation with the marks on all other questions.
        discriminative_efficiency: that covariance, of the most that these marks could have.
        alpha_if_deleted: Cronbach's alpha of the test without it.
        flags: what is odd about it, in plain words.
    """

    question: str
    n: int
    n_blank: int
    facility: float
    facility_interval: Interval | None
    sd: float | None
    intended_weight: float
    effective_weight: float | None
    discrimination_index: float | None
    discrimination_interval: Interval | None
    discriminative_efficiency: float | None
    alpha_if_deleted: float | None
    flags: tuple[str, ...]


def item_statistics(marks: Marks) -> list[Item]:
    """Every question's figures. Correlations are of the students who reached every question."""
    weights = _effective_weights(marks.complete)
    return [_item(marks, column, weights[column]) for column in range(len(marks.questions))]


def _item(marks: Marks, column: int, effective: float | None) -> Item:
    reached = marks.scores[:, column][~np.isnan(marks.scores[:, column])]
    most, complete = float(marks.maxima[column]), marks.complete
    own, rest = complete[:, column], np.delete(complete, column, axis=1).sum(axis=1)
    index, efficiency = _correlation(own, rest), _efficiency(own, rest)
    return Item(
        question=marks.questions[column],
        n=len(reached),
        n_blank=marks.blanks[column],
        facility=100 * float(reached.mean()) / most,
        facility_interval=_facility_interval(reached / most),
        sd=100 * float(reached.std(ddof=1)) / most if len(reached) > 1 else None,
        intended_weight=100 * most / float(marks.maxima.sum()),
        effective_weight=effective,
        discrimination_index=index,
        discrimination_interval=_correlation_interval(index, len(own)),
        discriminative_efficiency=efficiency,
        alpha_if_deleted=alpha_of(np.delete(complete, column, axis=1)),
        flags=_flags(own, complete.sum(axis=1), index, efficiency),
    )


def _correlation(own: Array, rest: Array) -> float | None:
    if len(own) < 2 or not own.var() or not rest.var():
        return None
    return 100 * _covariance(own, rest) / sqrt(_covariance(own, own) * _covariance(rest, rest))


def _efficiency(own: Array, rest: Array) -> float | None:
    if len(own) < 2:
        return None
    most = _covariance(np.sort(own), np.sort(rest))
    return 100 * _covariance(own, rest) / most if most > 0 else None


def _effective_weights(complete: Array) -> list[float | None]:
    """Shares of the square roots of each question's covariance with the total; None where that is negative."""
    if len(complete) < 2:
        return [None] * complete.shape[1]
    total = complete.sum(axis=1)
    shared = [_covariance(column, total) for column in complete.T]
    whole = sum(sqrt(value) for value in shared if value > 0)
    return [100 * sqrt(value) / whole if value >= 0 and whole else None for value in shared]


def _covariance(one: Array, other: Array) -> float:
    """Of a sample. Exactly 0 where one of them does not vary, whatever rounding says."""
    if one.min() == one.max() or other.min() == other.max():
        return 0.0
    return float(((one - one.mean()) * (other - other.mean())).sum() / (len(one) - 1))


def _facility_interval(shares: Array) -> Interval | None:
    """Wilson's for right and wrong; where parts of a mark are given, from resampled students."""
    n = len(shares)
    if n < 2:
        return None
    if set(shares.tolist()) <= {0.0, 1.0}:
        p, z2 = float(shares.mean()), Z**2
        middle, reach = p + z2 / (2 * n), Z * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
        return 100 * max(0.0, middle - reach) / (1 + z2 / n), 100 * min(1.0, (middle + reach) / (1 + z2 / n))
    drawn = np.random.default_rng(0).choice(shares, size=(RESAMPLES, n)).mean(axis=1)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return 100 * float(low), 100 * float(high)


def _correlation_interval(index: float | None, n: int) -> Interval | None:
    """Fisher's, from 4 students on."""
    if index is None or n < 4 or abs(index) >= 100:
        return None
    middle, reach = atanh(index / 100), Z / sqrt(n - 3)
    return 100 * tanh(middle - reach), 100 * tanh(middle + reach)


def _flags(own: Array, total: Array, index: float | None, efficiency: float | None) -> tuple[str, ...]:
    if len(own) < 2:
        return ()
    if own.min() == own.max():
        return ("everybody got the same mark, so it tells nobody apart",)
    found = []
    if _covariance(own, total) < 0 or (index is not None and index < 0):
        found.append("students who did well on the rest did worse here: check its key and its wording")
    elif efficiency is not None and efficiency < DUBIOUS:
        found.append(f"it hardly tells students apart (discriminative efficiency below {DUBIOUS:g} %)")
    return tuple(found)
