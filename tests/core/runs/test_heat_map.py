"""Where two pictures differ, on pictures whose difference is known."""

import numpy as np
import pytest
from PIL import Image

from core.runs.heat_map import STOPS, heat_map, scale


def test_the_largest_difference_has_the_lightest_colour_and_the_same_is_black() -> None:
    before = Image.new("RGB", (4, 2), (10, 20, 30))
    after = before.copy()
    after.putpixel((1, 0), (10, 70, 30))
    after.putpixel((3, 1), (35, 20, 30))
    found = heat_map(before, after)
    assert (found.largest, found.same_share) == (50, 0.75)
    assert found.average == pytest.approx((50 + 25) / 24)
    assert found.picture.getpixel((1, 0)) == STOPS[-1]
    assert found.picture.getpixel((3, 1)) == STOPS[2]
    assert found.picture.getpixel((0, 0)) == STOPS[0]


def test_a_small_difference_stays_dark_where_the_scale_has_a_least_end() -> None:
    before, after = Image.new("RGB", (2, 2)), Image.new("RGB", (2, 2), (2, 0, 0))
    assert heat_map(before, after).picture.getpixel((0, 0)) == STOPS[-1]
    found = heat_map(before, after, least=200)
    assert found.largest == 2 and found.picture.getpixel((0, 0)) == pytest.approx(STOPS[0], abs=5)


def test_the_same_picture_has_no_difference() -> None:
    picture = Image.new("RGB", (8, 8), "navy")
    found = heat_map(picture, picture.copy())
    assert (found.largest, found.average, found.same_share) == (0, 0, 1)


def test_pictures_of_other_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(8, 8\) and \(8, 9\)"):
        heat_map(Image.new("RGB", (8, 8)), Image.new("RGB", (8, 9)))


def test_the_scale_gets_lighter_from_left_to_right() -> None:
    light = np.asarray(scale(64, 3).convert("L"), dtype=int)
    assert light.shape == (3, 64) and (np.diff(light) >= 0).all() and light[0, -1] > 200
