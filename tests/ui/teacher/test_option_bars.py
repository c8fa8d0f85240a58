"""Bars of options: as long as their share, hidden ones striped and without a number."""

import re

import pytest

from ui.teacher.option_bars import Bar, bars_html


@pytest.mark.parametrize(
    ("count", "people", "width", "told"),
    [(12, 24, "50.0", "12 · 50 %"), (0, 24, "0.0", "0 · 0 %"), (0, 0, "0.0", "0"), (24, 24, "100.0", "24 · 100 %")],
)
def test_a_bar_is_as_long_as_its_share(count: int, people: int, width: str, told: str) -> None:
    drawn = bars_html([Bar("last", count, people, "text")])
    assert f"width:{width}%" in drawn and f">{told}<" in drawn


def test_a_hidden_count_is_striped_and_told_as_hidden() -> None:
    drawn = bars_html([Bar("answered", None, 24, "quiet")])
    assert "hidden" in drawn and "repeating-linear-gradient" in drawn
    assert not re.search(r">[^<]*\d[^<]*<", drawn)


def test_bars_stand_in_their_order() -> None:
    drawn = bars_html([Bar("predicted", 5, 10, "predicted"), Bar("answered", 7, 10, "quiet")])
    assert drawn.index("predicted") < drawn.index("answered")
