"""Statistics against their definitions, by brute force and by random values."""

import math
from itertools import combinations, product
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.measure.statistics import (
    _mann_whitney_counts,
    _mann_whitney_rank,
    mean_interval,
    median_interval,
    ratio_interval,
    summary,
)

MEASURED = st.lists(st.floats(min_value=1e-9, max_value=1e12), min_size=1, max_size=40)


def test_tail_percentiles_wait_for_enough_values() -> None:
    assert summary(list(range(1, 64))).p90 is None
    assert summary(list(range(1, 65))).p90 == 58
    assert summary(list(range(1, 662))).p99 is None
    assert summary(list(range(1, 663))).p99 == 656


def test_one_value_is_its_own_summary() -> None:
    one = summary([3.5])
    assert (one.median, one.q1, one.q3, one.n) == (3.5, 3.5, 3.5, 1)


@pytest.mark.parametrize("values", [[], [math.nan], [1.0, math.inf], [-math.inf]])
def test_what_was_not_measured_is_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match=r"measured"):
        summary(values)


@given(MEASURED)
def test_a_summary_lies_within_its_values_and_in_order(values: list[float]) -> None:
    found = summary(values)
    assert min(values) <= found.q1 <= found.median <= found.q3 <= max(values)


@given(MEASURED)
def test_the_interval_of_the_median_holds_the_median(values: list[float]) -> None:
    middle, low, high = median_interval(values)
    assert low <= middle == median(values) <= high


@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 3), (4, 4), (3, 6)])
def test_mann_whitney_counts_are_those_of_every_order(n: int, m: int) -> None:
    counts = [0] * (n * m + 1)
    for places in combinations(range(n + m), n):
        others = [place for place in range(n + m) if place not in places]
        counts[sum(other < place for place in places for other in others)] += 1
    assert _mann_whitney_counts(n, m) == counts


@pytest.mark.parametrize(("n", "m", "rank"), [(4, 4, 1), (3, 4, 0), (5, 5, 3), (8, 8, 14), (10, 10, 24)])
def test_ranks_are_the_tabulated_ones(n: int, m: int, rank: int) -> None:
    """One more than the critical values of U at 5 %, two-sided, as tables give them (5, 5: 2; 8, 8: 13; 10, 10: 23)."""
    assert _mann_whitney_rank(n, m, 0.025) == rank


def test_a_clear_difference_is_told_and_noise_is_not() -> None:
    ratio, low, high = ratio_interval([2.0, 2.1, 2.05, 2.02], [4.0, 4.2, 4.1, 4.04]) or (0, 0, 0)
    assert low < 2.0 < high and low > 1.8 and ratio == pytest.approx(2.0, rel=0.02)
    _, low, high = ratio_interval([2.0, 2.2, 2.1, 2.3], [2.05, 2.15, 2.25, 2.0]) or (0, 0, 0)
    assert low < 1 < high


def test_too_few_values_allow_no_interval() -> None:
    assert ratio_interval([1.0, 1.1], [2.0, 2.1]) is None
    assert ratio_interval([], [2.0]) is None


@pytest.mark.parametrize("bad", [0.0, -1.0, math.inf, math.nan])
def test_a_ratio_needs_positive_finite_values(bad: float) -> None:
    with pytest.raises(ValueError):
        ratio_interval([1.0, 1.0, 1.0, bad], [1.0] * 4)


@given(MEASURED, MEASURED)
def test_swapping_the_runs_turns_the_interval_round(first: list[float], second: list[float]) -> None:
    forth, back = ratio_interval(first, second), ratio_interval(second, first)
    assert (forth is None) == (back is None)
    if forth and back:
        assert forth[1] <= forth[0] * (1 + 1e-9) and forth[0] <= forth[2] * (1 + 1e-9)
        assert forth == pytest.approx((1 / back[0], 1 / back[2], 1 / back[1]), rel=1e-6)


def test_the_interval_of_a_mean_is_that_of_every_way_to_draw_the_values_again() -> None:
    values = [1.0, 4.0, 4.5, 9.0]
    every = sorted(sum(drawn) / 4 for drawn in product(values, repeat=4))
    mean, low, high = mean_interval(values) or (0, 0, 0)
    assert mean == pytest.approx(sum(values) / 4)
    assert low == pytest.approx(every[int(len(every) * 0.025)], abs=0.3)
    assert high == pytest.approx(every[-1 - int(len(every) * 0.025)], abs=0.3)
    assert mean_interval(values) == (mean, low, high) and mean_interval([3.0]) is None
    assert mean_interval([2.0, 2.0, 2.0]) == (2.0, 2.0, 2.0)


@given(MEASURED)
def test_the_interval_of_a_mean_holds_it_and_lies_between_the_values(values: list[float]) -> None:
    found = mean_interval(values)
    assert (found is None) == (len(values) < 2)
    if found:
        mean, low, high = found
        assert min(values) <= low * (1 + 1e-9) and low <= mean * (1 + 1e-9)
        assert mean <= high * (1 + 1e-9) and high <= max(values) * (1 + 1e-9)
