"""The classes of this installation, each with its code, how many joined, and what can be done with it."""

import streamlit as st

from core.classroom import classes
from core.classroom.classes import QuestionState
from core.classroom.codes import spelled
from core.classroom.rooms import forget_rooms
from core.config import config
from core.errors import LabError
from core.store.database import session
from core.store.tables import Class
from ui.days import day
from ui.membership import address
from ui.navigation import TEACHER
from ui.paths import page_path
from ui.plain import plain
from ui.problem import problem
from ui.qr import qr
from ui.teacher.guard import teachers_only

FIRST: dict[str, QuestionState] = {
    "Open: students go at their own pace": "open",
    "Closed: you open one after the other": "closed",
}


def open_form() -> None:
    """A title and how the questions begin; the rest has defaults that can be changed later."""
    with st.form("open_class", clear_on_submit=True):
        title = st.text_input("Title", max_chars=classes.LONGEST_TITLE, placeholder="Physics 1, Tuesday")
        first = st.radio("To begin with, the questions are", list(FIRST), horizontal=True)
        days = st.number_input(
            "Delete everything after so many days", min_value=1, max_value=3650, value=config().keep_days
        )
        if st.form_submit_button("Open the class", type="primary", icon=":material/add:"):
            _open(title, FIRST[str(first)], int(days))


@teachers_only
def _open(title: str, first_state: QuestionState, days: int) -> None:
    try:
        with session() as database:
            classes.open_class(database, title, first_state=first_state, keep_days=days)
    except LabError as error:
        st.error(problem(error), icon=":material/error:")
    else:
        st.rerun()


def class_card(room: Class) -> None:
    """One class: its code to write on the board, its size, the way to its pages."""
    with session() as database:
        joined = classes.size(database, room.id)
    with st.container(border=True, key=f"class_{room.id}"):
        left, right = st.columns([3, 1])
        with left:
            st.subheader(plain(room.title), anchor=False)
            st.markdown(f"{_told(room)} **{joined}** {'student has' if joined == 1 else 'students have'} joined.")
            if room.is_demo:
                st.caption("Demo data: nobody measured or answered this.")
            _links(room)
            _switch(room)
        if room.closed_at is None:
            with right:
                st.metric("Class code", spelled(room.join_code))
                link = f"{address()}/join?code={room.join_code}"
                with st.popover("QR code", icon=":material/qr_code:"):
                    qr(link, f"Join {room.title}", width=420)
                    st.code(link, language=None)


def _told(room: Class) -> str:
    opened = f"Opened on {day(room.created_at)}"
    kept = f"will be deleted on {day(room.keep_until)}" if room.keep_until else "kept until you delete it"
    return f"{opened}, {kept}."


def _links(room: Class) -> None:
    with st.container(horizontal=True):
        for file, title, icon, _ in TEACHER[1:]:
            st.page_link(page_path(f"teacher/{file}.py"), label=title, icon=icon, query_params={"class": room.id})


def _switch(room: Class) -> None:
    if room.closed_at is None:
        st.button("Close the class", icon=":material/lock:", key=f"close_{room.id}", on_click=_close, args=(room.id,))
    else:
        st.button(
            "Open it again", icon=":material/lock_open:", key=f"reopen_{room.id}", on_click=_reopen, args=(room.id,)
        )


@teachers_only
def _close(class_id: str) -> None:
    with session() as database:
        classes.close_class(database, class_id)
    forget_rooms()


@teachers_only
def _reopen(class_id: str) -> None:
    with session() as database:
        classes.reopen_class(database, class_id)
    forget_rooms()
