"""Every value as a dot, by device, beside the median and the limit; a click on a dot opens its run."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from core.units import count
from ui.charts import altair
from ui.colours import colour
from ui.teacher.large_chart import AXIS_PX, frame, large_chart
from ui.teacher.measurements.figures import Dot, DotGroup, told
from ui.teacher.statistics.words import further

GROUPS = 8
"""So many groups have a row; the table has all."""
COLUMNS, FINE_COLUMNS = 60, 110
"""Dots within one of so many columns of the axis are stacked; the finer ones are for small dots."""
STACKED_PX, HIGHEST_ROW_PX = 7, 150
LINE_PX, TICK_PX = 18, 50
MANY = 400
WIDE = 20
"""From this ratio of the largest to the smallest median on, the axis is logarithmic."""
PARAMETER = "picked"


def dot_chart(
    title: str, groups: Sequence[DotGroup], unit: str, axis: str, key: str, on_select: Callable[[], None]
) -> None:
    """Draw the groups below each other.

    Args:
        unit: as the labs' measures have it.
        axis: what the values are.
        on_select: called when a dot is clicked; `picked` then tells which.
    """
    alt = altair()
    shown = groups[:GROUPS]
    is_wide = max(group.median for group in shown) > WIDE * min(group.median for group in shown) > 0
    scale = _scale(alt, shown, is_wide)
    columns = FINE_COLUMNS if sum(len(group.dots) for group in shown) > MANY else COLUMNS
    stacks = {group.name: stacked(group.dots, scale.domain, columns, is_wide) for group in shown}
    highest = max(max(map(abs, offsets)) for offsets in stacks.values())
    told_axis = f"{axis}, {'per second' if unit == '1/s' else unit}{' (logarithmic)' if is_wide else ''}"
    x = alt.X("value:Q", title=told_axis, scale=scale, axis=alt.Axis(tickCount=6))
    lines = max(label(group, unit).count("|") + 1 for group in shown)
    y = alt.Y("group:N", sort=[label(group, unit) for group in shown], title=None, axis=_names(alt, lines))
    layers = [
        _dots(alt, shown, stacks, highest, unit, x, y),
        _ticks(alt, "text", [(group, group.median) for group in shown], unit, x, y, 4),
    ]
    if limits := [(group, group.limit) for group in shown if group.limit is not None]:
        layers.append(_ticks(alt, "limit", limits, unit, x, y, 5))
    chart = alt.layer(*layers)
    row_px = max(LINE_PX * (lines + 1), min(STACKED_PX * (2 * highest + 2), HIGHEST_ROW_PX))
    height = len(shown) * row_px + AXIS_PX
    alt_text = "; ".join(label(group, unit).replace("|", ", ") for group in shown)
    large_chart(title, chart, height, f"{title} {alt_text}.", key, on_select)
    _explain(groups, shown)


def _names(alt: Any, lines: int) -> Any:
    """The groups' names beside their rows, of up to so many lines."""
    return alt.Axis(
        labelExpr="split(datum.label, '|')",
        labelOffset=-LINE_PX * (lines - 1) // 2,  # the first line stands at the tick: up by half of the others
        labelLineHeight=LINE_PX,
        ticks=False,
        domain=False,
        labelPadding=12,
        grid=True,
    )


def picked(key: str) -> str | None:
    """Id of the run whose dot was clicked last; None where none is."""
    found = (st.session_state.get(key) or {}).get("selection", {}).get(PARAMETER) or []
    return str(found[0]["run"]) if found and "run" in found[0] else None


def label(group: DotGroup, unit: str) -> str:
    """What stands beside a row, in lines with `|` between."""
    students = len({dot.run.person_id for dot in group.dots})
    who = f"{count(len(group.dots))} runs of {count(students)}" if len(group.dots) > students else f"{count(students)}"
    lines = [group.name.replace("|", "/"), f"{who} {'student' if students == 1 else 'students'}"]
    lines.append(f"median {told(group.median, unit)}")
    return "|".join([*lines, f"limit {told(group.limit, unit)}"] if group.limit is not None else lines)


