"""Which picture the inpainting lab edits: the one that the project ships, or the student's own."""

import streamlit as st

from core.classroom.uploads import keep_upload, latest_upload
from core.config import config
from core.errors import BadPicture
from core.labs.inpainting.upload import safe_picture
from core.store.database import session
from core.units import gb
from ui.problem import problem


def picture_choice(person: str, prefix: str, disabled: bool) -> str:
    """The lab's `picture` setting: `table` or `upload:ID`. A file that is refused says why and loses nothing."""
    file = st.file_uploader(
        "Picture",
        type=["png", "jpg", "jpeg", "webp"],
        key=f"{prefix}_file",
        disabled=disabled,
        help=f"Your own, up to {gb(config().max_upload_bytes)}. Without one, the run takes the project's table.",
    )
    if file is not None:
        _take_in(person, file.getvalue(), f"{prefix}_{file.file_id}")
    with session() as database:
        latest = latest_upload(database, person)
    if latest is None:
        st.caption("No picture of yours: the run takes the table that the project ships.")
        return "table"
    own = st.toggle("Use my latest picture", value=True, key=f"{prefix}_own", disabled=disabled)
    return f"upload:{latest}" if own else "table"


def _take_in(person: str, data: bytes, key: str) -> None:
    """Check and store a file once per visit; a refusal is remembered too, so that no redraw decodes it again."""
    known = st.session_state.get(key)
    if known is None:
        try:
            png = safe_picture(data)
        except BadPicture as error:
            known = problem(error)
        else:
            with session() as database:
                keep_upload(database, person, png)
            known = ""
        st.session_state[key] = known
    if known:
        st.warning(known, icon=":material/broken_image:")
