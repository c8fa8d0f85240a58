"""What the result of the optimisation lab says about a pair of variants."""

from typing import Any

import pytest

from ui.labs.optimisation import saving, times

EAGER: dict[str, Any] = {"tokens_per_s": 500.0, "wall_s": 2.0}


def test_a_token_saves_the_difference_of_two_tokens() -> None:
    assert saving({"tokens_per_s": 1000.0}, EAGER, is_text=True) == pytest.approx(0.001)
    assert saving({"tokens_per_s": 400.0}, EAGER, is_text=True) < 0


def test_a_picture_saves_the_difference_of_two_pictures() -> None:
    assert saving({"wall_s": 1.5}, EAGER, is_text=False) == 0.5


def test_a_ratio_is_written_as_a_multiple() -> None:
    assert times(3.024) == "3.02×"
