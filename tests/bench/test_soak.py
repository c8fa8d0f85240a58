"""What is drawn for the soak, how it is judged, and a short one with real processes."""

import random
from dataclasses import replace
from typing import Any

import pytest

from bench.soak import (
    CASES,
    KILLS,
    KILLS_WITHIN,
    MOST_GROWTH,
    RUNS,
    SEED,
    STUDENTS,
    drawn,
    drawn_kills,
    figures,
    measure,
)
from bench.soak_class import Vitals
from core.runs.parsing import parse_settings
from core.runs.registry import LABS

VITALS = Vitals({"web": 300.0, "worker": 1200.0}, {"web": 50, "worker": 9}, {"web": 8, "worker": 5}, [])
WELL = {"lab": "runtime", "state": "finished", "error": None, "attempt": 1, "records": 1, "to_cancel": False}
QUICK = tuple(case for case in CASES if case[0] in ("runtime", "text_generation", "ddpm"))


def judged(*jobs: dict[str, Any], after: str = "finished", end: Vitals = VITALS) -> dict[str, Any]:
    return figures([WELL | job for job in jobs], [WELL | {"state": after}], VITALS, end, ["runtime"])


def test_every_lab_is_asked_for_small_and_the_same_seed_draws_the_same() -> None:
    assert {lab for lab, _ in CASES} == set(LABS)
    for lab, settings in CASES:
        parse_settings(LABS[lab], settings)
    plans, again = (drawn(RUNS, CASES, random.Random(SEED)) for _ in range(2))
    assert plans == again and len(plans) == STUDENTS and sum(map(len, plans)) == RUNS
    cancelled = [asked for plan in plans for asked in plan if asked.cancel_after_s is not None]
    assert {asked.cancels_running for asked in cancelled} == {True, False} and 20 <= len(cancelled) <= 60


def test_kills_come_while_runs_go_on_and_leave_a_worker_to_the_rest() -> None:
    kills = drawn_kills(RUNS, KILLS, random.Random(SEED))
    assert len(kills) == KILLS and max(after for after, _ in kills) < RUNS * KILLS_WITHIN


@pytest.mark.parametrize(
    ("job", "is_met"),
    [
        ({}, True),
        ({"records": 2}, False),
        ({"state": "running"}, False),
        ({"state": "cancelled", "to_cancel": True}, True),
        ({"state": "cancelled"}, False),
        ({"state": "failed", "error": "worker_lost", "attempt": 2, "records": 0}, True),
        ({"state": "failed", "error": "unexpected"}, False),
    ],
)
def test_every_run_has_to_end_for_a_reason(job: dict[str, Any], is_met: bool) -> None:
    found = judged({}, job)
    assert found["met"] is is_met and len(found["unexpected"]) == (not is_met)


def test_what_is_left_over_what_grew_and_a_next_run_that_fails_miss_the_aim() -> None:
    assert judged({}, end=replace(VITALS, left_over=["python -m something"]))["met"] is False
    assert judged({}, after="failed")["met"] is False
    grown = replace(VITALS, rss_mb={"web": 300.0 * (1 + 2 * MOST_GROWTH), "worker": 1200.0})
    found = judged({}, end=grown)
    assert found["met"] is False and found["growth"] == {"web": 0.1, "worker": 0.0}


@pytest.mark.parametrize(("trouble", "is_met"), [("ddpm: PageBroken: error", False), ("ddpm: OSError: gone", True)])
def test_a_page_that_shows_an_error_misses_the_aim(trouble: str, is_met: bool) -> None:
    assert figures([WELL], [WELL], VITALS, VITALS, [], [trouble])["met"] is is_met


def test_twenty_runs_with_a_killed_worker_leave_nothing_behind() -> None:
    """Memory is for the long one: after so few runs it still finds its level."""
    found = measure(20, 1, 1.0, QUICK)
    assert found["unexpected"] == [] and found["troubles"] == [] and found["end"]["left_over"] == []
    assert sum(found["states"].values()) == 20 and len(found["killed_during"]) == 1
    assert set(found["afterwards"].values()) == {"finished"} and len(found["afterwards"]) == len(QUICK)
