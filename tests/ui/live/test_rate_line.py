"""The line of the speed: broken where a repeat ends, inside its frame, under the limit's own line."""

import re

import pytest

from ui.live import rate_line as subject
from ui.live.rate_line import axis_end, rate_line, segments

NOW = {
    "rates": [[10, 4.0], [50, 6.0], [52, None], [60, 7.0], [100, 8.0]],
    "repeat_rates": [[50, 5.0]],
    "rated_steps": 200,
    "limit_per_s": 16.0,
}


@pytest.fixture(autouse=True)
def one_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "colour", lambda meaning: f"<{meaning}>")


def test_a_line_is_broken_where_there_is_no_rate() -> None:
    assert segments([(1, 2.0), (2, 3.0), (3, None), (4, 5.0)]) == [[(1, 2.0), (2, 3.0)], [(4, 5.0)]]
    assert segments([(1, None)]) == segments([]) == []


def test_line_dots_and_limit_stand_where_they_were_measured() -> None:
    html = rate_line(NOW, "tokens", 200)
    assert html.count("clip-path:polygon") == 2
    assert "5.00% calc(80.00% - 1.2px)" in html and "50.00% calc(60.00% - 1.2px)" in html
    assert "left:25.00%;top:75.00%" in html
    assert "top:20.00%;border-top:2px dashed <limit>" in html and "limit of this device: 16.0" in html
    assert "<b>8.00</b> now" in html and "200 tokens" in html


def test_the_axis_holds_all_that_is_drawn_and_seldom_moves() -> None:
    ends = [axis_end(highest / 10) for highest in range(1, 1000)]
    assert all(end >= highest / 10 for highest, end in enumerate(ends, 1))
    assert ends == sorted(ends) and len(set(ends)) < 25
    assert axis_end(0) > 0


def test_before_the_first_rate_the_frame_is_as_high_as_later() -> None:
    empty, full = rate_line({}, "tokens", 200), rate_line(NOW, "tokens", 200)
    assert "Drawn from the second step on" in empty and "clip-path" not in empty
    assert "border-top" not in empty and "<span>0</span>" not in empty
    assert re.findall(r"[^-]height:\d+px", empty)[:1] == re.findall(r"[^-]height:\d+px", full)[:1]


def test_the_name_of_what_is_counted_is_no_markup() -> None:
    assert "<b>x" not in rate_line(NOW, "<b>x", 200).replace("<b>Speed", "")
