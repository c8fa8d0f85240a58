from typing import Any

from core.runs.difference import told_difference


def run(*times: float, **more: Any) -> dict[str, Any]:
    return {"repeats": [{"is_first": not i, "wall_s": each, **more} for i, each in enumerate((9.0, *times))]}


def test_a_difference_is_said_where_the_interval_says_so() -> None:
    told = told_difference(run(2.0, 2.1, 2.05, 2.02), run(3.0, 3.1, 3.05, 3.02))
    assert told.startswith("The second took 1.49 times as long as the first (95% interval 1.4")


def test_noise_is_no_difference() -> None:
    assert told_difference(run(2.0, 2.2, 2.1, 2.3), run(2.05, 2.15, 2.25, 2.0)).startswith("No difference can be told")


def test_too_few_repeats_are_too_few_however_far_apart() -> None:
    told = told_difference(run(1.0, 1.0), run(9.0, 9.0))
    assert "cannot be told from 2 and 2 warm repeats" in told and "at least 5 repeats" in told


def test_a_sweep_is_not_compared() -> None:
    assert told_difference(run(1.0), run(1.0, settings={"seed": 1})) == ""
