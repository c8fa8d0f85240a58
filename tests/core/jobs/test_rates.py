"""The line of rates: what lies between two steps, broken between repeats, and short however long the run is."""

import pytest

from core.jobs.rates import MOST_POINTS, Rates


def count(rates: Rates, stage: str, first: int, last: int, step_s: float, begun: float, every: int = 5) -> float:
    """Reach the steps after `first` to `last` one by one, look at every `every`th; gives the time of the last."""
    rates.reached(stage, first, begun)
    for step in range(first + 1, last + 1):
        begun += step_s
        rates.reached(stage, step, begun)
        if step % every == 0:
            rates.sample()
    return begun


def test_a_repeat_is_a_line_of_its_own_and_what_lies_between_counts_for_none() -> None:
    rates = Rates(40)
    ended = count(rates, "Repeat 1 of 2", 0, 20, 0.1, begun=100)
    rates.land()
    count(rates, "Repeat 2 of 2", 20, 40, 0.05, begun=ended + 30)
    rates.land()
    told = rates.as_json()
    assert told["rates"] == [(5, 10.0), (10, 10.0), (15, 10.0), (20, 10.0), (21, None)] + [
        (step, 20.0) for step in (25, 30, 35, 40)
    ]
    assert told["repeat_rates"] == [(20, 10.0), (40, 20.0)] and told["rated_steps"] == 40


def test_the_time_to_the_first_step_of_a_stage_is_no_rate() -> None:
    rates = Rates(10)
    rates.reached("Reading the prompt", 0, 0.0)
    rates.reached("Reading the prompt", 1, 60.0)
    rates.sample()
    rates.land()
    assert rates.as_json()["rates"] == rates.as_json()["repeat_rates"] == []


def test_no_new_step_makes_no_new_point() -> None:
    rates = Rates(10)
    count(rates, "Picture 1 of 1", 0, 5, 0.1, begun=0)
    before = list(rates.points)
    rates.sample()
    assert rates.points == before != []


def test_a_rate_that_the_lab_gives_takes_the_place_of_the_steps() -> None:
    rates = Rates(6)
    for done, pictures_per_s in enumerate((3.0, 12.0)):
        rates.reached("8 at once", done, float(done))
        rates.told(pictures_per_s)
        rates.land()
        rates.sample()
    assert rates.points == rates.landed == [(1, 3.0), (2, 12.0)]


def test_a_long_run_keeps_a_short_line_over_its_whole_length() -> None:
    rates = Rates(5000)
    count(rates, "Picture 1 of 1", 0, 5000, 0.01, begun=0)
    assert len(rates.points) <= MOST_POINTS
    assert rates.points[0][0] == 5 and rates.points[-1][0] > 4900
    assert all(rate == pytest.approx(100.0) for _, rate in rates.points)
