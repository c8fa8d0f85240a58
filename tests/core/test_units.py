import doctest
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import units


def test_the_examples_in_the_docstrings_are_true() -> None:
    assert doctest.testmod(units).failed == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0412, "41.2 ms"), (16.618, "16.6 s"), (119.9, "120 s"), (125, "2 min 5 s"), (7384, "2 h 3 min")],
)
def test_durations_carry_their_unit(value: float, text: str) -> None:
    assert units.seconds(value) == text


@given(st.floats(min_value=1e-9, max_value=1e14))
def test_three_significant_figures_are_within_half_a_percent(value: float) -> None:
    assert math.isclose(float(units.significant(value).replace(",", "")), value, rel_tol=0.005)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 0.0])
def test_no_number_is_ever_an_error(value: float) -> None:
    assert units.significant(value)
