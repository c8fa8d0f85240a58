"""One student below the grid: what they do, and what they predicted, answered and ran."""

import time
from datetime import datetime

import streamlit as st

from core.classroom.activity import Student
from core.classroom.live import ClassNow
from core.classroom.student_work import AskedRun, Attempt, QuestionWork, StudentWork, work_of
from core.runs.registry import LABS
from core.store.database import session
from core.units import roughly, seconds
from ui.lesson import bank
from ui.plain import plain
from ui.teacher.live_grid import Chosen

DOING = {
    "running": "runs a model",
    "queued": "waits for a run",
    "stuck": "is stuck",
    "working": "is at work",
    "idle": "is on another page",
    "away": "is away",
}


def live_student(now: ClassNow, chosen: Chosen) -> None:
    """Draw what the chosen student did; of a chosen cell its question first."""
    person_id, question_id = chosen
    student = next((student for student in now.students if student.person_id == person_id), None)
    if student is None:
        return
    with session() as database:
        work = work_of(database, person_id, bank())
    st.subheader(plain(student.handle), anchor=False)
    st.markdown(_doing(student))
    if question_id is not None:
        _question(question_id, work)
    _all(work)


def _doing(student: Student) -> str:
    where = f" at {student.question_id}" if student.question_id and student.activity not in ("idle", "away") else ""
    ago = roughly(max(0.0, time.time() - student.since))
    return f"{DOING[student.activity].capitalize()}{where}. Last predicted, ran or answered {ago} ago."


def _question(question_id: str, work: StudentWork) -> None:
    """The chosen question: every attempt with its verdict."""
    found = work.of(question_id)
    if found is None:
        st.markdown(f"**{question_id}**: nothing predicted or answered yet.")
        return
    st.markdown(f"**{question_id}** · {found.title}  \nPredicted: **{plain(found.predicted or 'nothing')}**")
    for attempt in found.attempts:
        st.markdown(f"{_at(attempt.at)} · {_attempt(attempt)}  \n{plain(attempt.verdict)}")


def _all(work: StudentWork) -> None:
    answers, runs = st.columns(2)
    with answers:
        st.markdown("**Answers**")
        if work.questions:
            st.table([_row(question) for question in work.questions], hide_index=True, border="horizontal")
        else:
            st.caption("Nothing predicted or answered yet.")
    with runs:
        st.markdown("**Runs, newest first**")
        if work.runs:
            st.table([_run(run) for run in work.runs], hide_index=True, border="horizontal")
        else:
            st.caption("No run asked for yet.")


def _row(work: QuestionWork) -> dict[str, str]:
    scored = [attempt for attempt in work.attempts if attempt.score is not None]
    return {
        "Question": work.question_id,
        "Predicted": plain(work.predicted) if work.predicted else "–",
        "Answered": ", then ".join(map(_attempt, work.attempts)) or "–",
        "Score": f"{scored[-1].score:.2f}" if scored else "–",
        "When": _at(work.attempts[-1].at) if work.attempts else "–",
    }


def _attempt(attempt: Attempt) -> str:
    """`a, c ✓`: the letters and how they were marked."""
    if attempt.score is None:
        return "asked for the answer"
    mark = "✓" if attempt.score == 1 else "◐" if attempt.score > 0 else "✕"
    return f"{plain(', '.join(attempt.ticked))} {mark}"


def _run(run: AskedRun) -> dict[str, str]:
    lab = LABS.get(run.lab)
    took = f", {seconds(run.took_s)}" if run.took_s is not None else ""
    return {
        "Asked": _at(run.asked_at),
        "Run": f"{run.question_id or 'Lab'} · {lab.title if lab else plain(run.lab)}",
        "State": f"{run.state}{took}" + (f": {plain(run.error)}" if run.error else ""),
    }


def _at(at: float) -> str:
    return f"{datetime.fromtimestamp(at).astimezone():%H:%M}"
