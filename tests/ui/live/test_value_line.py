"""The line of a figure that a lab follows: inside its frame, of one height from the start."""

import re

import pytest

from ui.live import rate_line
from ui.live import value_line as subject
from ui.live.value_line import value_line

NOW = {"rated_steps": 100, "values": {"name": "loss", "points": [[1, 1.08], [50, 0.2], [80, 0.09]]}}


@pytest.fixture(autouse=True)
def one_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (subject, rate_line):
        monkeypatch.setattr(module, "colour", lambda meaning: f"<{meaning}>")


def test_the_line_stands_where_the_figures_are() -> None:
    html = value_line(NOW, "loss", 200)
    assert html.count("clip-path:polygon") == 1 and "1.00% calc(28.00%" in html and "80.00% calc(94.00%" in html
    assert "<b>0.0900</b> now" in html and "100 steps" in html and 'aria-label="loss: 0.0900 now"' in html


def test_before_the_first_figure_the_place_is_kept() -> None:
    heights = [re.findall(r"height:(\d+)px", value_line(now, "loss", 200)) for now in ({}, NOW)]
    assert heights[0] == heights[1] == ["158"]
    assert "Drawn from the first step on." in value_line({"values": None}, "loss", 200)
    assert "Drawn from the first step on." in value_line(NOW, "accuracy", 200)
