"""Which class a teacher's page is about: named by the address, else the one looked at last, else the newest."""

import streamlit as st

from core.classroom.classes import classes
from core.store.database import session
from core.store.tables import Class
from ui.paths import page_path
from ui.plain import plain

CHOSEN = "teacher_class"


def chosen_class(title: str) -> Class:
    """The page's title, with the class beside it to choose another; stops where there is none."""
    with session() as database:
        rooms = {room.id: room for room in classes(database)}
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    left.title(title, anchor=False)
    if not rooms:
        st.info("There is no class yet.", icon=":material/groups:")
        st.page_link(page_path("teacher/classes.py"), label="Open a class", icon=":material/add:")
        st.stop()
    wanted = st.query_params.get("class", st.session_state.get(CHOSEN))
    ids = list(rooms)
    picked = right.selectbox(
        "Class",
        ids,
        index=ids.index(wanted) if wanted in rooms else 0,
        format_func=lambda room_id: _name(rooms[room_id]),
        key="teacher_class_box",
        label_visibility="collapsed",
    )
    st.session_state[CHOSEN] = picked
    st.query_params["class"] = picked
    return rooms[picked]


def _name(room: Class) -> str:
    return f"{room.title}{' (demo data)' if room.is_demo else ''}{' (closed)' if room.closed_at else ''}"


def demo_note(room: Class) -> None:
    """Made-up classes say so on every page."""
    if room.is_demo:
        st.warning(
            f"**{plain(room.title)}** is demo data: nobody measured or answered this.", icon=":material/science:"
        )
