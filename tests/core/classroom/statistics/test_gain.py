"""First against last attempt: everybody is counted once, and the gain is of what was left to gain."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.classroom.statistics import Response, gain
from tests.core.classroom.statistics.classes import response

COURSES = st.lists(st.lists(st.sampled_from([0.0, 0.25, 1 / 3, 1.0]), min_size=1, max_size=4), max_size=25)


def class_of(courses: list[list[float]]) -> list[Response]:
    return [
        response(f"s{student}", "Q1", "a", attempt=number, score=score)
        for student, course in enumerate(courses)
        for number, score in enumerate(course, start=1)
    ]


@settings(max_examples=40, deadline=None)
@given(COURSES)
def test_everybody_improved_stayed_or_got_worse(courses: list[list[float]]) -> None:
    found = gain(class_of(courses), "Q1")
    assert found.improved.count + found.same.count + found.worse.count == found.n == len(courses)
    assert found.improved.count == sum(course[-1] > course[0] for course in courses)
    assert found.n_again == sum(len(course) > 1 for course in courses)
    assert found.right_final.count == sum(course[-1] == 1 for course in courses)
    if not courses:
        assert (found.mean_first, found.normalised_gain, found.after_attempts) == (None, None, ())
        return
    first, final = (100 * np.mean([course[end] for course in courses]) for end in (0, -1))
    assert (found.mean_first, found.mean_final) == (pytest.approx(first), pytest.approx(final))
    assert found.after_attempts[0].mean == pytest.approx(first)
    assert found.after_attempts[-1].mean == pytest.approx(final)
    assert [after.n for after in found.after_attempts] == [
        sum(len(course) > made for course in courses) for made in range(len(found.after_attempts))
    ]
    if first == 100:
        assert found.normalised_gain is None
    else:
        assert found.normalised_gain == pytest.approx((final - first) / (100 - first))


def test_the_gain_is_of_class_means_with_an_interval() -> None:
    found = gain(class_of([[0.0, 1.0]] * 20 + [[0.0, 0.0]] * 20 + [[1.0]] * 20), "Q1")
    assert found.normalised_gain == pytest.approx(0.5)
    low, high = found.normalised_gain_interval or (0.0, 0.0)
    # 20 of 40 gain: a share of 0.5 with a standard error of sqrt(0.25 / 40).
    assert (low, high) == pytest.approx((0.345, 0.655), abs=0.03)
    assert gain(class_of([[0.0, 1.0]] * 3), "Q1").normalised_gain_interval is None


def test_where_the_first_answers_were_all_right_there_is_nothing_to_gain() -> None:
    found = gain(class_of([[1.0]] * 12), "Q1")
    assert (found.normalised_gain, found.normalised_gain_interval) == (None, None)
    assert found.same.percent == 100


def test_where_nearly_all_were_right_the_gain_has_no_interval() -> None:
    found = gain(class_of([[1.0]] * 11 + [[0.0, 1.0]]), "Q1")
    assert found.normalised_gain == pytest.approx(1) and found.normalised_gain_interval is None


def test_a_blank_answer_earns_nothing_and_other_questions_are_passed_over() -> None:
    given_twice = [response("ada", "Q1", ""), response("ada", "Q1", "a", attempt=2), response("ada", "Q2", "b")]
    found = gain(given_twice, "Q1")
    assert (found.n, found.mean_first, found.mean_final, found.improved.count) == (1, 0, 100, 1)
