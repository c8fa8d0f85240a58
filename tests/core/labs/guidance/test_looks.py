"""Which steps are looked at, and what is shown of one."""

from typing import Any

import pytest
import torch

from core.labs.guidance.looks import Look, looked_at, pictures_of


def look(pipe: Any, apart: float) -> Look:
    without = torch.full((1, 4, 16, 16), 0.5)
    return Look(1, 500, torch.randn(1, 4, 16, 16), without, without + apart, without)


@pytest.mark.parametrize(
    ("evaluations", "count", "numbers"),
    [(21, 4, {1, 8, 14, 21}), (1, 4, {1}), (2, 4, {1, 2}), (9, 1, {1}), (9, 0, set())],
)
def test_first_and_last_evaluation_and_even_ones_between(evaluations: int, count: int, numbers: set[int]) -> None:
    assert looked_at(evaluations, count) == numbers


def test_the_difference_is_told_beside_the_prediction(pipe: Any) -> None:
    assert look(pipe, 0.1).difference == pytest.approx(0.2)
    assert look(pipe, 0).difference == 0


def test_equal_predictions_expect_the_same_picture(pipe: Any) -> None:
    asked: list[int] = []
    found = pictures_of(pipe, look(pipe, 0), lambda: asked.append(1))
    assert set(found) == {"noisy", "unconditional", "conditional", "guided", "difference"}
    assert found["unconditional"][0].tobytes() == found["conditional"][0].tobytes()
    assert found["difference"][1]["largest"] == 0 and len(asked) == 3
    assert pictures_of(pipe, look(pipe, 1), lambda: None)["difference"][1]["largest"] > 0
