"""Median of ratios with an interval that assumes nothing about their distribution."""

import math
from collections.abc import Sequence
from statistics import median


def median_interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float, float]:
    """Median and the interval between two order statistics that covers it with at least `confidence`.

    With n values the interval from the k-th smallest to the k-th largest covers the true median with probability
    1 - 2 P(Binomial(n, 1/2) < k). Below 6 values no interval reaches 95 %, so the whole range is given.

    Returns:
        (median, low, high)
    """
    ordered, n = sorted(values), len(values)
    rank = 1
    while rank + 1 <= n // 2 and 1 - 2 * _binomial_below(n, rank + 1) >= confidence:
        rank += 1
    return median(ordered), ordered[rank - 1], ordered[n - rank]


def _binomial_below(n: int, k: int) -> float:
    """P(Binomial(n, 1/2) < k)."""
    return sum(math.comb(n, i) for i in range(k)) / float(2**n)
