"""The strip of repeats: a dot for each at its seconds, the first one hollow."""

import pytest

from ui.live import repeat_strip as subject
from ui.live.repeat_strip import repeat_strip


@pytest.fixture(autouse=True)
def one_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "colour", lambda meaning: f"<{meaning}>")


def test_every_repeat_is_a_dot_at_its_seconds_and_the_cold_one_is_hollow() -> None:
    html = repeat_strip([18.0, 15.0])
    assert "left:90.00%" in html and "left:75.00%" in html and "20.0 s" in html
    assert html.count("background:transparent") == html.count("background:<measured>") == 1
    assert "Cold (hollow): 18.0 s. One warm: 15.0 s." in html


def test_before_the_first_repeat_the_strip_is_empty() -> None:
    html = repeat_strip([])
    assert "None has ended yet." in html and "border-radius" not in html
    assert "border-bottom" not in html and 'role="img"' not in html
    assert f"height:{subject.HEIGHT_PX}px" in html and f"height:{subject.HEIGHT_PX}px" in repeat_strip([18.0])
