"""The student's own captioned pictures: what is taken, and what is refused with what to do."""

import io
from typing import Any

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.classroom.uploads import SEVERAL
from core.store.database import session
from core.store.tables import Upload
from ui.labs.captioned_pictures import SIDE, by_name

CAPTIONS = "\n".join(f"Thing {number}, flat" for number in range(4))


def page(person: str) -> None:
    import streamlit as st

    from ui.labs.captioned_pictures import captioned_pictures

    st.session_state["given"] = captioned_pictures(person, "t", {"picture": "shipped", "captions": ""}, False)


@pytest.fixture
def app(person: str) -> AppTest:
    return AppTest.from_function(page, default_timeout=60, kwargs={"person": person}).run()


def picture(name: str, shade: int = 90) -> tuple[str, bytes, str]:
    out = io.BytesIO()
    Image.new("RGB", (100, 80), (shade, 40, 40)).save(out, "PNG")
    return name, out.getvalue(), "image/png"


def drop(app: AppTest, *files: tuple[str, bytes, str]) -> Any:
    """Drop files; gives the settings that follow."""
    app.radio(key="t_pictures").set_value("own").run()
    app.file_uploader(key="t_files").set_value(list(files)).run()
    assert not app.exception
    return app.session_state["given"]


def test_what_the_lab_ships_is_taken_first(app: AppTest) -> None:
    assert app.session_state["given"] == {"picture": "shipped", "captions": ""}


def test_pictures_and_a_text_file_become_one_strip_in_the_order_of_their_names(app: AppTest) -> None:
    names = [picture(f"{number}.png", 60 * number) for number in (3, 1, 0, 2)]
    given = drop(app, *names, ("captions.txt", CAPTIONS.encode(), "text/plain"))
    assert given["captions"] == CAPTIONS and given["picture"].startswith(f"upload:{SEVERAL}")
    with session() as database:
        kept = database.get_one(Upload, given["picture"].removeprefix("upload:"))
    strip = Image.open(io.BytesIO(kept.png))
    assert strip.size == (4 * SIDE, SIDE)
    assert [strip.getpixel((SIDE * number + 9, 9)) for number in range(4)] == [
        (60 * number, 40, 40) for number in range(4)
    ]
    assert app.run().session_state["given"] == given


def test_one_picture_is_too_few(app: AppTest) -> None:
    assert drop(app, picture("a.png")) is None
    assert "takes 4 to 40 pictures, and 1 is here" in app.warning[0].value


def test_captions_that_do_not_match_are_told_with_both_numbers_and_stay(app: AppTest) -> None:
    assert drop(app, *(picture(f"{number}.png") for number in range(5))) is None
    app.text_area(key="t_own_captions").set_value(CAPTIONS).run()
    assert app.session_state["given"] is None
    assert "There are 5 pictures and 4 captions" in app.warning[0].value
    app.text_area(key="t_own_captions").set_value(f"{CAPTIONS}\nThing 4, flat").run()
    assert app.session_state["given"]["captions"].endswith("Thing 4, flat") and not app.warning


def test_a_corrupt_picture_is_named(app: AppTest) -> None:
    files = [*(picture(f"{number}.png") for number in range(3)), ("broken.png", b"\x89PNG nothing", "image/png")]
    assert drop(app, *files, ("captions.txt", CAPTIONS.encode(), "text/plain")) is None
    assert "broken.png" in app.warning[0].value and "cannot be read as a picture" in app.warning[0].value


def test_ten_stands_behind_two_and_the_page_tells_the_order(app: AppTest) -> None:
    names = ["10.png", "2.png", "B.png", "a.png"]
    given = drop(app, *map(picture, names), ("captions.txt", CAPTIONS.encode(), "text/plain"))
    assert given is not None and sorted(names, key=by_name) == ["2.png", "10.png", "a.png", "B.png"]
    assert any("2.png, 10.png, a.png, B.png" in caption.value for caption in app.caption)


def test_a_caption_that_is_too_long_is_named_by_its_line(app: AppTest) -> None:
    long = "\n".join(["A thing", "x" * 201, "A thing", "A thing"])
    assert drop(app, *(picture(f"{n}.png") for n in range(4)), ("c.txt", long.encode(), "text/plain")) is None
    assert "in line 2 has 201" in app.warning[0].value
