"""Intervals, against scipy's and against counting."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from core.classroom.statistics.intervals import (
    RESAMPLES,
    correlation_interval,
    facility_interval,
    mean_interval,
    resampled_interval,
    resamples,
    share,
    wilson,
)


@given(st.integers(1, 400), st.data())
def test_a_shares_interval_is_wilsons_and_holds_it(n: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, n))
    expected = stats.binomtest(count, n).proportion_ci(method="wilson")
    found = share(count, n)
    assert found.percent is not None and found.interval is not None
    assert found.interval == pytest.approx((100 * expected.low, 100 * expected.high), abs=1e-4)
    assert 0 <= found.interval[0] <= found.percent <= found.interval[1] <= 100


def test_nobody_has_no_share() -> None:
    assert (share(0, 0).percent, share(0, 0).interval, wilson(0, 0)) == (None, None, None)


def test_parts_of_a_mark_are_resampled_the_same_way_every_time_and_in_any_order() -> None:
    marks = np.random.default_rng(1).choice([0, 0.25, 0.5, 1], 200)
    found = facility_interval(marks)
    assert found and found == facility_interval(marks[::-1].copy())
    middle, error = 100 * marks.mean(), 100 * marks.std() / np.sqrt(200)
    assert found == pytest.approx((middle - 1.96 * error, middle + 1.96 * error), abs=0.5)


def test_marks_that_are_all_the_same_part_tell_no_spread() -> None:
    assert facility_interval(np.full(30, 0.5)) is None
    assert facility_interval(np.array([0.5])) is None
    assert mean_interval(np.array([])) is None
    assert facility_interval(np.ones(30)) == wilson(30, 30)


def test_three_hundred_students_are_resampled_whole() -> None:
    drawn = resamples(300)
    assert drawn.shape == (RESAMPLES, 300) and set(drawn.sum(axis=1)) == {300}


def test_a_figure_that_is_often_undefined_has_no_interval() -> None:
    def mean_of_the_first(drawn: np.ndarray) -> np.ndarray:
        return np.where(drawn[:, 0] > 0, drawn[:, 0], np.nan)

    assert resampled_interval(20, mean_of_the_first) is None
    assert resampled_interval(20, lambda drawn: drawn[:, 0]) is not None


@settings(max_examples=40)
@given(st.floats(-99, 99), st.integers(4, 300))
def test_a_correlations_interval_is_fishers(percent: float, n: int) -> None:
    middle, reach = np.arctanh(percent / 100), stats.norm.ppf(0.975) / np.sqrt(n - 3)
    assert correlation_interval(percent, n) == pytest.approx(
        (100 * np.tanh(middle - reach), 100 * np.tanh(middle + reach)), abs=1e-4
    )


@pytest.mark.parametrize(("percent", "n"), [(None, 50), (40.0, 3), (100.0, 50), (-100.0, 50)])
def test_a_correlation_has_no_interval_where_fishers_is_not_defined(percent: float | None, n: int) -> None:
    assert correlation_interval(percent, n) is None


def test_the_intervals_of_the_worked_examples() -> None:
    assert correlation_interval(44.5, 8) == pytest.approx((-38, 88), abs=0.5)
    assert correlation_interval(44.5, 30) == pytest.approx((10, 69), abs=0.5)
    assert correlation_interval(20.0, 25) == pytest.approx((-21, 55), abs=0.5)
