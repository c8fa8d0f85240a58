"""What the load of a class comes to: ratios to the empty app, and whether the aims are met."""

from typing import Any

import pytest

from bench.class_load import QUESTIONS, Size, _summary


def found(**changes: Any) -> dict[str, Any]:
    answers = 4 * QUESTIONS
    use = {"rss_mb": 200.0, "server_share_of_a_core": 0.5}
    seconds = {what: {"n": 1, "p50_s": 0.02, "p95_s": 0.04, "max_s": 1.0} for what in ("submit", "poll")}
    return {
        "answers": {"sent": answers, "acknowledged": answers, "stored": answers, "lost": 0, "doubled": 0} | changes,
        "joining": use,
        "answering": use,
        "seconds": seconds,
    }


EMPTY = {
    "joining": {"rss_mb": 100.0, "server_share_of_a_core": 0.1},
    "answering": {"rss_mb": 100.0, "server_share_of_a_core": 0.1},
    "seconds": {"submit": {"n": 1, "p50_s": 0.01, "p95_s": 0.01, "max_s": 1.0}},
}


def test_ratios_are_of_what_both_apps_do() -> None:
    ratios = _summary(Size(4), found(), EMPTY)["ratios"]
    assert ratios == {"submit_p50": 2, "submit_p95": 4, "rss_mb": 2, "server_share_of_a_core": 5}


@pytest.mark.parametrize("changes", [{"lost": 1}, {"doubled": 1}, {"acknowledged": 43}])
def test_the_aims_are_met_only_with_every_answer_there_once(changes: dict[str, int]) -> None:
    assert _summary(Size(4), found(), EMPTY)["met"] is True
    assert _summary(Size(4), found(**changes), EMPTY)["met"] is False


def test_a_slow_submit_misses_the_aims() -> None:
    slow = found()
    slow["seconds"]["submit"]["p95_s"] = 1.01
    assert _summary(Size(4), slow, EMPTY)["met"] is False
