"""Pictures with captions for the fine-tuning lab: those that it ships, or the student's own, checked."""

import re
from typing import Any

import streamlit as st

from core.classroom.uploads import keep_upload
from core.config import config
from core.errors import BadPicture
from core.labs.fine_tuning.examples import check
from core.labs.fine_tuning.settings import LEAST_PICTURES, LONGEST_CAPTION, MOST_PICTURES, captions_of
from core.runs.upload import safe_picture, strip_of
from core.store.database import session
from ui.plain import plain
from ui.problem import problem

SIDE = 256
"""Of each picture as it is kept, in pixels."""
SHIPPED, OWN = "shipped", "own"
TITLES = {SHIPPED: "32 blueprints, a style that no weights here were shown", OWN: "My own pictures"}
HELP = (
    f"{LEAST_PICTURES} to {MOST_PICTURES} pictures of one style or one thing; a quarter, the last by name, is held "
    "out. A text file with one caption per line can come with them. Each is cut to a square."
)


def captioned_pictures(person: str, prefix: str, start: dict[str, Any], disabled: bool) -> dict[str, Any] | None:
    """The settings `picture` and `captions`; None where something is missing or does not fit, which the page says."""
    key = f"{prefix}_pictures"
    chosen = st.radio(
        "Pictures to learn from", list(TITLES), format_func=TITLES.__getitem__, key=key, disabled=disabled
    )
    if chosen == SHIPPED:
        return {"picture": start["picture"], "captions": start["captions"]}
    files = st.file_uploader(
        "Your own pictures",
        type=["png", "jpg", "jpeg", "webp", "txt"],
        accept_multiple_files=True,
        key=f"{prefix}_files",
        disabled=disabled,
        max_upload_size=config().max_upload_bytes // 1_000_000,
        help=HELP,
    )
    pictures = sorted((file for file in files if not _is_text(file)), key=lambda file: by_name(str(file.name)))
    text = next((file for file in files if _is_text(file)), None)
    captions = _captions(prefix, text, disabled)
    if pictures:
        st.caption(f"Their order: {plain(', '.join(str(file.name) for file in pictures))}")
    try:
        _check_count(len(pictures))
        check(len(pictures), len(captions_of(captions)))
        _check_length(captions_of(captions))
        return {"picture": f"upload:{_kept(person, prefix, pictures)}", "captions": captions}
    except BadPicture as error:
        st.warning(problem(error), icon=":material/broken_image:")
        return None


def _captions(prefix: str, text: Any, disabled: bool) -> str:
    """What stands in the field: what was typed, or a text file that has just come in."""
    key, taken = f"{prefix}_own_captions", f"{prefix}_own_captions_from"
    if text is not None and st.session_state.get(taken) != text.file_id:
        st.session_state[taken] = text.file_id
        st.session_state[key] = text.getvalue().decode("utf-8", errors="replace")
    return st.text_area(
        "Captions, one line for each picture, in the order of their names",
        key=key,
        placeholder="A red kite over a field, paper cut\nA lighthouse at night, paper cut",
        height=140,
        disabled=disabled,
    )


def _check_count(count: int) -> None:
    if not LEAST_PICTURES <= count <= MOST_PICTURES:
        here = {0: "none is here yet", 1: "1 is here"}.get(count, f"{count} are here")
        raise BadPicture(
            f"The lab takes {LEAST_PICTURES} to {MOST_PICTURES} pictures, and {here}.",
            "Add some." if count < LEAST_PICTURES else "Take some away.",
        )


def _check_length(captions: list[str]) -> None:
    for line, caption in enumerate(captions, 1):
        if len(caption) > LONGEST_CAPTION:
            message = (
                f"A caption has at most {LONGEST_CAPTION} characters, and the one in line {line} has {len(caption)}."
            )
            raise BadPicture(message, "Shorten it.")


def by_name(name: str) -> list[tuple[int, str]]:
    """To sort names as people do, numbers by their value.

    >>> sorted(["kite 10.png", "kite 2.png"], key=by_name)
    ['kite 2.png', 'kite 10.png']
    """
    return [(int(part), "") if part.isdecimal() else (-1, part.lower()) for part in re.split(r"(\d+)", name)]


def _kept(person: str, prefix: str, pictures: list[Any]) -> str:
    """Id of the strip of these pictures, checked and stored once per visit; a refusal is remembered as well.

    Raises:
        BadPicture: naming the first file that cannot be taken.
    """
    key = f"{prefix}_strip_{'_'.join(file.file_id for file in pictures)}"
    if key not in st.session_state:
        try:
            strip = strip_of([_safe(file) for file in pictures], SIDE)
        except BadPicture as error:
            st.session_state[key] = error
        else:
            with session() as database:
                st.session_state[key] = keep_upload(database, person, strip, several=True)
    known = st.session_state[key]
    if isinstance(known, BadPicture):
        raise known
    return str(known)


def _safe(file: Any) -> bytes:
    try:
        return safe_picture(file.getvalue()).png
    except BadPicture as error:
        raise BadPicture(f"{file.name}: {error.message}", error.remedy) from error


def _is_text(file: Any) -> bool:
    return str(file.name).lower().endswith(".txt")
