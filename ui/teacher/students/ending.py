"""When a class is deleted: on its day, or now."""

from datetime import date, datetime, time, timedelta

import streamlit as st

from core.classroom import classes, privacy
from core.classroom.audit import note
from core.classroom.rooms import forget_rooms
from core.errors import LabError
from core.store.database import session
from core.store.tables import Class
from ui.paths import page_path
from ui.plain import plain
from ui.problem import problem
from ui.teacher.guard import teachers_only

FURTHEST = timedelta(days=3650)


def ending(room: Class) -> None:
    """Draw both."""
    st.header("The end of the class", divider="gray", anchor=False)
    left, right = st.columns(2)
    with left:
        _last_day(room)
    with right:
        _now(room)


def _last_day(room: Class) -> None:
    tomorrow = date.today() + timedelta(days=1)
    set_day = datetime.fromtimestamp(room.keep_until).date() if room.keep_until else None
    with st.form("students_last_day", border=True):
        day = st.date_input(
            "Delete everything on",
            value=None if set_day is None else max(set_day, tomorrow),
            min_value=tomorrow,
            max_value=max(tomorrow + FURTHEST, set_day or tomorrow),
            format="DD/MM/YYYY",
            help="Empty keeps the class until a teacher deletes it.",
        )
        if st.form_submit_button("Set the day", icon=":material/event:"):
            _keep(room.id, day)


def _now(room: Class) -> None:
    with st.form("students_delete_class", border=True, clear_on_submit=True):
        typed = st.text_input("Type the title to delete the class", placeholder=room.title, autocomplete="off")
        if st.form_submit_button(
            "Delete the class",
            icon=":material/delete_forever:",
            help="Everybody in it goes with everything they did, at once, and cannot be brought back. Export first "
            "what you need.",
        ):
            _delete(room, typed)


@teachers_only
def _keep(class_id: str, day: date | None) -> None:
    until = None if day is None else datetime.combine(day, time.max).timestamp()
    with session() as database:
        classes.keep(database, class_id, until)
        note(database, "last_day_set", class_id=class_id)
    st.success("Kept until a teacher deletes it." if day is None else f"Deleted on {day:%d %B %Y}.")


@teachers_only
def _delete(room: Class, typed: str) -> None:
    if " ".join(typed.split()).casefold() != room.title.casefold():
        st.error(f"Nothing was deleted: that is not {plain(room.title)}.", icon=":material/error:")
        return
    try:
        privacy.delete_class(room.id)
    except LabError as error:
        st.error(problem(error), icon=":material/error:")
        return
    forget_rooms()
    st.query_params.clear()
    st.toast(f"{plain(room.title)} was deleted.", icon=":material/delete_forever:")
    st.switch_page(page_path("teacher/classes.py"))
