"""The page: filters, the chart of one lab, the table, and the run that was clicked."""

from datetime import datetime
from typing import Any

import streamlit as st

from core.classroom.class_runs import ClassRun
from core.quiz.bank import Question
from core.quiz.evidence import reasons_against
from core.runs.registry import LABS
from core.store.database import session
from core.store.tables import Class, Person, Run
from core.units import count
from ui.comparison import shown_row
from ui.plain import plain
from ui.results import result
from ui.teacher.guard import guard, teachers_only
from ui.teacher.measurements.dots import dot_chart, picked
from ui.teacher.measurements.figures import WORDS, dots_of, finding, groups_of, measures_of, one_each
from ui.teacher.measurements.filters import filtered
from ui.teacher.reading import read_again, runs, snapshot
from ui.teacher.safe_cells import safe

ROWS = 500
"""So many runs are sent to the browser, the newest ones; filters bring the others."""
FIRST = ("ended", "weights", "fastest, s", "memory added, GiB")
"""What stands first in the table after whose and when."""
PICKED, ROUND = "measurements_run", "measurements_round"


def measurements_page(room: Class) -> None:
    """Draw the page below its title."""
    now = snapshot(room.id)
    everything = runs(now)
    _header(everything)
    if not everything:
        st.info("Nobody in this class has run anything yet.", icon=":material/hourglass_empty:")
        return
    left, lab, question_id = filtered(everything)
    question = next((found for found in now.bank.questions if found.id == question_id), None)
    if lab is not None and left:
        _chart(left, lab, measures_of(lab, left, now.bank, question), question)
    elif left:
        st.caption("Choose a lab to see its values on a chart.")
    _table(left, question)
    _open_run(room)


def _header(everything: list[ClassRun]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        people = len({run.person_id for run in everything})
        st.markdown(
            f"**{count(len(everything))}** runs of **{count(people)}** students · shown at {datetime.now():%H:%M:%S}"
        )
        st.button("Read again", icon=":material/refresh:", on_click=teachers_only(read_again))


def _chart(left: list[ClassRun], lab: str, measures: list[str], question: Question | None) -> None:
    if not measures:
        why = "has no figure to compare" if not LABS[lab].measures else "was measured by none of these runs"
        st.caption(f"{LABS[lab].title} {why}; its runs are in the table.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        measure = st.selectbox(
            "Measured", measures, format_func=WORDS.__getitem__, key=f"measurements_measure_{lab}", width=340
        )
        each = st.segmented_control(
            "One dot for each", ["student", "run"], default="student", required=True, key="measurements_each"
        )
    measure = measure or measures[0]
    unit = LABS[lab].measures[measure].unit
    dots = dots_of(left, measure, question)
    groups = groups_of(one_each(dots, unit) if each == "student" else dots)
    key = f"measurements_dots_{st.session_state.get(ROUND, 0)}"
    best = "growth since the start" if unit == "GiB" else "fastest repeat"
    axis = f"{WORDS[measure]}, {best}"
    dot_chart(
        finding(LABS[lab].title, groups, unit), groups, unit, axis, key, teachers_only(lambda: _pick(picked(key)))
    )


def _table(left: list[ClassRun], question: Question | None) -> None:
    shown = left[:ROWS]
    lines = [line(run, question) for run in shown]
    key = f"measurements_table_{st.session_state.get(ROUND, 0)}"

    def on_select() -> None:
        rows = st.session_state[key].selection.rows
        _pick(shown[rows[0]].id if rows and rows[0] < len(shown) else None)

    told = f"All {count(len(left))}" if len(left) <= ROWS else f"The newest {count(ROWS)} of {count(len(left))}"
    st.markdown(f"**{told} runs.** Click a row to open a run.")
    st.dataframe(
        lines,
        hide_index=True,
        key=key,
        on_select=teachers_only(on_select),
        selection_mode="single-row",
        placeholder="–",
        alt="Runs of the class",
    )


def line(run: ClassRun, question: Question | None) -> dict[str, Any]:
    """One line of the table."""
    row = shown_row(run.record)
    cells: dict[str, Any] = {"student": run.handle, "when (UTC)": row["when (UTC)"], "question": run.question_id}
    cells |= {"device": run.machine} | {name: row[name] for name in FIRST}
    if question and question.key:
        cells[f"counts for {question.id}"] = " ".join(reasons_against(question, run.record)) or "yes"
    cells |= {name: value for name, value in row.items() if name not in cells}
    return safe(cells)


def _pick(run_id: str | None) -> None:
    st.session_state[PICKED] = run_id


def _close() -> None:
    """Forget the run and, by new keys, which dot or row was clicked."""
    st.session_state[PICKED] = None
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1


def _open_run(room: Class) -> None:
    """The run that was clicked, over the page; one of another class, or deleted since, is not there."""
    run_id = st.session_state.get(PICKED)
    if run_id is None:
        return
    with session() as database:
        run = database.get(Run, run_id)
        person = database.get(Person, run.person_id) if run else None
    if run is None or person is None or person.class_id != room.id:
        return

    @st.dialog("One run", width="medium", position="right", on_dismiss=teachers_only(_close))
    def show(run: Run, handle: str) -> None:
        # A click inside runs this function alone, without the page around it.
        guard()
        page = f" · {run.question_id}" if run.question_id else ""
        st.markdown(f"**{plain(handle)}** · {LABS[run.lab].title}{page}")
        if error := run.record.get("error"):
            st.error(f"{plain(str(error.get('message')))}", icon=":material/error:")
        result(run, key="measured", can_compare=False)

    show(run, person.handle or "")
