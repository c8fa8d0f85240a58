"""A region that a student paints over a picture: by pointer, finger, keyboard, or as a rectangle in numbers.

A component of our own, as Streamlit has none. It sends run lengths on a coarse grid, a few hundred characters, which
are the lab's `painted` setting; the settings class checks them, as whatever comes from a browser.
"""

import base64
import io
from functools import partial
from pathlib import Path

import streamlit as st
from PIL import Image

from core.classroom.uploads import upload_of
from core.errors import BadPicture
from core.runs.pictures import SHIPPED, lesson_picture
from core.runs.settings import LESSON_PICTURE
from core.store.database import session
from ui.problem import problem

ASSETS = Path(__file__).parent / "assets"
LONGEST_PX = 640
TITLE = "The picture that is painted on"


def _asset(kind: str) -> str:
    return (ASSETS / f"painting.{kind}").read_text()


_component = st.components.v2.component("painting", html=_asset("html"), css=_asset("css"), js=_asset("js"))


def painting(person: str, prefix: str, picture: str, disabled: bool) -> str:
    """Draw the picture to paint on; gives the lab's `painted` setting, empty where nothing is painted.

    Args:
        picture: the lab's `picture` setting, one that is there: `table`, `scene`, `cats` or `upload:ID`.
    """
    key = f"{prefix}_painted"
    painted = str(st.session_state.setdefault(key, st.query_params.get(key, "")))
    try:
        shown = _sent(_opened(person, picture))
    except BadPicture as error:
        st.warning(problem(error), icon=":material/broken_image:")
        return painted
    _component(
        key=f"{key}_canvas",
        data={"picture": shown, "title": TITLE, "painted": _drawable(painted), "disabled": disabled},
        on_painted_change=partial(_keep, key),
    )
    return painted


def _keep(key: str) -> None:
    """Hold the region apart from the component, whose own state ends when another page is looked at."""
    st.session_state[key] = str(st.session_state[f"{key}_canvas"]["painted"] or "")


def _drawable(painted: str) -> str:
    """What came by an address may be anything; the component draws only numbers."""
    return painted if all(run.isascii() and run.isdigit() for run in painted.split(" ")) else ""


def _opened(person: str, picture: str) -> Image.Image:
    """The picture as the run will take it."""
    if picture in SHIPPED:
        return Image.open(SHIPPED[picture])
    if picture == LESSON_PICTURE:
        return Image.open(lesson_picture())
    with session() as database:
        data = upload_of(database, person, picture.partition(":")[2])
    if data is None:
        raise BadPicture("This picture is no longer here.", "Upload it again, or take one of the project's.")
    return Image.open(io.BytesIO(data))


def _sent(picture: Image.Image) -> str:
    """As a data address, small enough to be sent at once."""
    small = picture.convert("RGB")
    small.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=88)
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode()}"
