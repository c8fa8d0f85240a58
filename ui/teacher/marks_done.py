"""The regrades of a class, newest first, each with its answers before and after, and its undo."""

from datetime import datetime

import streamlit as st

from core.classroom.regrading import DoneRegrade, changes_of, done_regrades, undo
from core.store.database import session
from core.store.tables import Class
from ui.lesson import bank
from ui.plain import plain
from ui.teacher.guard import teachers_only
from ui.teacher.marks import say
from ui.teacher.marks_table import changes_table


def done(room: Class) -> None:
    """Draw them; nothing where there is none."""
    with session() as database:
        found = done_regrades(database, room.id)
    if not found:
        return
    st.header("Marked anew", divider="gray", anchor=False)
    for each in found:
        with st.container(border=True):
            _one(each)


def _one(each: DoneRegrade) -> None:
    left, right = st.columns([4, 1], vertical_alignment="center")
    left.markdown(f"**{plain(each.question_id)}** on {_when(each.at)}: {_counted(each)}.{_undone(each)}")
    if each.undone_at is None:
        right.button(
            "Undo",
            icon=":material/undo:",
            key=f"marks_undo_{each.id}",
            disabled=bool(each.why_not_undone),
            help=each.why_not_undone or "Brings back every mark as it was; answers given since stay.",
            on_click=_undo,
            args=(each.id, each.question_id),
        )
    listing = st.expander("Before and after", key=f"marks_list_{each.id}", on_change="rerun")
    if listing.open:
        with listing:
            _list(each)


def _list(each: DoneRegrade) -> None:
    with session() as database:
        changes = changes_of(database, each.id)
    question = next((found for found in bank().questions if found.id == each.question_id), None)
    changes_table(changes, question, key=f"marks_table_{each.id}")


def _counted(each: DoneRegrade) -> str:
    named = {name: count for name, count in each.counts.items() if count}
    total = sum(named.values())
    return f"{total} {'answer' if total == 1 else 'answers'}, " + ", ".join(f"{n} {name}" for name, n in named.items())


def _undone(each: DoneRegrade) -> str:
    return f" Undone on {_when(each.undone_at)}." if each.undone_at is not None else ""


def _when(at: float) -> str:
    return f"{datetime.fromtimestamp(at).astimezone():%d %B %Y at %H:%M}"


@teachers_only
def _undo(regrade_id: str, question_id: str) -> None:
    def act() -> str:
        with session() as database:
            undo(database, regrade_id)
        return f"The marks of {plain(question_id)} are back as they were."

    say(act)
