"""The charts: horizontal, from zero, every value written beside its mark, alt text that says the finding.

Altair is imported when the first chart is drawn, so that pages without one start quickly. Every function takes figures
that were measured and draws nothing where there are none. Inside `from_run` every chart carries where they come from.
"""

import json
import textwrap
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import streamlit as st

from core.units import GIB, seconds, significant
from ui.colours import Meaning, colour

ROW_PX = 28
AXIS_PX = 80  # the axis with its title; Streamlit counts it into the chart's height
ORIGIN_LINE_PX = 13
TEXT_ROOM = 1.22
ORIGIN_CHARACTERS = 62  # of small print that a 390-pixel screen shows in one line

MOST_BUILT = 1000

_origin: ContextVar[str] = ContextVar("origin", default="")
_built: dict[Hashable, str] = {}
"""Charts as Vega-Lite, by everything that they show."""


def altair() -> Any:
    """Altair, imported with the first chart.

    It looks for pandas among the loaded modules, and takes one that another page's thread has imported by half only.
    Importing pandas here waits until it is whole.
    """
    import altair as found
    import pandas  # noqa: F401

    return found


@contextmanager
def from_run(origin: str) -> Iterator[None]:
    """Have every chart in the block carry `origin`: device, precision, weights, versions, date."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


@dataclass(frozen=True)
class Bar:
    """One bar.

    Attributes:
        label: what it is, on the axis.
        value: its length in the chart's unit.
        text: the value as written at its end.
        meaning: decides the colour.
        hollow: outline only, for a cold repeat.
        start: where it begins; a floating bar shows a difference.
    """

    label: str
    value: float
    text: str
    meaning: Meaning = "measured"
    hollow: bool = False
    start: float = 0.0


def bars(
    title: str,
    rows: Sequence[Bar],
    unit: str,
    alt: str,
    key: str | None = None,
    limit: float | None = None,
    room: float = TEXT_ROOM,
) -> None:
    """Draw horizontal bars.

    Args:
        title: the statement or question that the chart answers.
        unit: written below the axis.
        alt: the finding in one sentence, for readers who do not see the chart.
        limit: where a dashed line stands, in the chart's unit.
        room: the axis ends so many times as far as the longest bar, so that the text at its end fits on a phone.
    """
    if not rows:
        return

    def make() -> Any:
        alt_ = altair()
        end = max(TEXT_ROOM * (limit or 0), room * max(row.value for row in rows)) or 1
        layers = [_marks(alt_, rows, unit, end), _texts(alt_, rows)]
        return alt_.layer(*layers, *([limit_line(alt_, limit)] if limit else []))

    show(title, make, (tuple(rows), unit, limit, room), len(rows), alt, key)


def show(title: str, make: Callable[[], Any], shown: Hashable, rows: int, alt: str, key: str | None) -> None:
    """Put a chart on the page, with its title above and where its figures come from below.

    Args:
        make: builds the Altair chart, where it was not built before.
        shown: everything that `make` builds from. A page is drawn many times, and building is most of a chart's cost.
    """
    st.markdown(f"**{title}**")
    about = shown, rows, _origin.get(), st.context.theme.type
    text = _built.get(about)
    if text is None:
        if len(_built) >= MOST_BUILT:
            _built.clear()
        text = _built[about] = json.dumps(_finished(make(), rows).to_dict(validate=False))
    st.vega_lite_chart(spec=json.loads(text), width="stretch", alt=alt, key=key)


def _finished(chart: Any, rows: int) -> Any:
    """The chart with its height, and its origin below."""
    alt_ = altair()
    lines = textwrap.wrap(_origin.get(), ORIGIN_CHARACTERS)
    below = alt_.TitleParams(
        text=lines,
        anchor="start",
        frame="bounds",
        orient="bottom",
        offset=8,
        fontSize=10,
        fontWeight="normal",
        color=colour("caption"),
    )
    height = ROW_PX * rows + AXIS_PX + ORIGIN_LINE_PX * len(lines)
    return chart.properties(height=height, **({"title": below} if lines else {})).configure_view(strokeWidth=0)


def _marks(alt: Any, rows: Sequence[Bar], unit: str, end: float) -> Any:
    return (
        alt.Chart(_data(alt, rows))
        .mark_bar(height=16, cornerRadiusEnd=2, strokeWidth=1.5)
        .encode(
            x=alt.X(
                "value:Q",
                title=unit,
                scale=alt.Scale(domain=[0, end]),
                axis=alt.Axis(tickCount=4, grid=True),
            ),
            x2="start:Q",
            y=alt.Y(
                "label:N",
                title=None,
                sort=None,
                axis=alt.Axis(labelLimit=130, labelOverlap=False, ticks=False, domain=False),
            ),
            color=alt.Color("stroke:N", scale=None),
            stroke=alt.Stroke("stroke:N", scale=None),
            fillOpacity=alt.FillOpacity("opacity:Q", scale=None),
            tooltip=[alt.Tooltip("label:N", title=" "), alt.Tooltip("text:N", title=unit)],
        )
    )


def _texts(alt: Any, rows: Sequence[Bar]) -> Any:
    return (
        alt.Chart(_data(alt, rows))
        .mark_text(align="left", dx=6, color=colour("text"), fontSize=13)
        .encode(x="value:Q", y=alt.Y("label:N", sort=None), text="text:N")
    )


def limit_line(alt: Any, limit: float) -> Any:
    """A dashed line at the limit, to be layered over a chart."""
    dashed = {"color": colour("limit"), "strokeWidth": 2, "strokeDash": [5, 3]}
    return alt.Chart(alt.Data(values=[{"limit": limit}])).mark_rule(**dashed).encode(x="limit:Q")


def _data(alt: Any, rows: Sequence[Bar]) -> Any:
    return alt.Data(
        values=[
            {
                "label": r.label,
                "value": r.value,
                "start": r.start,
                "text": r.text,
                "stroke": colour(r.meaning),
                "opacity": 0.0 if r.hollow else 1.0,
            }
            for r in rows
        ]
    )


def time_bars(title: str, times: Sequence[tuple[str, float]], key: str, cold_first: bool = False) -> None:
    """Seconds per repeat, picture or stage; with `cold_first` the first bar is hollow."""
    rows = [
        Bar(label, value, seconds(value), "quiet" if cold_first and i == 0 else "measured", cold_first and i == 0)
        for i, (label, value) in enumerate(times)
    ]
    fastest = min(times, key=lambda row: row[1], default=None)
    alt = f"{title}: " + ", ".join(f"{label} {seconds(value)}" for label, value in times)
    bars(title, rows, "seconds", f"{alt}. Fastest: {fastest[0]}." if fastest else alt, key=key)


def memory_bars(title: str, readings: Sequence[tuple[str, float]], key: str) -> None:
    """GiB by meter and moment; `readings` are (label, bytes)."""
    rows = [Bar(label, value / 2**30, significant(value / 2**30)) for label, value in readings]
    alt = f"{title}: " + ", ".join(f"{row.label} {row.text} GiB" for row in rows)
    bars(title, rows, "GiB", alt, key=key)


def waterfall(title: str, levels: Sequence[tuple[str, float]], last: str, key: str) -> None:
    """Bytes step by step: the first level whole, then what each next one saves, floating, and what is left.

    Args:
        levels: (label, bytes), one switch further each; nothing is drawn for fewer than two.
        last: what the bar of the last level is called.
    """
    if len(levels) < 2:
        return
    unit, size = ("GiB", GIB) if levels[0][1] >= 0.1 * GIB else ("MiB", 2**20)
    whole = [(name, value / size) for name, value in levels]
    rows = [Bar(whole[0][0], whole[0][1], f"{significant(whole[0][1])} {unit}")]
    for (_, before), (name, after) in pairwise(whole):
        saved = f"{'−' if after <= before else '+'}{significant(abs(before - after))} {unit}"
        rows.append(Bar(name, max(before, after), saved, "quiet", start=min(before, after)))
    rows.append(Bar(last, whole[-1][1], f"{significant(whole[-1][1])} {unit}"))
    bars(title, rows, unit, f"{title}: " + ", ".join(f"{row.label} {row.text}" for row in rows), key)