def stacked(
    dots: Sequence[Dot], domain: Sequence[float], columns: int = COLUMNS, is_logarithmic: bool = False
) -> list[int]:
    """How far each dot is moved from the middle of its row, so that none hides another: 0, 1, -1, 2, …"""
    from math import log

    def place(value: float) -> float:
        low, high = domain
        return (log(value / low) / log(high / low)) if is_logarithmic else (value - low) / (high - low)

    taken: dict[int, int] = {}
    offsets = []
    for dot in dots:
        column = int(columns * place(dot.value))
        number = taken[column] = taken.get(column, -1) + 1
        offsets.append((number + 1) // 2 * (1 if number % 2 else -1))
    return offsets


def _scale(alt: Any, groups: Sequence[DotGroup], is_wide: bool) -> Any:
    held = [dot.value for group in groups for dot in group.dots] + [g.limit for g in groups if g.limit is not None]
    if is_wide:
        return alt.Scale(type="log", domain=[0.8 * min(held), 1.15 * max(held)], nice=False)
    return alt.Scale(domain=[min(0.0, 1.05 * min(held)), 1.05 * max(held) or 1.0], nice=False)


def _dots(
    alt: Any, groups: Sequence[DotGroup], stacks: dict[str, list[int]], highest: int, unit: str, x: Any, y: Any
) -> Any:
    rows = [
        _row(dot, name, offset, unit)
        for group, name in ((group, label(group, unit)) for group in groups)
        for dot, offset in zip(group.dots, stacks[group.name], strict=True)
    ]
    reach = highest + 1
    size = 45 if len(rows) > MANY else 110
    marks = alt.Chart(frame(rows)).mark_point(size=size, strokeWidth=1.5, filled=False, cursor="pointer")
    return marks.encode(
        x=x,
        y=y,
        yOffset=alt.YOffset("offset:Q", scale=alt.Scale(domain=[-reach, reach])),
        stroke=alt.value(colour("measured")),
        fill=alt.value(colour("measured")),
        fillOpacity=alt.FillOpacity("filled:Q", scale=None),
        description="said:N",
        tooltip=[alt.Tooltip(f"{name}:N") for name in ("student", "measured", "when", "note")],
    ).add_params(alt.selection_point(name=PARAMETER, fields=["run"], on="click", empty=False))


def _row(dot: Dot, group: str, offset: int, unit: str) -> dict[str, Any]:
    best = f"best of {dot.of} runs" if dot.of > 1 else ""
    return {
        "group": group,
        "value": dot.value,
        "offset": offset,
        "filled": 0.75 if dot.counts else 0.0,
        "run": dot.run.id,
        "said": f"{dot.run.handle}, {dot.run.machine}: {told(dot.value, unit)}",
        "student": dot.run.handle,
        "measured": told(dot.value, unit),
        "when": f"{dot.run.record['created_at'][:16].replace('T', ' ')} UTC",
        "note": dot.why_not or best or "counts",
    }


def _ticks(
    alt: Any, meaning: Any, marks: Sequence[tuple[DotGroup, float]], unit: str, x: Any, y: Any, thickness: int
) -> Any:
    rows = [{"group": label(group, unit), "value": value} for group, value in marks]
    tick = alt.Chart(frame(rows)).mark_tick(color=colour(meaning), thickness=thickness, size=TICK_PX)
    return tick.encode(x=x, y=y)


def _explain(groups: Sequence[DotGroup], shown: Sequence[DotGroup]) -> None:
    parts = ["Thin line: the median."]
    if any(group.limit is not None for group in shown):
        parts.append("Orange line: the limit that was measured beside these runs.")
    if any(not dot.counts for group in shown for dot in group.dots):
        parts.append("Hollow: does not count for the question; hover over it to read why.")
    if len(groups) > len(shown):
        parts.append(f"{further(len(groups) - len(shown), 'group')} in the table.")
    st.caption(" ".join([*parts, "Click a dot to open its run."]))
