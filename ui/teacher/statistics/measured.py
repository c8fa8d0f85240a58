"""A measured question: what students chose against what they measured, and what the class measured on each machine."""

import math
from itertools import pairwise
from typing import Any

import streamlit as st

from core.classroom.class_statistics import MachineValues, QuestionStatistics
from core.classroom.statistics import Matrix
from core.units import significant
from ui.charts import altair
from ui.colours import colour
from ui.teacher.large_chart import LETTERS, frame, large_chart
from ui.teacher.safe_cells import safe
from ui.teacher.statistics.matrices import matrix_chart
from ui.teacher.statistics.options import legend, letter
from ui.teacher.statistics.words import further, interval, percent, students

MACHINES = 4
"""So many have a chart; the table has all."""
CHART_PX, LOW_CHART_PX = 250, 195
"""Of a histogram, and of each where there are more than two."""
HEADROOM = 1.4
"""Above the highest bar there is room for the letters of the options and the limit."""
NARROW = 0.012
"""A bar of less than this share of the axis has no gap to its neighbours, in which it would vanish."""


def measured(found: QuestionStatistics, key: str) -> None:
    """Draw the matrix beside the histograms, then the students whose choice is not what they measured."""
    legend(found)
    left, right = st.columns([2, 3])
    with left:
        _matrix(found, key)
    with right:
        _machines(found, key)
    _disagreeing(found)


def _matrix(found: QuestionStatistics, key: str) -> None:
    held = found.measured
    if held is None or not held.matrix.n:
        st.caption("Nobody has measured and answered yet.")
        return
    right = held.right
    title = f"{right.count} of {students(right.n)} chose what they measured ({percent(right.percent)})."
    matrix_chart(title, lettered(found, held.matrix), "measured", "chosen", f"{key}_measured")
    told = [f"Interval of 95 %: {interval(right.interval)}."]
    if held.n_edge:
        told.append(f"For {held.n_edge} the value was near an edge, so two options counted.")
    if held.n_unanswered:
        told.append(f"{students(held.n_unanswered)} measured and did not answer.")
    if found.by_reference:
        rest = "1 answer rests" if found.by_reference == 1 else f"{found.by_reference} answers rest"
        told.append(
            f"{rest} on the bank's reference value, which is the same for all: this machine could not make the run."
        )
    st.caption(" ".join(told))


def lettered(found: QuestionStatistics, matrix: Matrix) -> Matrix:
    """The same matrix with letters for ids."""
    rows, columns = (tuple(letter(found, name) for name in names) for names in (matrix.rows, matrix.columns))
    return Matrix(rows, columns, matrix.counts)


def _machines(found: QuestionStatistics, key: str) -> None:
    if not found.machines:
        st.caption("Nobody has measured on an own run yet.")
        return
    chart, table = st.tabs(["Chart", "Table"])
    end = axis_end(found)
    with chart:
        for number, machine in enumerate(found.machines[:MACHINES]):
            _histogram(found, machine, end, f"{key}_machine_{number}")
        if len(found.machines) > MACHINES:
            st.caption(f"{further(len(found.machines) - MACHINES, 'machine')} in the table.")
    with table:
        st.dataframe([_line(one) for one in found.machines], hide_index=True, placeholder="–", alt="Values by machine")


def axis_end(found: QuestionStatistics) -> float:
    """One axis for all machines: past every value, limit and edge of an option that a value comes near."""
    largest = max(max(*one.values, one.limit or 0) for one in found.machines)
    edges = [edge for choice in found.question.choices for edge in choice.range or () if math.isfinite(edge)]
    return 1.08 * max(largest, *(edge for edge in [0.0, *edges] if edge <= 1.5 * largest))


