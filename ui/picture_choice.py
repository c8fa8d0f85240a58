"""Which picture a lab takes: one that the project ships, the lesson's, or the student's own."""

from typing import Any

import streamlit as st

from core.classroom.uploads import keep_upload, latest_upload
from core.config import config
from core.errors import BadPicture
from core.models.sources import hub_reachable
from core.runs.lab import Lab
from core.runs.settings import LESSON_PICTURE
from core.runs.upload import safe_picture
from core.store.database import session
from ui.labs import look_of
from ui.problem import problem

OWN = "own"
TITLES = {
    "shipped": "Automatic: a picture that suits the weights",
    "table": "A cup and a toy cat on a table",
    "scene": "A drawn house in the mountains",
    LESSON_PICTURE: "Two cats on a sofa: the lesson's photograph, from the web",
    OWN: "My latest picture",
}


class Refused(str):
    """Why a file was not taken, as Markdown."""


def pictures_of(lab: Lab, person: str, prefix: str, start: dict[str, Any], disabled: bool) -> dict[str, Any] | None:
    """The settings of the pictures that a run takes, none where it takes none; None where some are missing.

    Args:
        start: the settings that the page begins with.
    """
    if "picture" not in start:
        return {}
    if own := look_of(lab.name).own_pictures:
        return own(person, prefix, start, disabled)
    return {"picture": picture_choice(person, prefix, str(start["picture"]), disabled)}


def picture_choice(person: str, prefix: str, start: str, disabled: bool) -> str:
    """The lab's `picture` setting: `shipped`, `table`, `scene`, `cats` or `upload:ID`. A refused file says why.

    Args:
        start: what the page begins with; where that is `shipped`, the student's own picture if there is one.
    """
    key = f"{prefix}_picture"
    place = st.container()
    file = st.file_uploader(
        "Your own picture",
        type=["png", "jpg", "jpeg", "webp"],
        key=f"{prefix}_file",
        disabled=disabled,
        max_upload_size=config().max_upload_bytes // 1_000_000,
        help="It is used instead of the pictures above. A large one is made smaller.",
    )
    if file is not None:
        _take_in(person, file.getvalue(), f"{prefix}_{file.file_id}", key)
    with session() as database:
        latest = latest_upload(database, person)
    has_lessons = LESSON_PICTURE in (start, st.session_state.get(key)) or hub_reachable()
    offered = {OWN: latest is not None, LESSON_PICTURE: has_lessons}
    options = [name for name in TITLES if offered.get(name, True)]
    # Not by `index`: a picture that has just come in chooses itself.
    st.session_state.setdefault(key, OWN if latest is not None and start == options[0] else start)
    chosen = place.selectbox("Picture", options, format_func=TITLES.__getitem__, key=key, disabled=disabled)
    return f"upload:{latest}" if chosen == OWN else str(chosen)


def _take_in(person: str, data: bytes, key: str, choice: str) -> None:
    """Check and store a file once per visit; a refusal is remembered too, so that no redraw decodes it again."""
    known = st.session_state.get(key)
    if known is None:
        try:
            taken = safe_picture(data)
        except BadPicture as error:
            known = Refused(problem(error))
        else:
            with session() as database:
                keep_upload(database, person, taken.png)
            known = taken.told
            st.session_state[choice] = OWN
        st.session_state[key] = known
    if isinstance(known, Refused):
        st.warning(known, icon=":material/broken_image:")
    elif known:
        st.caption(known)
