"""Advice to the teacher, from how many have a question right."""

import pytest

from core.classroom.advice import advice


@pytest.mark.parametrize(
    ("right", "answered", "told"),
    [
        (4, 4, ""),
        (0, 0, ""),
        (2, 10, "20 % right: explain it, then ask again."),
        (3, 10, "30 % right: let them discuss in pairs, then answer again."),
        (7, 10, "70 % right: let them discuss in pairs, then answer again."),
        (8, 10, "80 % right: explain it in short, and go on."),
    ],
)
def test_between_30_and_70_per_cent_they_discuss(right: int, answered: int, told: str) -> None:
    assert advice(right, answered) == told
