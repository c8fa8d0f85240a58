"""Each question's figures hold whatever a class does, and equal what numpy says of the same marks."""

import json

import numpy as np
import pytest
from hypothesis import given, settings

from core.classroom.statistics import Answer, item_statistics, marks_of, report, total_statistics
from tests.core.classroom.statistics.classes import EIGHT, answers, tables


@settings(max_examples=40, deadline=None)
@given(tables())
def test_figures_are_what_numpy_says_of_the_same_marks(rows: list[list[float]]) -> None:
    scores = np.array(rows)
    for column, item in enumerate(item_statistics(marks_of(answers(rows, 4.0)))):
        own, rest = scores[:, column], np.delete(scores, column, axis=1).sum(axis=1)
        assert item.facility == pytest.approx(100 * own.mean()) and 0 <= item.facility <= 100
        assert item.sd == pytest.approx(100 * own.std(ddof=1), abs=1e-6)
        assert (item.n, item.n_complete, item.n_blank) == (len(rows), len(rows), 0)
        if item.discrimination_index is None:
            assert min(np.ptp(own), np.ptp(rest)) < 1e-9 and item.discriminative_efficiency is None
        else:
            shared, most = np.cov(own, rest)[0, 1], np.cov(np.sort(own), np.sort(rest))[0, 1]
            assert item.discrimination_index == pytest.approx(100 * np.corrcoef(own, rest)[0, 1], abs=1e-6)
            assert item.discriminative_efficiency == pytest.approx(100 * shared / most, abs=1e-6)
            assert item.discriminative_efficiency <= 100


@settings(max_examples=40, deadline=None)
@given(tables())
def test_weights_share_out_the_whole(rows: list[list[float]]) -> None:
    items = item_statistics(marks_of(answers(rows)))
    assert sum(item.intended_weight for item in items) == pytest.approx(100)
    weights = [item.effective_weight for item in items if item.effective_weight is not None]
    assert not any(weights) or sum(weights) == pytest.approx(100)
    assert all(weight >= 0 for weight in weights)
    total = np.array(rows).sum(axis=1)
    for column, item in enumerate(items):
        negative = np.cov(np.array(rows)[:, column], total)[0, 1] < -1e-9
        assert not negative or (item.effective_weight is None and "negative covariance" in item.flags[0])


@settings(max_examples=40, deadline=None)
@given(tables(smallest=1))
def test_a_report_is_json_of_finite_numbers(rows: list[list[float]]) -> None:
    for most in (1e-6, 1.0, 1e6):
        marks = marks_of(answers(rows, most))
        text = json.dumps(report(marks, "first", measured=["Q1"]), allow_nan=False)
        assert json.loads(text)["students"] == len(rows)


def test_the_order_of_the_file_changes_no_figure() -> None:
    one, other = (item_statistics(marks_of(answers(rows))) for rows in (EIGHT * 4, (EIGHT * 4)[::-1]))
    for first, second in zip(one, other, strict=True):
        assert first.facility_interval == pytest.approx(second.facility_interval)
        assert first.d27_interval == pytest.approx(second.d27_interval)


def test_marks_that_differ_only_by_rounding_do_not_break_the_figures() -> None:
    rows = [[0.1, 0.2, 0.7], [0.7, 0.2, 0.1], [0.2, 0.7, 0.1]]
    marks = marks_of(answers(rows))
    test = total_statistics(marks)
    assert (test.cronbach_alpha, test.skewness, test.sd) == (None, None, 0)
    assert [item.effective_weight for item in item_statistics(marks)] == [None] * 3
    alike = item_statistics(marks_of(answers([[0.1, 1], [0.1, 0], [0.1, 0.5]])))[0]
    assert (alike.sd, alike.discrimination_index, alike.effective_weight) == (0, None, 0)
    assert alike.facility_interval is None and "same mark" in alike.flags[0]


def test_who_did_not_reach_everything_counts_in_the_facility_and_not_in_the_discrimination() -> None:
    late = [Answer("late", "Q1", 1, 0.0, 1.0), Answer("late", "Q2", 1, 0.0, 1.0)]
    full, more = (item_statistics(marks_of([*answers(EIGHT), *added])) for added in ([], late))
    assert (more[0].n, more[0].n_complete, more[4].n) == (9, 8, 8)
    assert more[0].facility == pytest.approx(100 * 6 / 9)
    for name in ("discrimination_index", "effective_weight", "alpha_if_deleted", "d27"):
        assert getattr(more[0], name) == getattr(full[0], name)


def test_one_student_on_one_question_has_a_facility_and_nothing_else() -> None:
    item = item_statistics(marks_of([Answer("ada", "Q1", 1, 0.5, 1.0)]))[0]
    assert (item.n, item.facility, item.intended_weight, item.flags) == (1, 50, 100, ())
    undefined = (item.facility_interval, item.sd, item.effective_weight, item.discrimination_index, item.d27)
    assert undefined == (None,) * 5


def test_where_nobody_reached_everything_only_facilities_are_left() -> None:
    marks = marks_of([Answer("ada", "Q1", 1, 1.0, 1.0), Answer("bob", "Q2", 1, 0.0, 1.0)])
    assert [(item.n, item.n_complete, item.facility) for item in item_statistics(marks)] == [(1, 0, 100), (1, 0, 0)]
    test = total_statistics(marks)
    assert (test.n, test.mean, test.median, test.sd, test.cronbach_alpha) == (0, None, None, None, None)
