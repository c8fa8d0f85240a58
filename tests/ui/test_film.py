"""Frames as a picture that moves, and one after the other."""

import io

from PIL import Image
from streamlit.testing.v1 import AppTest

from ui.film import FRAME_MS, LAST_MS, moving


def frame(shade: int, side: int = 300) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), (shade, 0, 0)).save(out, "PNG")
    return out.getvalue()


def test_frames_become_one_picture_that_goes_on_and_on() -> None:
    with Image.open(io.BytesIO(moving((frame(0), frame(90), frame(200))))) as film:
        assert (film.format, film.n_frames, film.info["loop"]) == ("PNG", 3, 0)
        times, shades = [], []
        for at in range(3):
            film.seek(at)
            times.append(film.info["duration"])
            shades.append(film.convert("RGB").getpixel((5, 5))[0])
    assert (times, shades) == ([FRAME_MS, FRAME_MS, LAST_MS], [0, 90, 200])


def test_small_frames_are_enlarged() -> None:
    with Image.open(io.BytesIO(moving((frame(0, 128), frame(1, 128))))) as film:
        assert film.size == (512, 512)


def page(count: int) -> None:
    from tests.ui.test_film import frame
    from ui.film import Film, films

    films([Film(tuple(frame(10 * at) for at in range(count)), "moves", "A film")], "test")


def test_a_film_can_be_stopped_and_looked_at_frame_by_frame() -> None:
    app = AppTest.from_function(page, args=(4,)).run()
    assert not app.exception and app.toggle[0].value and not app.slider
    app.toggle[0].set_value(False).run()
    assert (app.slider[0].min, app.slider[0].max) == (1, 4)
    app.slider[0].set_value(3).run()
    assert not app.exception


def test_a_single_frame_has_nothing_to_stop() -> None:
    app = AppTest.from_function(page, args=(1,)).run()
    assert not app.exception and not app.toggle and not app.slider
