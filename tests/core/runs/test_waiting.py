"""The computed wait against a simulated line."""

import random

import pytest

from core.runs.waiting import NO_LONGER_THAN_A_PICTURE, busy_share, mean_wait_s, most_people


def simulated_wait_s(picture_s: float, busy: float, presses: int = 200_000) -> float:
    """Mean wait of presses at random moments, one picture after the other."""
    numbers, now, free_at, waited = random.Random(7), 0.0, 0.0, 0.0
    for _ in range(presses):
        now += numbers.expovariate(busy / picture_s)
        begins = max(now, free_at)
        waited += begins - now
        free_at = begins + picture_s
    return waited / presses


@pytest.mark.parametrize("busy", [0.2, 0.5, 0.8])
def test_the_mean_wait_is_that_of_a_simulated_line(busy: float) -> None:
    assert mean_wait_s(4.0, busy) == pytest.approx(simulated_wait_s(4.0, busy), rel=0.05)


def test_a_line_that_gets_more_than_it_can_serve_has_no_mean() -> None:
    assert mean_wait_s(4.0, 1.0) is mean_wait_s(4.0, 1.5) is None
    assert mean_wait_s(4.0, 0.0) == 0


def test_so_many_can_be_served() -> None:
    assert busy_share(30, 180, 4.0) == pytest.approx(2 / 3)
    assert most_people(180, 4.0) == 44  # 45 would keep it busy all the time
    assert most_people(181, 4.0) == 45
    assert most_people(180, 4.0, NO_LONGER_THAN_A_PICTURE) == 30
    assert most_people(60, 260) == 0


@pytest.mark.parametrize("picture_s", [0.5, 4.0, 260.0])
def test_at_two_thirds_the_wait_is_one_picture(picture_s: float) -> None:
    assert mean_wait_s(picture_s, NO_LONGER_THAN_A_PICTURE) == pytest.approx(picture_s)
