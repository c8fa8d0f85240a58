"""Which picture the inpainting lab edits: the one that the project ships, or the student's own."""

import time
from uuid import uuid4

import streamlit as st
from sqlalchemy import select

from core.errors import BadPicture
from core.labs.inpainting.upload import safe_picture
from core.store.database import session
from core.store.tables import Upload


def picture_choice(person: str, prefix: str, disabled: bool) -> str:
    """The lab's `picture` setting: `table` or `upload:ID`. A file that is refused says why and loses nothing."""
    file = st.file_uploader(
        "Picture",
        type=["png", "jpg", "jpeg", "webp"],
        key=f"{prefix}_picture",
        disabled=disabled,
        help="Your own picture, up to 8 MB. Without one, the picture that the project ships is used.",
    )
    if file is not None:
        try:
            return f"upload:{_store(person, file.getvalue(), f'{prefix}_{file.file_id}')}"
        except BadPicture as error:
            st.warning(f"{error.message} {error.remedy}", icon=":material/broken_image:")
    latest = _latest(person)
    if latest is None:
        st.caption("No picture of yours: the run takes the table that the project ships.")
        return "table"
    own = st.toggle("Use my latest picture", value=file is not None, key=f"{prefix}_own", disabled=disabled)
    return f"upload:{latest}" if own else "table"


def _store(person: str, data: bytes, key: str) -> str:
    """Id of the stored upload; the same file of one visit is stored once."""
    known = st.session_state.get(key)
    if known is None:
        png = safe_picture(data)
        known = uuid4().hex
        with session() as database:
            database.add(Upload(id=known, person_id=person, created_at=time.time(), png=png))
        st.session_state[key] = known
    return str(known)


def _latest(person: str) -> str | None:
    with session() as database:
        return database.scalars(
            select(Upload.id).where(Upload.person_id == person).order_by(Upload.created_at.desc()).limit(1)
        ).first()
