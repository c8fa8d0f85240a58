import pytest

from core.quiz.interchange.fractions import ALLOWED, nearest, shares, written


@pytest.mark.parametrize("count", range(1, 13))
def test_right_options_share_what_moodle_takes_and_add_up_to_100(count: int) -> None:
    found = shares(count)
    assert len(found) == count and set(found) <= set(ALLOWED)
    assert round(sum(found) / 100, 2) == 1  # Moodle's own check


@pytest.mark.parametrize("count", range(1, 11))
def test_up_to_ten_share_equally(count: int) -> None:
    assert shares(count) == (pytest.approx(100 / count, abs=1e-5),) * count


@pytest.mark.parametrize(("percent", "found"), [(-100 / 3, -33.33333), (49, 50), (0, 0), (-9.1, -10), (120, 100)])
def test_the_nearest_allowed_share_keeps_its_sign(percent: float, found: float) -> None:
    assert nearest(percent) == found


@pytest.mark.parametrize(("percent", "text"), [(100.0, "100"), (-33.33333, "-33.33333"), (12.5, "12.5"), (0.0, "0")])
def test_a_share_is_written_without_more_digits_than_it_has(percent: float, text: str) -> None:
    assert written(percent) == text
