"""The page for the second screen: how to join, then one question at a time, in large type.

It draws `core.classroom.projector.Projection`, which holds no name, no count under 5, and no key before the reveal.
What is shown stands in the address, so that a reload or a second screen shows the same.
"""

from pathlib import Path

import streamlit as st

from core.classroom.codes import spelled
from core.classroom.live import ClassNow, live_now
from core.classroom.projector import project
from core.quiz.bank import Question
from core.store.tables import Class
from ui.lesson import bank
from ui.membership import address
from ui.plain import plain
from ui.qr import qr
from ui.teacher.guard import is_teacher_here
from ui.teacher.projector_question import projected
from ui.teacher.projector_spread import spread_now
from ui.teacher.question_buttons import question_buttons

STYLE = Path(__file__).parents[1] / "assets" / "projector.css"
EVERY_S = 1
QUESTION = "question"
JOINING = "Join"
LOCAL = ("//localhost", "//127.0.0.1", "//[::1]")


def projector(room: Class) -> None:
    """The whole page."""
    st.html(STYLE)
    with st.container(key="projector"):
        _stage(room)


@st.fragment(run_every=EVERY_S, key="projector_stage")
def _stage(room: Class) -> None:
    now = live_now(room.id)
    if now is None or not is_teacher_here():
        st.rerun()
    question = _chosen()
    _toolbar(now, question)
    with st.container(key="projected"):
        if room.is_demo:
            st.caption("Demo data: nobody measured or answered this.")
        if question is None:
            _joining(room, len(now.students))
        else:
            is_revealed = now.room.state(question.id) == "revealed"
            projected(project(now, question, spread_now(room.id, question) if is_revealed else None), question)


def _chosen() -> Question | None:
    """The question that the address names; None for joining."""
    wanted = st.query_params.get(QUESTION)
    return next((question for question in bank().questions if question.id == wanted), None)


def _toolbar(now: ClassNow, question: Question | None) -> None:
    places = [JOINING, *(each.id for each in bank().questions)]
    here = places.index(question.id) if question else 0
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="projector_toolbar"):
        for label, step, icon in (("Back", -1, ":material/arrow_back:"), ("Next", 1, ":material/arrow_forward:")):
            to = here + step
            st.button(
                label,
                icon=icon,
                key=f"projector_{label}",
                type="tertiary",
                disabled=not 0 <= to < len(places),
                on_click=_go,
                args=(places[to] if 0 <= to < len(places) else JOINING,),
            )
        st.session_state["projector_place"] = places[here]
        st.selectbox(
            "Shown",
            places,
            key="projector_place",
            format_func=_named,
            label_visibility="collapsed",
            width=280,
            on_change=lambda: _go(st.session_state["projector_place"]),
        )
        st.space("stretch")
        if question is not None:
            question_buttons(now.room.class_id, question.id, now.room.state(question.id), now.room.is_open)


def _named(place: str) -> str:
    return "How to join" if place == JOINING else f"{place} · {bank().question(place).title}"


def _go(place: str) -> None:
    """Show another question; the address keeps it."""
    if place == JOINING:
        st.query_params.pop(QUESTION, None)
    else:
        st.query_params[QUESTION] = place


def _joining(room: Class, joined: int) -> None:
    """Title, address, code and picture to scan, and how many are in."""
    st.title(plain(room.title), anchor=False)
    if room.closed_at is not None:
        st.info("This class is closed: nobody can join.", icon=":material/lock:")
        return
    link = f"{address()}/join?code={room.join_code}"
    left, right = st.columns([3, 1], vertical_alignment="center")
    with left:
        st.header(f"Open {address().split('//')[-1]}/join and type", anchor=False)
        with st.container(key="projector_code"):
            st.markdown(spelled(room.join_code))
        with st.container(key="projector_count"):
            st.markdown(f"**{joined}** {'student has' if joined == 1 else 'students have'} joined")
    with right:
        qr(link, f"Join {room.title}", width=420)
    if any(place in link for place in LOCAL):
        st.caption(
            ":material/warning: Your students cannot reach this address: it works on this computer alone. Open this "
            "page under the server's name in your network instead."
        )
