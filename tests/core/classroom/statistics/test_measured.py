"""Measured against chosen options, and histograms of what was measured."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.classroom.statistics import Measurement, histograms, measured_answers
from core.classroom.statistics.measured import CAP, FLOOR, bin_edges

OPTIONS = ["short", "middle", "long"]
VALUES = st.lists(st.floats(0.001, 1e5), min_size=1, max_size=80)


def measured(
    student: str, options: tuple[str, ...], choice: str | None, value: float = 12.0, machine: str = "T4"
) -> Measurement:
    return Measurement(student, machine, value, "s", options, choice)


@given(st.lists(st.tuples(st.lists(st.sampled_from(OPTIONS), max_size=2, unique=True), st.sampled_from(OPTIONS))))
def test_the_diagonal_is_what_agrees(students: list[tuple[list[str], str]]) -> None:
    given_answers = [measured(f"s{i}", tuple(options), choice) for i, (options, choice) in enumerate(students)]
    found = measured_answers(given_answers, OPTIONS)
    agreeing = sum(choice in options for options, choice in students)
    assert found.matrix.n == found.right.n == len(students)
    assert sum(found.matrix.counts[place][place] for place in range(3)) == found.right.count == agreeing
    assert len(found.disagreeing) == len(students) - agreeing
    assert found.n_edge == sum(len(options) == 2 for options, _ in students)


def test_a_value_near_an_edge_counts_where_it_was_chosen_and_one_without_option_apart() -> None:
    found = measured_answers(
        [
            measured("ada", ("short", "middle"), "middle"),
            measured("bob", ("short", "middle"), "long"),
            measured("cem", (), "long"),
            measured("dee", ("short",), None),
        ],
        OPTIONS,
    )
    assert found.matrix.rows == (*OPTIONS, "none") and found.matrix.columns == tuple(OPTIONS)
    assert found.matrix.counts == ((0, 0, 1), (0, 1, 0), (0, 0, 0), (0, 0, 1))
    assert (found.right.count, found.right.n, found.n_edge, found.n_unanswered) == (1, 3, 2, 1)
    assert [one.student for one in found.disagreeing] == ["bob", "cem"]


@settings(max_examples=40, deadline=None)
@given(VALUES)
def test_every_value_is_in_a_bin(values: list[float]) -> None:
    (found,) = histograms([measured(f"s{i}", ("short",), None, value) for i, value in enumerate(values)])
    assert sum(found.counts) == found.summary.n == found.students == len(values)
    assert len(found.edges) == len(found.counts) + 1 and len(found.counts) <= CAP
    assert len(found.counts) == 1 or len(found.counts) >= FLOOR
    assert list(found.edges) == sorted(set(found.edges))
    quartiles = np.quantile(values, (0.25, 0.5, 0.75))
    assert (found.summary.q1, found.summary.median, found.summary.q3) == pytest.approx(quartiles.tolist())


def test_bins_are_those_of_freedman_and_diaconis() -> None:
    values = np.random.default_rng(5).normal(20, 3, 200)
    assert bin_edges(values.tolist()) == pytest.approx(np.histogram_bin_edges(values, "fd").tolist())


def test_one_far_value_makes_no_more_bins_than_a_screen_shows_and_equals_have_one() -> None:
    assert len(bin_edges([*np.linspace(1, 2, 50), 5000.0])) == CAP + 1
    assert bin_edges([4.0, 4.0]) == pytest.approx((3.98, 4.02))
    assert bin_edges([0.0]) == (-0.5, 0.5)
    assert len(bin_edges([1.0] * 30 + [2.0])) == FLOOR + 2


def test_machines_and_units_have_a_histogram_each_the_largest_first() -> None:
    one = measured("ada", ("short",), None, 12.0, "a CPU")
    found = histograms(
        [
            one,
            measured("ada", (), None, 1.0),
            measured("ada", (), None, 2.0),
            Measurement("bob", "T4", 3.0, "GiB", (), None),
        ]
    )
    assert [(h.machine, h.unit, h.summary.n, h.students) for h in found] == [
        ("T4", "s", 2, 1),
        ("T4", "GiB", 1, 1),
        ("a CPU", "s", 1, 1),
    ]


def test_no_measurements_have_no_histogram_and_a_value_that_is_no_number_is_refused() -> None:
    assert histograms([]) == ()
    with pytest.raises(ValueError, match="nan is not a measured value"):
        histograms([measured("ada", (), None, float("nan"))])
