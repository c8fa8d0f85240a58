"""Thirds and fifths of a class: everybody is in one, and equals are together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata

from core.classroom.statistics import Group, group_facilities, groups_of, marks_of
from tests.core.classroom.statistics.classes import answers

MARKS = st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 0.1 + 0.2, 0.3]), max_size=60)


@given(MARKS, st.sampled_from([3, 5]))
def test_groups_part_the_class_by_rank(marks: list[float], number: int) -> None:
    scores = np.array(marks)
    groups = groups_of(scores, number)
    assert len(groups) == len(marks) and set(groups) <= set(range(number))
    # Half ranks can lie on a border, where floating point may fall to either side: whole numbers decide.
    ranks = 2 * rankdata(np.round(scores, 6)) - 1
    assert groups.tolist() == [int(number * rank) // (2 * len(marks)) for rank in ranks]
    for group in range(1, number):
        lower, upper = scores[groups < group], scores[groups >= group]
        assert not len(lower) or not len(upper) or lower.max() < upper.min()


def test_without_ties_groups_are_as_equal_as_can_be() -> None:
    for n in range(9, 60):
        sizes = np.bincount(groups_of(np.random.default_rng(n).permutation(n).astype(float), 3), minlength=3)
        assert sizes.max() - sizes.min() <= 1


def test_a_class_that_is_all_alike_is_all_in_the_middle() -> None:
    assert set(groups_of(np.ones(12), 3)) == {1}


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 60))
def test_there_are_thirds_from_nine_and_fifths_from_twenty_five(n: int) -> None:
    rows = np.random.default_rng(n).choice([0.0, 0.5, 1.0], (n, 4)).tolist()
    found = group_facilities(marks_of(answers(rows)), "Q2")
    assert len(found) == (0 if n < 9 else 3 if n < 25 else 5)
    assert sum(group.n for group in found) == (n if found else 0)
    mean = sum(group.n * (group.facility or 0) for group in found) / n
    assert not found or mean == pytest.approx(100 * np.mean([row[1] for row in rows]))


def test_a_question_that_follows_the_rest_rises_from_group_to_group() -> None:
    rows = [[float(student >= 6), float(student >= 3), float(student >= 6)] for student in range(9)]
    assert [group.facility for group in group_facilities(marks_of(answers(rows)), "Q1")] == [0, 0, 100]
    assert group_facilities(marks_of(answers([[1.0, 1.0]] * 9)), "Q1")[0] == Group(0, None, None)


def test_a_test_of_one_question_has_no_rest_to_group_by() -> None:
    assert group_facilities(marks_of(answers([[1.0]] * 30)), "Q1") == ()
