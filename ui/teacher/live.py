"""A class while it works: figures in large type, students × questions, questions with their buttons.

Everything below the title draws itself anew every second, from one reading for all teachers' pages of this process.
"""

from pathlib import Path

import streamlit as st

from core.classroom.activity import HERE_S
from core.classroom.live import ClassNow, live_now
from core.config import config
from core.jobs.presence import present
from core.jobs.queue import waiting
from core.quiz.bank import Question
from core.store.database import session
from core.store.tables import Class
from core.units import roughly
from ui.lesson import bank
from ui.paths import page_path
from ui.teacher.guard import is_teacher_here
from ui.teacher.live_grid import live_grid
from ui.teacher.live_questions import live_questions
from ui.teacher.live_student import live_student

STYLE = Path(__file__).parents[1] / "assets" / "live.css"
EVERY_S = 1
STUDENTS, QUESTIONS = "Students", "Questions"
ALL = "All"


def live(room: Class) -> None:
    """The page below its title."""
    st.html(STYLE)
    _figures(room.id)
    with st.container(horizontal=True, vertical_alignment="center", key="live_bar"):
        view = st.segmented_control(
            "View",
            [STUDENTS, QUESTIONS],
            default=STUDENTS,
            required=True,
            key="live_view",
            label_visibility="collapsed",
        )
        section = _section()
    questions = [question for question in bank().questions if section in (ALL, bank().section_of(question).title)]
    (_questions if view == QUESTIONS else _students)(room.id, questions)


def _section() -> str:
    """What is looked at: the first section, whose columns have room side by side, until the teacher chooses."""
    titles = [section.title for section in bank().sections if bank().questions_of(section)]
    if len(titles) < 2:
        return ALL
    picked = st.segmented_control(
        "Section", [*titles, ALL], default=titles[0], required=True, key="live_section", label_visibility="collapsed"
    )
    return str(picked)


@st.fragment(run_every=EVERY_S, key="live_figures")
def _figures(class_id: str) -> None:
    now = _now(class_id)
    figures = {
        "Joined": (len(now.students), None),
        "Here": (now.here, f"Heard of within the last {HERE_S:.0f} seconds."),
        "Running": (now.count("running"), None),
        "Queued": (now.count("queued"), None),
        "Stuck": (now.count("stuck"), stuck_rule()),
    }
    with st.container(key="live_figures"):
        for place, (label, (value, told)) in zip(st.columns(len(figures)), figures.items(), strict=True):
            place.metric(label, value, help=told, border=True)
    left, right = st.columns([6, 1])
    left.caption(_queue())
    right.page_link(
        page_path("teacher/projector.py"),
        label="Projector",
        icon=":material/present_to_all:",
        query_params={"class": class_id},
    )


def _queue() -> str:
    """How the queue of this server stands, all classes together, and the rule for stuck."""
    with session() as database:
        runs, workers = waiting(database), len(present(database))
    told = f"{workers} {'worker' if workers == 1 else 'workers'}" if workers else "no worker has reported"
    return f"Queue of this server: {runs} waiting, {told}. {stuck_rule()}"


def stuck_rule() -> str:
    """What counts as stuck, in words."""
    return (
        "**Stuck**: here, at an open question that is not finished, nothing running or queued, and no prediction, run "
        f"or answer for {roughly(config().stuck_s)}; or the last run failed and nothing was done since."
    )


@st.fragment(run_every=EVERY_S, key="live_students")
def _students(class_id: str, questions: list[Question]) -> None:
    now = _now(class_id)
    if not now.students:
        st.info("Nobody has joined yet. Show the class code with the projector.", icon=":material/group_add:")
        return
    if chosen := live_grid(now, questions):
        live_student(now, chosen)
    else:
        st.caption("Choose a student or a cell to see what was predicted, answered and run. A heading sorts by it.")


@st.fragment(run_every=EVERY_S, key="live_questions")
def _questions(class_id: str, questions: list[Question]) -> None:
    live_questions(_now(class_id), questions)


def _now(class_id: str) -> ClassNow:
    """The class. Where it was deleted or the teacher signed out meanwhile, the page is drawn anew, and says so."""
    found = live_now(class_id)
    if found is None or not is_teacher_here():
        st.rerun()
    return found