def _histogram(found: QuestionStatistics, machine: MachineValues, end: float, key: str) -> None:
    alt = altair()
    held, unit = machine.histogram, machine.histogram.unit
    rows = [
        {"low": low, "high": high, "n": n, "zero": 0}
        for (low, high), n in zip(pairwise(held.edges), held.counts, strict=True)
        if n
    ]
    scale = alt.Scale(domain=[0, end], nice=False)
    x = alt.X("low:Q", title=f"measured, {unit}", scale=scale)
    room = alt.Scale(domain=[0, HEADROOM * max(held.counts)], nice=False)
    y = alt.Y("n:Q", title="students", axis=alt.Axis(tickMinStep=1, tickCount=3), scale=room)
    is_narrow = held.edges[1] - held.edges[0] < NARROW * end
    stroke = colour("measured" if is_narrow else "paper")
    bars = alt.Chart(frame(rows)).mark_bar(color=colour("measured"), stroke=stroke)
    layers = [*_ranges(alt, found, end, scale), bars.encode(x=x, x2="high:Q", y=y, y2="zero:Q")]
    if machine.limit is not None:
        layers += _limit(alt, machine.limit, unit, scale)
    told = f"{held.machine}: {students(held.students)}, median {significant(held.summary.median)} {unit}"
    alt_text = (
        f"{told}, from {significant(machine.values[0])} to {significant(machine.values[-1])} {unit}{_beside(machine)}."
    )
    height = CHART_PX if len(found.machines) <= 2 else LOW_CHART_PX
    large_chart(told, alt.layer(*layers), height, alt_text, key)


def _ranges(alt: Any, found: QuestionStatistics, end: float, scale: Any) -> list[Any]:
    """Where each option begins, as a pale rule, with its letter above the middle."""
    shown = [(choice.letter, *choice.range) for choice in found.question.choices if choice.range]
    shown = [(name, low, min(high, end)) for name, low, high in shown if low < end]
    rules = alt.Chart(frame([{"at": edge} for _, low, high in shown for edge in (low, high) if 0 < edge < end]))
    letters = alt.Chart(frame([{"at": (low + high) / 2, "text": name} for name, low, high in shown]))
    return [
        rules.mark_rule(color=colour("quiet"), opacity=0.6).encode(x=alt.X("at:Q", scale=scale)),
        letters.mark_text(fontSize=LETTERS, fontWeight="bold", color=colour("caption"), dy=8, baseline="top").encode(
            x=alt.X("at:Q", scale=scale), y=alt.value(0), text="text:N"
        ),
    ]


def _limit(alt: Any, limit: float, unit: str, scale: Any) -> list[Any]:
    data = frame([{"limit": limit, "text": f"limit {significant(limit)} {unit}"}])
    x = alt.X("limit:Q", scale=scale)
    line = alt.Chart(data).mark_rule(color=colour("limit"), strokeWidth=3, strokeDash=[6, 4]).encode(x=x)
    text = alt.Chart(data).mark_text(align="left", dx=6, fontSize=LETTERS, color=colour("limit"), baseline="top", dy=26)
    return [line, text.encode(x=x, y=alt.value(0), text="text:N")]


def _beside(machine: MachineValues) -> str:
    if machine.limit is None:
        return ""
    return f"; the limit of these runs is {significant(machine.limit)} {machine.histogram.unit}"


def _line(machine: MachineValues) -> dict[str, Any]:
    held = machine.histogram
    cells = {
        "machine": held.machine,
        "students": held.students,
        f"median, {held.unit}": significant(held.summary.median),
        "middle half": f"{significant(held.summary.q1)} to {significant(held.summary.q3)}",
        "from": significant(machine.values[0]),
        "to": significant(machine.values[-1]),
        "limit": None if machine.limit is None else significant(machine.limit),
    }
    return safe(cells)


def _disagreeing(found: QuestionStatistics) -> None:
    held = found.measured
    if held is None or not held.disagreeing:
        return
    lines = [
        {
            "student": one.student,
            "machine": one.machine,
            "value": f"{significant(one.value)} {one.unit}",
            "measured": ", ".join(letter(found, name) for name in one.options),
            "chosen": letter(found, one.choice or ""),
        }
        for one in sorted(held.disagreeing, key=lambda one: one.value)
    ]
    with st.expander(f"{students(len(lines))} chose something else than was measured", icon=":material/group:"):
        st.dataframe(
            [safe(line) for line in lines], hide_index=True, alt="Students whose choice is not what was measured"
        )
