"""The gauge: its parts add up to the reading, the computed ones fill one after the other, and little is magnified."""

import re

import pytest

from ui.live import gauge as subject
from ui.live.gauge import expected_bytes, fillings, gauge, magnification

COMPUTED = [["weights", 200], ["keys and values", 50]]
MEMORY = {"meter": "process_rss", "now": 400, "before": 100, "device": 1000, "computed": COMPUTED}


@pytest.fixture(autouse=True)
def one_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "colour", lambda meaning: f"<{meaning}>")


def parts(**changes: object) -> list[tuple[str, float]]:
    return [(part.name, part.bytes) for part in fillings({**MEMORY, **changes})]


def test_the_parts_add_up_to_the_reading() -> None:
    assert parts() == [("before this run", 100), ("weights", 200), ("keys and values", 50), ("rest", 50)]
    assert parts(now=150) == [("before this run", 100), ("weights", 50), ("keys and values", 0), ("rest", 0)]
    assert parts(now=90) == [("before this run", 90), ("weights", 0), ("keys and values", 0), ("rest", 0)]


def test_without_a_computation_or_a_beginning_less_is_told_apart() -> None:
    assert parts(computed=None) == [("before this run", 100), ("since then", 300)]
    assert parts(computed=None, before=None) == [("program, model", 400)]
    assert parts(before=None) == [("weights", 200), ("keys and values", 50), ("rest", 150)]


def test_the_mark_stands_where_the_computed_parts_end_above_the_beginning() -> None:
    assert expected_bytes(MEMORY) == 350
    assert "left:35.00%" in gauge({**MEMORY, "now": 900})
    assert expected_bytes({**MEMORY, "before": None}) is expected_bytes({**MEMORY, "computed": None}) is None


def test_little_use_is_magnified_and_still_fits() -> None:
    assert [magnification(share) for share in (0.9, 0.5, 0.4, 0.02)] == [1, 1, 2, 32]
    for share in (0.001, 0.03, 0.2, 0.42, 0.43):
        assert share * magnification(share) <= 0.85
    assert gauge({**MEMORY, "now": 900}).count('role="img"') == 1
    assert gauge(MEMORY).count('role="img"') == 2 and "2 times as large" in gauge(MEMORY)


def test_before_the_first_reading_no_bar_is_drawn() -> None:
    assert "not read yet" in gauge({}) and 'role="img"' not in gauge({}) and "border:" not in gauge({})


def test_every_state_has_the_same_places_so_that_nothing_moves() -> None:
    states = [gauge({}), gauge(MEMORY), gauge({**MEMORY, "now": 900}), gauge({**MEMORY, "computed": None})]
    assert {html.count("white-space:nowrap") for html in states} == {1 + subject.CELLS}
    rows = re.compile(r"position:relative;(?:display:flex;)?height:(\d+)px")
    assert {sum(map(int, rows.findall(html))) for html in states} == {54}
