"""The picture to paint on: the one that the run will take, and of uploads only one's own."""

import base64
import io
from collections.abc import Callable

import pytest
from PIL import Image

from core.classroom.uploads import keep_upload
from core.errors import BadPicture
from core.runs.pictures import SHIPPED
from core.store.database import session
from ui.painting import LONGEST_PX, _drawable, _opened, _sent


def png(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (80, 70), colour).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("name", SHIPPED)
def test_the_projects_pictures_are_there(name: str) -> None:
    assert _opened("anybody", name).size == Image.open(SHIPPED[name]).size


@pytest.mark.usefixtures("database")
def test_ones_own_picture_is_painted_on_and_nobody_elses(people: Callable[[int], list[str]]) -> None:
    mine, other = people(2)
    with session() as database:
        upload = keep_upload(database, mine, png("red"))
    assert _opened(mine, f"upload:{upload}").size == (80, 70)
    for person, name in ((other, upload), (mine, 32 * "0")):
        with pytest.raises(BadPicture, match="no longer here"):
            _opened(person, f"upload:{name}")


def test_a_large_picture_is_sent_small() -> None:
    kind, _, data = _sent(Image.new("RGB", (2000, 1000))).partition(",")
    assert kind == "data:image/jpeg;base64"
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (LONGEST_PX, LONGEST_PX // 2)


@pytest.mark.parametrize(("told", "drawn"), [("", ""), ("3 4 5", "3 4 5"), ("3 <b> 4", ""), ("-3 4", "")])
def test_only_numbers_are_drawn(told: str, drawn: str) -> None:
    assert _drawable(told) == drawn
