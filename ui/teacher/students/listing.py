"""Everybody in the class as a table; a row that is clicked becomes the student below it."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from core.cells import neutral
from core.classroom.roster import Entry
from ui.lesson import bank
from ui.teacher.guard import teachers_only
from ui.teacher.students.choice import choose

TABLE, ORDER = "students_table", "students_order"
ROWS_SHOWN = 12


def listing(entries: Sequence[Entry]) -> None:
    """Draw the table."""
    st.session_state[ORDER] = [entry.person_id for entry in entries]
    when = st.column_config.DatetimeColumn
    st.dataframe(
        [_row(entry) for entry in entries],
        hide_index=True,
        width="stretch",
        height=38 * (min(len(entries), ROWS_SHOWN) + 1),
        key=TABLE,
        on_select=_choose,
        selection_mode="single-row",
        column_config={
            "Joined": when(format="D MMM, HH:mm"),
            "Last seen": when(format="D MMM, HH:mm"),
            "Answered": st.column_config.ProgressColumn(
                format="%d", max_value=len(bank().questions), help="Questions with an answer, of all in the bank."
            ),
            "Runs": st.column_config.NumberColumn(format="%d"),
        },
    )


def _row(entry: Entry) -> dict[str, object]:
    seen = None if entry.seen_at is None else min(datetime.fromtimestamp(entry.seen_at), datetime.now())
    return {
        "Student": neutral(entry.handle),
        "Joined": datetime.fromtimestamp(entry.joined_at),
        "Last seen": seen,
        "Answered": entry.answered,
        "Runs": entry.runs,
    }


@teachers_only
def _choose() -> None:
    # Rows are numbered as they were drawn, whatever came since.
    rows = st.session_state[TABLE]["selection"]["rows"]
    if rows:
        choose(st.session_state[ORDER][rows[0]])
