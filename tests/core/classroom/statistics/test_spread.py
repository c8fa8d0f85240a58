"""Variance and correlation: numpy's, and exact where only rounding differs."""

import numpy as np
import pytest
from hypothesis import given, settings

from core.classroom.statistics.spread import (
    correlation,
    covariance,
    levels_of,
    rest_of,
    settled,
    totals_of,
    variance,
)
from tests.core.classroom.statistics.classes import tables


@settings(max_examples=40, deadline=None)
@given(tables(smallest=3))
def test_figures_are_numpys(rows: list[list[float]]) -> None:
    marks = np.array(rows)
    own, rest = settled(marks[:, 0]), rest_of(marks, 0)
    assert variance(own) == pytest.approx(marks[:, 0].var(ddof=1), abs=1e-12)
    assert covariance(own, rest) == pytest.approx(np.cov(own, rest)[0, 1], abs=1e-12)
    if (found := correlation(own, rest)) is None:
        assert min(np.ptp(own), np.ptp(rest)) < 1e-9
    else:
        assert found == pytest.approx(100 * np.corrcoef(own, rest)[0, 1], abs=1e-6) and -100 <= found <= 100


def test_totals_that_differ_by_rounding_are_the_same() -> None:
    rows = np.array([[0.1, 0.2, 0.7], [0.7, 0.2, 0.1], [0.2, 0.7, 0.1]])
    assert len(set(rows.sum(axis=1).tolist())) > 1
    assert len(set(totals_of(rows).tolist())) == 1


def test_totals_near_zero_are_judged_by_what_they_were_summed_from() -> None:
    rows = np.array([[0.1, 0.2, -0.3], [0.3, -0.2, -0.1]])
    assert variance(totals_of(rows)) == 0


def test_a_question_that_nobody_differs_in_has_no_correlation() -> None:
    assert correlation(np.array([0.1, 0.1, 0.1]), np.array([1.0, 2.0, 3.0])) is None


def test_what_differs_by_rounding_has_one_place() -> None:
    assert levels_of(np.array([0.3, 0.1 + 0.2, 1.0, 0.0])).tolist() == [1, 1, 2, 0]
    assert levels_of(np.array([])).tolist() == []
