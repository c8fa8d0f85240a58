"""The test's figures, against scipy's; alpha with and without measured questions."""

import numpy as np
import pytest
from hypothesis import given, settings
from scipy import stats

from core.classroom.statistics import Answer, alpha_statistics, marks_of, total_statistics
from tests.core.classroom.statistics.classes import EIGHT, answers, tables


@settings(max_examples=40, deadline=None)
@given(tables(smallest=4))
def test_moments_are_scipys_without_bias(rows: list[list[float]]) -> None:
    totals, found = np.array(rows).sum(axis=1), total_statistics(marks_of(answers(rows)))
    assert (found.n, found.mean, found.median) == (len(rows), pytest.approx(totals.mean()), np.median(totals))
    assert found.sd == pytest.approx(totals.std(ddof=1), abs=1e-9)
    if np.ptp(totals) > 1e-9:
        assert found.skewness == pytest.approx(stats.skew(totals, bias=False), abs=1e-6)
        assert found.kurtosis == pytest.approx(stats.kurtosis(totals, bias=False), abs=1e-6)
    else:
        assert (found.skewness, found.kurtosis, found.cronbach_alpha) == (None, None, None)


@settings(max_examples=40, deadline=None)
@given(tables(smallest=3))
def test_alpha_is_read_from_the_covariances_too(rows: list[list[float]]) -> None:
    found = total_statistics(marks_of(answers(rows)))
    shared, questions = np.atleast_2d(np.cov(np.array(rows).T)), len(rows[0])
    if found.cronbach_alpha is None:
        assert questions < 2 or shared.sum() < 1e-9
        return
    mean_variance, mean_covariance = shared.trace() / questions, (shared.sum() - shared.trace()) / questions
    expected = 100 * questions / (questions - 1) * mean_covariance / (mean_variance + mean_covariance)
    assert found.cronbach_alpha == pytest.approx(expected, rel=1e-6, abs=1e-6) and found.cronbach_alpha <= 100
    assert found.error_ratio == pytest.approx(100 * np.sqrt(max(0, 1 - found.cronbach_alpha / 100)))
    assert found.standard_error == pytest.approx((found.error_ratio or 0) / 100 * (found.sd or 0))


def test_alphas_interval_is_feldts() -> None:
    found = alpha_statistics(marks_of(answers(EIGHT)))
    assert found.value is not None
    expected = [100 * (1 - (1 - found.value / 100) * stats.f.isf(tail, 7, 28)) for tail in (0.025, 0.975)]
    assert found.interval == pytest.approx(expected)
    assert (found.n, found.questions) == (8, 5)


def test_equal_questions_have_an_alpha_of_a_hundred() -> None:
    found = alpha_statistics(marks_of(answers([[0.1] * 3, [0.7] * 3, [1 / 3] * 3])))
    assert found.value == pytest.approx(100) and found.interval == pytest.approx((100, 100))


def test_alpha_without_measured_questions_is_of_those_who_reached_the_others() -> None:
    marks = marks_of([*answers([[*row, 0.0] for row in EIGHT]), Answer("more", "Q6", 1, 1.0, 1.0)])
    left = alpha_statistics(marks, without=["Q6"])
    assert (left.n, left.questions, left.value) == (8, 5, pytest.approx(43.735225))
    late = marks_of([*answers(EIGHT), Answer("s0", "Q6", 1, 1.0, 1.0)])
    assert total_statistics(late).n == 1 and total_statistics(late).cronbach_alpha is None
    assert alpha_statistics(late, without=["Q6"]) == alpha_statistics(marks_of(answers(EIGHT)))


def test_nothing_left_has_no_alpha() -> None:
    found = alpha_statistics(marks_of(answers(EIGHT)), without=[f"Q{n}" for n in range(1, 6)])
    assert (found.questions, found.value, found.interval) == (0, None, None)
