"""Open, close and reveal questions of a class: the same buttons on the live page and on the projector."""

from collections.abc import Sequence

import streamlit as st

from core.classroom import classes
from core.classroom.classes import QuestionState
from core.classroom.live import forget_live
from core.classroom.rooms import forget_rooms
from core.store.database import session
from ui.teacher.guard import teachers_only

ACTIONS: dict[QuestionState, tuple[str, str]] = {
    "open": ("Open", ":material/lock_open:"),
    "closed": ("Close", ":material/lock:"),
    "revealed": ("Reveal", ":material/visibility:"),
}
BADGES: dict[QuestionState, tuple[str, str]] = {
    "open": (":material/lock_open: open", "green"),
    "closed": (":material/lock: closed", "gray"),
    "revealed": (":material/visibility: revealed", "blue"),
}
HELP: dict[QuestionState, str] = {
    "open": "Take predictions, runs and answers",
    "closed": "Take nothing more",
    "revealed": "Show the answer to everybody, and take nothing more",
}


def question_buttons(class_id: str, question_id: str, state: QuestionState, is_class_open: bool) -> None:
    """Three buttons; what the question is already cannot be chosen. A closed class takes nothing, so none opens."""
    for wanted, (label, icon) in ACTIONS.items():
        st.button(
            label,
            icon=icon,
            key=f"{wanted}_{question_id}",
            help=HELP[wanted],
            disabled=wanted == state or (wanted == "open" and not is_class_open),
            on_click=set_questions,
            args=(class_id, [question_id], wanted),
        )


def badge(state: QuestionState) -> str:
    """The state as Markdown: a sign, a word and a colour."""
    text, colour = BADGES[state]
    return f":{colour}-badge[{text}]"


@teachers_only
def set_questions(class_id: str, question_ids: Sequence[str], state: QuestionState) -> None:
    """Change the state in the database; every page of this server sees it at its next look."""
    with session() as database:
        classes.set_questions(database, class_id, question_ids, state)
    forget_rooms()
    forget_live()
