"""Students × questions: one sign for each, kept in place while the class works.

A component of our own, because the table has to stay when its data change: scrolling, the chosen cell and the order
last, and 300 students at 23 questions are a few kilobytes of letters a second. Handles are set as text, never as HTML.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from core.classroom.activity import Student
from core.classroom.cells import Cell, Outcome
from core.classroom.live import ClassNow
from core.quiz.bank import Question

ASSETS = Path(__file__).parents[1] / "assets"
LETTERS: dict[Outcome, str] = {
    "right": "R",
    "partly": "H",
    "wrong": "W",
    "shown": "S",
    "predicted": "P",
    "open": "o",
}
CHOSEN = "live_chosen"
Chosen = tuple[str, str | None]
"""A student's id, and a question's where a cell was chosen."""


def _asset(kind: str) -> str:
    return (ASSETS / f"live_grid.{kind}").read_text()


_component = st.components.v2.component("live_grid", html=_asset("html"), css=_asset("css"), js=_asset("js"))


def live_grid(now: ClassNow, questions: Sequence[Question]) -> Chosen | None:
    """Draw the grid; gives what is chosen in it, None before and after."""
    _component(
        key="live_grid",
        data={**grid_data(now, questions), "selected": st.session_state.get(CHOSEN)},
        on_selected_change=_keep,
    )
    chosen: Chosen | None = st.session_state.get(CHOSEN)
    return chosen


def grid_data(now: ClassNow, questions: Sequence[Question]) -> dict[str, Any]:
    """What the browser gets: every cell in one to four letters."""
    ids = [question.id for question in questions]
    return {
        "questions": [
            {"id": question.id, "title": question.title, "state": now.question(question.id).state}
            for question in questions
        ],
        "students": [_row(now, student, ids) for student in now.students],
    }


def _row(now: ClassNow, student: Student, ids: Sequence[str]) -> dict[str, Any]:
    cells = [now.cell(student.person_id, name) for name in ids]
    at = student.question_id if student.activity not in ("idle", "away") else None
    return {
        "id": student.person_id,
        "handle": student.handle,
        "activity": student.activity,
        "question": student.question_id,
        "done": sum(cell.attempts > 0 for cell in cells),
        "cells": " ".join(f"{_letters(cell)}{'@' * (name == at)}" for name, cell in zip(ids, cells, strict=True)),
    }


def _letters(cell: Cell) -> str:
    last = LETTERS[cell.outcome]
    return last if cell.attempts < 2 else f"{last}{cell.attempts}{LETTERS[Cell(final=cell.first).outcome]}"


def _keep() -> None:
    """Hold the choice apart from the component, whose own state ends when another view is looked at."""
    person, question = st.session_state["live_grid"]["selected"] or (None, None)
    st.session_state[CHOSEN] = (person, question) if person else None
