"""Intervals around the test's figures: of the right figures, around them, and None where there is nothing to say."""

import numpy as np
import pytest

from core.classroom.class_statistics.total_intervals import TotalIntervals, _Resampled, total_intervals
from core.classroom.statistics import Totals, marks_of, total_statistics
from core.classroom.statistics.spread import Array
from tests.core.classroom.statistics.classes import EIGHT, Rows, answers

FIGURES = ("mean", "median", "sd", "skewness", "kurtosis", "error_ratio", "standard_error")


def figures(rows: Rows) -> tuple[Array, Totals]:
    marks = marks_of(answers(rows))
    return marks.complete, total_statistics(marks)


@pytest.mark.parametrize("name", ["sd", "skewness", "kurtosis", "standard_error"])
def test_a_sample_with_everybody_once_gives_the_figure_of_the_class(name: str) -> None:
    complete, totals = figures(EIGHT)
    (found,) = getattr(_Resampled(complete), name)(np.ones((1, len(EIGHT))))
    assert found == pytest.approx(getattr(totals, name), rel=1e-9)


@pytest.mark.parametrize("name", ["sd", "skewness", "kurtosis", "standard_error"])
def test_a_sample_is_computed_as_if_it_were_a_class(name: str) -> None:
    complete, _ = figures(EIGHT)
    drawn = np.array([[2, 0, 1, 1, 2, 1, 0, 1]], dtype=float)
    _, totals = figures([row for row, times in zip(EIGHT, drawn[0], strict=True) for _ in range(int(times))])
    (found,) = getattr(_Resampled(complete), name)(drawn)
    assert found == pytest.approx(getattr(totals, name), rel=1e-9)


def test_every_interval_holds_its_figure() -> None:
    complete, totals = figures(EIGHT * 4)
    found = total_intervals(complete, totals)
    for name in FIGURES:
        low, high = getattr(found, name)
        assert low <= getattr(totals, name) <= high, name


def test_more_students_make_narrower_intervals() -> None:
    few, many = (total_intervals(*figures(EIGHT * times)) for times in (1, 10))
    for name in ("mean", "sd", "standard_error"):
        width = [high - low for low, high in (getattr(few, name), getattr(many, name))]
        assert width[1] < width[0], name


def test_the_interval_of_the_error_ratio_is_that_of_alpha() -> None:
    complete, totals = figures(EIGHT)
    low, high = total_intervals(complete, totals).error_ratio or (0, 0)
    assert totals.cronbach_alpha_interval is not None
    assert 100 - low**2 / 100 == pytest.approx(totals.cronbach_alpha_interval[1])
    assert 100 - high**2 / 100 == pytest.approx(totals.cronbach_alpha_interval[0])


def test_few_students_or_equal_totals_have_none() -> None:
    few = total_intervals(*figures(EIGHT[:5]))
    assert (few.mean, few.median, few.sd, few.standard_error) == (None, None, None, None)
    assert total_intervals(*figures([[1, 0], [0, 1]] * 5)) == TotalIntervals()
    assert total_intervals(np.empty((0, 3)), total_statistics(marks_of(answers([[1.0]])))) == TotalIntervals()


def test_the_same_marks_give_the_same_intervals() -> None:
    assert total_intervals(*figures(EIGHT)) == total_intervals(*figures(EIGHT))
