"""What a teacher can do for one student: a new personal code, another name, their data, and deleting them."""

import re
from collections.abc import Sequence

import streamlit as st

from core.classroom import privacy, roster
from core.classroom.audit import note
from core.classroom.codes import spelled
from core.classroom.handles import key
from core.classroom.joining import renew_personal_code
from core.classroom.roster import Entry
from core.errors import LabError
from core.store.database import session
from ui.membership import address
from ui.plain import plain
from ui.problem import problem
from ui.qr import qr
from ui.teacher.exports_button import for_teachers
from ui.teacher.guard import teachers_only
from ui.teacher.students.choice import choose, chosen

FRESH = "students_fresh_code"
"""The personal code that is shown, with the student whose it is."""
TOLD = "students_told"


def one_student(entries: Sequence[Entry]) -> None:
    """Draw the box to choose a student, and what can be done."""
    st.header("One student", divider="gray", anchor=False)
    names = {entry.person_id: entry.handle for entry in entries}
    person = chosen(names)
    if told := st.session_state.pop(TOLD, None):
        st.success(told, icon=":material/check:")
    if person is None:
        _hide()
        return
    _code(person, names[person])
    with st.container(horizontal=True):
        _renew_button(person)
        _take_away_button(person, names[person])
    left, right = st.columns(2)
    with left:
        _rename(person, names[person])
    with right:
        _delete(person, names[person])


def _code(person: str, handle: str) -> None:
    """The code that was just made, until it is hidden or another student is looked at."""
    owner, code = st.session_state.get(FRESH, (None, ""))
    if owner != person:
        st.session_state.pop(FRESH, None)
        return
    with st.container(border=True):
        left, right = st.columns([2, 1], vertical_alignment="center")
        left.markdown(f"New personal code of **{plain(handle)}**; the one before has stopped working.")
        left.code(spelled(code), language=None)
        left.caption("It is not kept and not shown again. Whoever has it is this student.")
        left.button("Hide it", icon=":material/visibility_off:", on_click=_hide)
        with right:
            qr(f"{address()}/join?me={code}", f"Personal link of {handle}")


def _renew_button(person: str) -> None:
    st.button(
        "New personal code",
        icon=":material/key:",
        on_click=_renew,
        args=(person,),
        help="For somebody who lost theirs or comes with another device. Projected, it can be read by the class.",
    )


def _take_away_button(person: str, handle: str) -> None:
    st.download_button(
        "Download their data",
        for_teachers(lambda database: privacy.archive(database, person, with_keys=True), "a student's data"),
        file_name=f"vram-lab-{re.sub(r'[^A-Za-z0-9]+', '-', handle)}.zip",
        mime="application/zip",
        icon=":material/download:",
        on_click="ignore",
        help="A zip file: everything kept of this student as JSON, with the keys, and the pictures.",
    )


def _rename(person: str, handle: str) -> None:
    with st.form("students_rename", border=True):
        name = st.text_input("Another name", value=handle, max_chars=60, key=f"students_name_{person}")
        if st.form_submit_button("Rename", icon=":material/edit:"):
            _do_rename(person, name)


def _delete(person: str, handle: str) -> None:
    with st.form("students_delete", border=True, clear_on_submit=True):
        label = "Type the name to delete this student"
        typed = st.text_input(label, placeholder=handle, autocomplete="off", key=f"students_gone_{person}")
        if st.form_submit_button(
            "Delete with everything they did",
            icon=":material/delete_forever:",
            help="Answers, marks, runs and pictures go at once, also from copies of the database, and cannot be "
            "brought back. A run that is going on is stopped.",
        ):
            _do_delete(person, handle, typed)


@teachers_only
def _renew(person: str) -> None:
    with session() as database:
        st.session_state[FRESH] = person, renew_personal_code(database, person)
        note(database, "personal_code_renewed")


def _hide() -> None:
    st.session_state.pop(FRESH, None)


@teachers_only
def _do_rename(person: str, name: str) -> None:
    try:
        with session() as database:
            kept = roster.rename(database, person, name)
    except LabError as error:
        st.error(problem(error), icon=":material/error:")
        return
    choose(person)
    _say(f"Renamed to {plain(kept)}.")


@teachers_only
def _do_delete(person: str, handle: str, typed: str) -> None:
    if key(typed) != key(handle):
        st.error(f"Nobody was deleted: that is not {plain(handle)}.", icon=":material/error:")
        return
    try:
        privacy.delete_person(person, "teacher")
    except LabError as error:
        st.error(problem(error), icon=":material/error:")
        return
    _say(f"{plain(handle)} was deleted.")


def _say(told: str) -> None:
    st.session_state[TOLD] = told
    st.rerun()
