"""Two pictures over each other: what is said of their difference, and where they cannot be compared."""

import io

from PIL import Image
from streamlit.testing.v1 import AppTest

from ui.before_after import Side


def png(colour: str, side: int = 8) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(out, "PNG")
    return out.getvalue()


def page(pngs: list[bytes]) -> None:
    from ui.before_after import Side, before_after

    before_after([Side(f"Picture {number}", png) for number, png in enumerate(pngs, 1)], "here")


def drawn(*pngs: bytes) -> AppTest:
    app = AppTest.from_function(page, args=(list(pngs),)).run()
    assert not app.exception
    return app


def heat(app: AppTest) -> str:
    """What stands beside the heat map."""
    app.segmented_control(key="here_view").set_value("Where they differ").run()
    assert not app.exception
    return " ".join(element.value for element in (*app.info, *app.caption))


def test_the_line_stands_there_first() -> None:
    app = drawn(png("black"), png("white"))
    assert len(app.get("bidi_component")) == 1 and not app.selectbox


def test_the_heat_map_says_its_scale() -> None:
    told = heat(drawn(png("black"), png("#100000")))
    assert "16 of 255: the largest difference" in told and "On average 5.33 of 255; 0% of the pixels" in told


def test_the_same_pictures_are_said_to_be_the_same() -> None:
    assert heat(drawn(png("navy"), png("navy"))) == "The two pictures are the same, pixel by pixel."


def test_any_two_of_several_can_be_chosen() -> None:
    app = drawn(png("black"), png("#020202"), png("white"))
    assert [box.value for box in app.selectbox] == [0, 2]
    app.selectbox(key="here_Right").set_value(1)
    assert "2 of 255: the largest difference" in heat(app)


def test_other_sizes_are_told_with_both() -> None:
    app = drawn(png("black"), png("white", side=16))
    assert "8 x 8 and 16 x 16 pixels" in app.caption[0].value and not app.get("bidi_component")


def test_one_is_scaled_to_the_other_and_says_so() -> None:
    large, small = Side("Original", png("navy", side=16)), Side("Result", png("navy"))
    scaled = large.scaled_to(small)
    assert scaled.title == "Original, scaled to 8 x 8"
    assert Image.open(io.BytesIO(scaled.png)).size == (8, 8)
    assert small.scaled_to(scaled) is small
