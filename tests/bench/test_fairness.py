"""The figures of `bench.fairness`, from rows that are written by hand."""

import pytest

from bench.fairness import _figures
from core.store.tables import Job


def job(created_at: float, started_at: float, finished_at: float, state: str = "finished") -> Job:
    times = {"created_at": created_at, "started_at": started_at, "finished_at": finished_at}
    return Job(id=f"{started_at}", lab="fake", state=state, error=None, **times)


def test_waits_and_pauses_are_told() -> None:
    found = _figures([job(0, 0, 1), job(0, 1.02, 2), job(0, 2.03, 3), job(9, 9.5, 10)])
    assert found["idle_s"] == {"median": 0.025, "longest": 0.03, "pairs": 2}  # the last one was not yet asked for
    assert found["wait_s"] == {"mean": 0.89, "median": 0.76, "longest": 2.03}
    assert found["longest_wait_over_mean"] == 2.29 and found["is_met"] is True


def test_one_who_waits_too_long_or_a_device_that_rests_misses_the_aim() -> None:
    assert _figures([job(0, 1, 2), job(0, 2.1, 3)])["is_met"] is False
    waited = [job(0, number, number + 1) for number in (0, 0, 0, 0, 9)]
    assert _figures(waited)["is_met"] is False


def test_a_run_that_failed_is_no_measurement() -> None:
    with pytest.raises(RuntimeError, match="1 of 2 runs did not end well"):
        _figures([job(0, 0, 1), job(0, 1, 2, state="failed")])
