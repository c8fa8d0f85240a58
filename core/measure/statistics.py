"""What a handful of measured values says, and what it does not: middle, spread, tail, and whether two differ.

Nothing here assumes how the values are distributed. Intervals come from the order of the values alone, that of a mean
from drawing the values again; for differences of two sets it is the Hodges-Lehmann estimate with the exact Mann-Whitney
interval. Tail percentiles need many values: 64 for a p90 and 662 for a p99, as MLPerf's LoadGen counts them at 99 %
confidence.

    summary([16.9, 16.6, 17.2]).median                       # 16.9
    ratio_interval([2.0, 2.1, 2.0, 2.2], [3.0, 3.1, 3.2, 3.0])   # (1.49, 1.36, 1.60): the second takes longer
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles

P90_FROM, P99_FROM = 64, 662
CONFIDENCE = 0.95
RESAMPLES = 10_000


@dataclass(frozen=True)
class Summary:
    """Median, quartiles and, where there are enough values, tail percentiles; in the unit of the values.

    Attributes:
        p90: None below 64 values.
        p99: None below 662 values.
    """

    n: int
    median: float
    q1: float
    q3: float
    p90: float | None
    p99: float | None


def summary(values: Sequence[float]) -> Summary:
    """Summarise measured values.

    Raises:
        ValueError: there is none, or one is not a finite number.
    """
    ordered = _finite(values)
    quarters = quantiles(ordered, n=4, method="inclusive") if len(ordered) > 1 else [ordered[0]] * 3
    return Summary(
        n=len(ordered),
        median=median(ordered),
        q1=quarters[0],
        q3=quarters[2],
        p90=_percentile(ordered, 90) if len(ordered) >= P90_FROM else None,
        p99=_percentile(ordered, 99) if len(ordered) >= P99_FROM else None,
    )


def median_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float, float, float]:
    """Median and the interval between two order statistics that covers it with at least `confidence`.

    With n values the interval from the k-th smallest to the k-th largest covers the true median with probability
    1 - 2 P(Binomial(n, 1/2) < k). Below 6 values no interval reaches 95 %, so the whole range is given.

    Returns:
        (median, low, high)
    """
    ordered, n = _finite(values), len(values)
    rank = 1
    while rank + 1 <= n // 2 and 1 - 2 * _binomial_below(n, rank + 1) >= confidence:
        rank += 1
    return median(ordered), ordered[rank - 1], ordered[n - rank]


def mean_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float, float, float] | None:
    """The mean and its interval by the bootstrap: what means come of as many values drawn from these, with repeats.

    The same values give the same interval. With a handful of values it is somewhat too narrow, as the values that are
    not there are not drawn either.

    Returns:
        (mean, low, high), or None of fewer than two values.
    """
    drawn_from, n = _finite(values), len(values)
    if n < 2:
        return None
    chance = random.Random(0)
    means = sorted(sum(chance.choices(drawn_from, k=n)) / n for _ in range(RESAMPLES))
    cut = int(RESAMPLES * (1 - confidence) / 2)
    return sum(drawn_from) / n, means[cut], means[-1 - cut]


def ratio_interval(
    first: Sequence[float], second: Sequence[float], confidence: float = CONFIDENCE
) -> tuple[float, float, float] | None:
    """How many times as large the second's values are, with the interval that covers it with at least `confidence`.

    Args:
        first, second: positive values, at most a few dozen each.

    Returns:
        (ratio, low, high), or None where so few values allow no interval: 4 and 4 are enough, 3 and 4 are not.

    Raises:
        ValueError: a value is not positive and finite.
    """
    if not first or not second:
        return None
    if min(*first, *second) <= 0:
        raise ValueError(f"a ratio needs positive values, and {min(*first, *second)} is none")
    shifts = sorted(math.log(b) - math.log(a) for a in _finite(first) for b in _finite(second))
    rank = _mann_whitney_rank(len(first), len(second), (1 - confidence) / 2)
    if rank == 0:
        return None
    return math.exp(median(shifts)), math.exp(shifts[rank - 1]), math.exp(shifts[-rank])


def _finite(values: Sequence[float]) -> list[float]:
    if not values:
        raise ValueError("nothing was measured, so there is nothing to summarise")
    bad = [value for value in values if not math.isfinite(value)]
    if bad:
        raise ValueError(f"{bad[0]} is not a measured value")
    return sorted(values)


def _percentile(ordered: Sequence[float], percent: int) -> float:
    """The smallest value that at least `percent` of 100 values do not exceed."""
    return ordered[math.ceil(len(ordered) * percent / 100) - 1]


def _binomial_below(n: int, k: int) -> float:
    """P(Binomial(n, 1/2) < k)."""
    return sum(math.comb(n, i) for i in range(k)) / float(2**n)


def _mann_whitney_rank(n: int, m: int, tail: float) -> int:
    """The largest k with P(U < k) <= tail, U being the Mann-Whitney statistic of n and m equally distributed values."""
    counts, arrangements = _mann_whitney_counts(n, m), math.comb(n + m, n)
    below, rank = 0, 0
    for count in counts:
        below += count
        if below > tail * arrangements:
            return rank
        rank += 1
    return rank


def _mann_whitney_counts(n: int, m: int) -> list[int]:
    """In how many orders of n + m values U is 0, 1, …, n m: the coefficients of the Gaussian binomial."""
    counts = [1] + [0] * (n * m)
    for i in range(1, n + 1):
        for u in range(n * m, m + i - 1, -1):
            counts[u] -= counts[u - m - i]
        for u in range(i, n * m + 1):
            counts[u] += counts[u - i]
    return counts
