"""Every question: how hard it was on one chart, and all its figures in a table. A click on a row opens the question."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.classroom.class_statistics import ClassStatistics, QuestionRow
from core.classroom.statistics import FEW
from ui.charts import altair
from ui.colours import colour
from ui.plain import plain
from ui.teacher.large_chart import AXIS_PX, LETTERS, ROW_PX, frame, large_chart
from ui.teacher.safe_cells import safe
from ui.teacher.statistics.words import bracketed, percent, students, why_no_correlation

TABLE = "statistics_items"
AXIS_END, TEXTS_AT = 116, 104
"""The figures stand in a column of their own, right of 100 %."""
OF_COMPLETE = ("effective", "discrimination", "95 % of it", "efficiency", "alpha without")
"""Columns that are of the students who reached every question."""
HELP = {
    "facility": "Mean mark, of the most that the question gives. About right: 35 to 64. "
    "Below 5 or above 95 it tells nobody apart.",
    "95 %": "Interval of 95 % around the facility.",
    "SD": "How far the marks lie apart.",
    "guess": "What ticking blindly earns; a facility has to beat it.",
    "intended": "The share of the test's marks that it gives.",
    "effective": "The share of what tells students apart that it gives. Usual: near the intended one.",
    "discrimination": "Correlation with the marks on all other questions. Usual: above 30; below 20 it is weak.",
    "95 % of it": "Interval of 95 % around the discrimination.",
    "efficiency": "Discrimination, of the most that a question this hard could have. Below 15 it is dubious.",
    "alpha without": "Cronbach's alpha of the other questions. Above that of the test, the question does not fit in.",
    "n": "Students who answered it.",
    "blank": "Answers that ticked nothing.",
}
WIDTHS = {"discrimination": 108, "95 % of it": 84, "alpha without": 100, "efficiency": 80, "95 %": 76}
SMALL_PX = 68


def items(found: ClassStatistics, opened: Callable[[str], None]) -> None:
    """Draw the chart, what is odd, and the table.

    Args:
        opened: called with the id of a question whose row was clicked.
    """
    _chart(found)
    for row in found.rows:
        for flag in flags(row):
            st.markdown(f":material/flag: **{plain(f'{row.item.question} {row.title}')}**: {plain(flag)}.")
    st.markdown("**All figures**, in percent. Click a row to open the question.")
    _table(found, opened)


def _chart(found: ClassStatistics) -> None:
    alt = altair()
    rows = [_mark(row) for row in found.rows]
    place = alt.Y("label:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False, labelPadding=10))
    scale = alt.Scale(domain=[0, AXIS_END], nice=False)
    axis = alt.Axis(values=list(range(0, 101, 20)), grid=True)
    x = alt.X("facility:Q", title="mean mark, % of full marks, with its interval of 95 %", scale=scale, axis=axis)
    base, faded = alt.Chart(frame(rows)), alt.Opacity("opacity:Q", scale=None)
    lines = alt.Chart(frame([row for row in rows if row["low"] is not None]))
    guesses = alt.Chart(frame([row for row in rows if row["guess"] is not None]))
    marks = base.mark_point(size=190, filled=True, color=colour("measured"), opacity=1)
    chart = alt.layer(
        guesses.mark_tick(thickness=4, size=22, color=colour("quiet")).encode(y=place, x=alt.X("guess:Q", scale=scale)),
        lines.mark_rule(strokeWidth=4, color=colour("measured")).encode(
            y=place, x=alt.X("low:Q", scale=scale), x2="high:Q", opacity=faded
        ),
        marks.encode(y=place, x=x, opacity=faded, shape=alt.Shape("shape:N", scale=None)),
        base.mark_text(align="left", fontSize=LETTERS, color=colour("text")).encode(
            y=place, x=alt.X("texts_at:Q", scale=scale), text="text:N"
        ),
    )
    title, alt_text = finding(found), ", ".join(f"{row['label']} {row['text']}" for row in rows)
    large_chart(title, chart, ROW_PX * len(rows) + AXIS_PX, f"{title} {alt_text}.", "statistics_facility")
    st.caption(
        f"Grey tick: what guessing earns. Square instead of a dot: see below. Pale: fewer than {FEW} students answered."
    )


def finding(found: ClassStatistics) -> str:
    """What the chart shows, in a sentence."""
    tested = [row for row in found.rows if row.is_tested]
    hardest = min(tested, key=lambda row: row.item.facility)
    easiest = max(tested, key=lambda row: row.item.facility)
    if hardest.item.facility == easiest.item.facility:
        return f"Every question earned {percent(hardest.item.facility)} of its marks."
    least, most = (f"{row.item.question} {row.title}: {percent(row.item.facility)}" for row in (hardest, easiest))
    return f"Fewest marks on {least}. Most on {most}."


def _mark(row: QuestionRow) -> dict[str, Any]:
    item = row.item
    low, high = item.facility_interval or (None, None)
    return {
        "label": f"{item.question}  {row.title}",
        "facility": item.facility,
        "low": low,
        "high": high,
        "guess": row.guess.expected if row.guess else None,
        "texts_at": TEXTS_AT,
        "text": percent(item.facility),
        "shape": "square" if flags(row) else "circle",
        "opacity": 0.4 if item.n < FEW else 1.0,
    }


def flags(row: QuestionRow) -> tuple[str, ...]:
    """What is odd about a question of the test; of few students nothing is said to be odd."""
    if not row.is_tested or row.item.n_complete < FEW:
        return ()
    ends = row.item.discrimination_interval
    is_chance = (row.item.discrimination_index or 0) < 0 and ends is not None and ends[1] > 0
    return tuple(f"{flag} (may be chance)" if is_chance else flag for flag in row.item.flags)


def _table(found: ClassStatistics, opened: Callable[[str], None]) -> None:
    import pandas as pd

    frame = pd.DataFrame([line(row, len(found.tested)) for row in found.rows])
    few = [row.item.n < FEW for row in found.rows]
    uncorrelated = [row.item.n_complete < FEW or not row.is_tested for row in found.rows]

    def grey(column: "pd.Series[Any]") -> list[str]:
        rows = uncorrelated if column.name in OF_COMPLETE else few
        return [f"color: {colour('caption')}" if is_grey else "" for is_grey in rows]

    def on_select() -> None:
        chosen = st.session_state[TABLE].selection.rows
        if chosen and chosen[0] < len(found.rows):
            opened(found.rows[chosen[0]].item.question)

    st.dataframe(
        frame.style.apply(grey),
        hide_index=True,
        height="content",
        width="stretch",
        key=TABLE,
        on_select=on_select,
        selection_mode="single-row",
        placeholder="–",
        column_config=_columns(),
        alt="Figures of every question",
    )


def line(row: QuestionRow, questions: int) -> dict[str, Any]:
    """One line of the table; what is not defined is None."""
    item, tested = row.item, row.is_tested
    cells = {
        "question": f"{item.question} {row.title}",
        "facility": _whole(item.facility),
        "95 %": bracketed(item.facility_interval),
        "SD": _whole(item.sd),
        "guess": _whole(row.guess.expected if row.guess else None),
        "intended": _whole(item.intended_weight if tested else None),
        "effective": _whole(item.effective_weight if tested else None),
        "discrimination": _whole(item.discrimination_index),
        "95 % of it": bracketed(item.discrimination_interval),
        "efficiency": _whole(item.discriminative_efficiency),
        "alpha without": _whole(item.alpha_if_deleted if tested else None),
        "n": item.n,
        "blank": item.n_blank,
        "remarks": remarks(row, questions) or None,
    }
    return safe(cells)


def _whole(value: float | None) -> int | None:
    """In whole percent; the exports have every digit."""
    return None if value is None else round(value)


def remarks(row: QuestionRow, questions: int) -> str:
    """What is odd about a question, and what is not defined, in plain words."""
    found = list(flags(row))
    if not row.is_tested:
        found.append(f"not of the test: answered by {students(row.item.n)}")
    elif why := why_no_correlation(row, questions):
        found.append(why)
    if row.is_measured:
        found.append("measured: the key is each student's own run")
    return "; ".join(found)


def _columns() -> dict[str, Any]:
    columns = {name: _column(name, told, WIDTHS.get(name, SMALL_PX)) for name, told in HELP.items()}
    return columns | {
        "question": st.column_config.TextColumn("question", pinned=True, width=190),
        "remarks": st.column_config.TextColumn("remarks", width=520),
    }


def _column(name: str, told: str, width: int) -> Any:
    if name in ("95 %", "95 % of it"):
        return st.column_config.TextColumn(name, help=told, width=width)
    return st.column_config.NumberColumn(name, help=told, width=width, format="%d")
