"""What is kept of whoever looks: how much and until when, to take away, to delete."""

import streamlit as st

from core.classroom import privacy
from core.classroom.handles import key
from core.classroom.privacy import Kept
from core.config import config
from core.errors import LabError
from core.store.database import session
from ui.days import day
from ui.identity import person_id
from ui.paths import page_path
from ui.plain import plain
from ui.problem import problem

WORD = "delete"
"""What somebody without a name types to confirm."""
NOT_KEPT = "Not kept: your device's address, your e-mail address and any name{but}. {hashes}"
HASH_ALONE = (
    "This browser is recognised by a cookie. Only a hash of it is kept, from which nobody can work the cookie out."
)
HASHES_OF_MEMBER = (
    "You are recognised by this browser's cookie, your personal code, and your account if you signed in with one. Only "
    "hashes of them are kept, from which nobody can work them out."
)


def what_is_kept() -> None:
    """All three parts, as they stand on a page."""
    with session() as database:
        kept = privacy.kept_of(database, person_id())
    st.markdown(_whose(kept))
    st.markdown("\n".join(f"- {line}" for line in _lines(kept)))
    st.markdown(_not_kept(kept))
    st.markdown(_until(kept))
    _take_away()
    _delete(kept)


def _whose(kept: Kept) -> str:
    if kept.class_title is None:
        return "You are alone here: nobody else sees on their pages what is kept about you."
    who = f"**{plain(kept.handle or '')}** in **{plain(kept.class_title)}**"
    return f"This is kept about {who}, and your teacher sees it too. What you did before you joined is kept separately."


def _lines(kept: Kept) -> list[str]:
    named = ["the name that you chose here, when you joined, when you were last here, and the question you had open"]
    uploads = _many(kept.uploads, "picture", "that you uploaded; only the newest few stay")
    return [
        *(named if kept.class_title else []),
        _many(kept.predictions, "prediction"),
        _many(kept.answers, "answer", "and how each was marked"),
        _many(kept.runs, "run", "with the settings, the prompts that you wrote, and what was measured"),
        _many(kept.pictures, "picture", "that your runs made"),
        uploads,
        _many(
            kept.browsers,
            "browser",
            "that is recognised as yours" if kept.browsers == 1 else "that are recognised as yours",
        ),
    ]


def _not_kept(kept: Kept) -> str:
    if kept.class_title is None:
        return NOT_KEPT.format(but="", hashes=HASH_ALONE)
    return NOT_KEPT.format(but=" but the one you chose", hashes=HASHES_OF_MEMBER)


def _many(number: int, thing: str, more: str = "") -> str:
    told = f"**{number}** {thing}{'' if number == 1 else 's'}"
    return f"{told} {more}" if more.startswith("that") else f"{told}, {more}" if more else told


def _until(kept: Kept) -> str:
    return f"{_end(kept)} {_sooner()}"


def _sooner() -> str:
    settings = config()
    return (
        f"Pictures are deleted after {settings.keep_pictures_days} days, or sooner where they fill the disk; runs on "
        f"which none of your answers rests after {settings.keep_runs_days} days."
    )


def _end(kept: Kept) -> str:
    if kept.class_title is None:
        return "It is kept until you delete it."
    if kept.until is None:
        return "It is kept until you or your teacher delete it."
    return f"It is deleted with the class on **{day(kept.until)}**, or earlier if you or your teacher delete it."


def _take_away() -> None:
    person = person_id()

    def made() -> bytes:
        with session() as database:
            return privacy.archive(database, person)

    st.download_button(
        "Download all of it",
        made,
        file_name="vram-lab-my-data.zip",
        mime="application/zip",
        icon=":material/download:",
        on_click="ignore",
        help="A zip file: everything as JSON, and the pictures.",
    )


def _delete(kept: Kept) -> None:
    word = kept.handle or WORD
    with st.expander("Delete it", icon=":material/delete:"), st.form("delete_me", border=False, clear_on_submit=True):
        st.markdown(
            "Everything above is deleted at once"
            + (", from your teacher's pages and marks too," if kept.class_title else "")
            + " and cannot be brought back."
            + " If you have a run going on, it is stopped."
        )
        label = "Type your name here to confirm" if kept.handle else f"Type {WORD} to confirm"
        typed = st.text_input(label, placeholder=word, autocomplete="off")
        if st.form_submit_button("Delete everything about me", icon=":material/delete_forever:"):
            if key(typed) == key(word):
                _delete_now()
            else:
                st.error(f"Nothing was deleted: that is not {plain(word)}.", icon=":material/error:")


def _delete_now() -> None:
    try:
        privacy.delete_person(person_id())
    except LabError as error:
        st.error(problem(error), icon=":material/error:")
        return
    # Whatever the pages still hold belongs to somebody who is not there any more.
    st.session_state.clear()
    st.toast("Everything about you was deleted.", icon=":material/delete_forever:")
    st.switch_page(page_path("start/home.py"))
