"""What the marks say about each question."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from core.classroom.statistics.intervals import Interval, correlation_interval, facility_interval
from core.classroom.statistics.marks import Marks
from core.classroom.statistics.scores import alpha_of
from core.classroom.statistics.spread import (
    Array,
    correlation,
    covariance,
    is_constant,
    rest_of,
    settled,
    totals_of,
    variance,
)
from core.classroom.statistics.upper_lower import UpperLower, upper_lower

DUBIOUS = 15.0
"""Below this discriminative efficiency Moodle calls a question dubious."""


@dataclass(frozen=True)
class Item:
    """One question's figures, in percent; intervals are of 95 %. What is not defined is None.

    Attributes:
        n: students who reached it; `n_blank` of them left it blank. Facility and SD are of these.
        n_complete: students who reached every question; weights, discrimination and alpha are of these.
        facility: mean mark of the most that it gives.
        sd: of the marks, of the most that it gives.
        intended_weight: its share of the most that the test gives.
        effective_weight: its share of what tells students apart; None also for a negative covariance with the total.
        discrimination_index: correlation with the marks on all other questions.
        discriminative_efficiency: that covariance, of the most that these marks could have.
        d27: facility among the upper `n27` students minus that among the lower `n27`, by the whole mark.
        alpha_if_deleted: Cronbach's alpha of the test without it.
        flags: what is odd about it, in plain words.
    """

    question: str
    n: int
    n_blank: int
    n_complete: int
    facility: float
    facility_interval: Interval | None
    sd: float | None
    intended_weight: float
    effective_weight: float | None
    discrimination_index: float | None
    discrimination_interval: Interval | None
    discriminative_efficiency: float | None
    n27: int
    d27: float | None
    d27_interval: Interval | None
    alpha_if_deleted: float | None
    flags: tuple[str, ...]


def item_statistics(marks: Marks) -> list[Item]:
    """Every question's figures. Correlations are of the students who reached every question."""
    weights, extremes = _effective_weights(marks.complete), upper_lower(marks)
    return [_item(marks, column, weights[column], extremes[column]) for column in range(len(marks.questions))]


def _item(marks: Marks, column: int, effective: float | None, extremes: UpperLower) -> Item:
    reached = settled(marks.scores[:, column][~np.isnan(marks.scores[:, column])])
    most, complete = float(marks.maxima[column]), marks.complete
    own, rest = settled(complete[:, column]), rest_of(complete, column)
    index, efficiency = correlation(own, rest), _efficiency(own, rest)
    return Item(
        question=marks.questions[column],
        n=len(reached),
        n_blank=marks.blanks[column],
        n_complete=len(complete),
        facility=min(100.0, 100 * float(reached.mean()) / most),
        facility_interval=facility_interval(reached / most),
        sd=100 * sqrt(variance(reached)) / most if len(reached) > 1 else None,
        intended_weight=100 * most / float(marks.maxima.sum()),
        effective_weight=effective,
        discrimination_index=index,
        discrimination_interval=correlation_interval(index, len(own)),
        discriminative_efficiency=efficiency,
        n27=extremes.n,
        d27=extremes.index,
        d27_interval=extremes.interval,
        alpha_if_deleted=alpha_of(np.delete(complete, column, axis=1)),
        flags=_flags(reached, own, totals_of(complete), index, efficiency),
    )


def _efficiency(own: Array, rest: Array) -> float | None:
    if len(own) < 2:
        return None
    most = covariance(np.sort(own), np.sort(rest))
    return min(100.0, 100 * covariance(own, rest) / most) if most > 0 else None


def _effective_weights(complete: Array) -> list[float | None]:
    """Shares of the square roots of each question's covariance with the total; None where that is negative."""
    if len(complete) < 2:
        return [None] * complete.shape[1]
    total = totals_of(complete)
    shared = [covariance(settled(column), total) for column in complete.T]
    whole = sum(sqrt(value) for value in shared if value > 0)
    return [100 * sqrt(value) / whole if value >= 0 and whole else None for value in shared]


def _flags(reached: Array, own: Array, total: Array, index: float | None, efficiency: float | None) -> tuple[str, ...]:
    if len(reached) > 1 and is_constant(reached):
        return ("everybody got the same mark, so it tells nobody apart",)
    if len(own) > 1 and covariance(own, total) < 0:
        return ("negative covariance with the total, so it has no effective weight: check its key and its wording",)
    if index is not None and index < 0:
        return ("students who did well on the rest did worse here: check its key and its wording",)
    if efficiency is not None and efficiency < DUBIOUS:
        return (f"it hardly tells students apart (discriminative efficiency below {DUBIOUS:g} %)",)
    return ()
