"""D27, against trying every way to choose among equals."""

from itertools import permutations
from statistics import mean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.classroom.statistics import marks_of
from core.classroom.statistics.upper_lower import group_size, upper_lower
from tests.core.classroom.statistics.classes import EIGHT, answers

ROWS = st.lists(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=3, max_size=3), min_size=2, max_size=6)


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_equals_count_in_part(rows: list[list[float]]) -> None:
    n = group_size(len(rows))
    # Sorting keeps equals in the order given, so that all orders are all ways to choose among them.
    orders = [sorted(order, key=sum) for order in permutations(rows)]
    for column, found in enumerate(upper_lower(marks_of(answers(rows)))):
        expected = mean(100 * mean(row[column] for row in order[-n:]) for order in orders) - mean(
            100 * mean(row[column] for row in order[:n]) for order in orders
        )
        assert found.n == n
        assert found.index == (None if len(set(map(sum, rows))) == 1 else pytest.approx(expected))


def test_groups_are_twenty_seven_per_cent_and_at_least_one() -> None:
    assert [group_size(n) for n in (0, 1, 3, 8, 30, 300)] == [1, 1, 1, 2, 8, 81]


def test_an_interval_holds_the_index_and_narrows_with_the_class() -> None:
    small, large = (upper_lower(marks_of(answers(EIGHT * times)))[3] for times in (2, 30))
    for found in (small, large):
        assert found.index is not None and found.interval is not None
        assert -100 <= found.interval[0] <= found.index <= found.interval[1] <= 100
    assert np.ptp(large.interval) < np.ptp(small.interval) / 2


def test_three_students_have_an_index_without_an_interval() -> None:
    found = upper_lower(marks_of(answers([[1.0, 1.0], [1.0, 0.0], [0.0, 0.0]])))
    assert [(one.n, one.index, one.interval) for one in found] == [(1, 100, None), (1, 100, None)]


def test_a_class_that_is_all_alike_has_none() -> None:
    assert upper_lower(marks_of(answers([[1.0, 0.0], [0.0, 1.0]])))[0].index is None
