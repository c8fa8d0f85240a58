"""What the class measured, on the projector: how many values fell where, with the limit of the machine."""

from itertools import pairwise
from typing import Any

import streamlit as st

from core.classroom.measured import Spread, limit_for, measured_by, spread_of
from core.quiz.bank import Question
from core.quiz.verdict import UNIT_WORDS, figure
from core.store.database import session
from core.units import significant
from ui.charts import altair
from ui.colours import colour

HEIGHT_PX = 340
LETTERS = 20


def spread_now(class_id: str, question: Question) -> Spread | None:
    """The values of a measured question as the room may see them; None for other questions, and for fewer than 5."""
    if question.key is None:
        return None
    with session() as database:
        answers = measured_by(database, class_id, question)
        limit = limit_for(database, question.key, [answer.run_id for answer in answers if answer.run_id])
    return spread_of(answers, question.key.unit, limit)


def spread_chart(spread: Spread) -> None:
    """The sentence and the histogram."""
    st.header(finding(spread), anchor=False)
    alt = altair()
    layers = [_bars(alt, spread), _texts(alt, spread)]
    if spread.limit is not None:
        layers += _limit(alt, spread.limit, spread.unit)
    chart = alt.layer(*layers).properties(height=HEIGHT_PX).configure_view(strokeWidth=0)
    chart = chart.configure_axis(labelFontSize=LETTERS, titleFontSize=LETTERS)
    told = ", ".join(f"{name}: {'hidden' if count is None else count}" for name, count in named_bins(spread))
    st.altair_chart(chart, width="stretch", alt=f"{finding(spread)} {told}.", key="projector_spread")


def named_bins(spread: Spread) -> list[tuple[str, int | None]]:
    """Every bin in words, with its count."""
    edges = [significant(edge) for edge in spread.edges]
    names = [f"under {edges[0]}", *(f"{low} to {high}" for low, high in pairwise(edges))]
    return list(zip([*names, f"{edges[-1]} and more"], spread.counts, strict=True))


def finding(spread: Spread) -> str:
    """What is said above the histogram."""
    told = f"{spread.people} students measured."
    if spread.fitting is None:
        return told
    return f"{told} {spread.fitting} of their answers say what they measured."


def bin_rows(spread: Spread) -> list[dict[str, Any]]:
    """The bins with edges; the open ones are drawn as wide as their neighbours."""
    width = spread.edges[1] - spread.edges[0]
    edges = [spread.edges[0] - width, *spread.edges, spread.edges[-1] + width]
    return [
        {
            "low": low,
            "high": high,
            "middle": (low + high) / 2,
            "count": count or 0,
            "text": "hidden" if count is None else f"{count}",
            "name": f"{name} {spread.unit}",
        }
        for (low, high), (name, count) in zip(pairwise(edges), named_bins(spread), strict=True)
    ]


def _bars(alt: Any, spread: Spread) -> Any:
    axis = alt.Axis(values=list(spread.edges))  # none at the open ends
    return (
        alt.Chart(alt.Data(values=bin_rows(spread)))
        .mark_rect(color=colour("measured"), stroke=colour("paper"), strokeWidth=2)
        .encode(
            x=alt.X("low:Q", title=_axis(spread), scale=alt.Scale(zero=False, nice=False), axis=axis),
            x2="high:Q",
            y=alt.Y("count:Q", title="students", axis=alt.Axis(tickMinStep=1, tickCount=4)),
            y2=alt.datum(0),
            tooltip=[alt.Tooltip("name:N", title=" "), alt.Tooltip("text:N", title="students")],
        )
    )


def _axis(spread: Spread) -> str:
    return f"{UNIT_WORDS.get(spread.unit, spread.unit)}; the outer bars hold all that is below and above"


def _texts(alt: Any, spread: Spread) -> Any:
    mark = {"baseline": "bottom", "dy": -4, "fontSize": LETTERS, "color": colour("text")}
    return (
        alt.Chart(alt.Data(values=bin_rows(spread))).mark_text(**mark).encode(x="middle:Q", y="count:Q", text="text:N")
    )


def _limit(alt: Any, limit: float, unit: str) -> list[Any]:
    rows = alt.Chart(alt.Data(values=[{"limit": limit, "text": f"limit of the memory: {figure(limit, unit)}"}]))
    line = rows.mark_rule(color=colour("limit"), strokeWidth=3, strokeDash=[8, 5]).encode(x="limit:Q")
    text = {"align": "left", "dx": 8, "fontSize": LETTERS, "color": colour("limit")}
    return [line, rows.mark_text(**text).encode(x="limit:Q", y=alt.value(12), text="text:N")]
