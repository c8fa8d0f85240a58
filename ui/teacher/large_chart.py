"""Charts that are read from the back of a room: large letters, few marks, the finding above them.

large_chart("Q2 was the hardest: 23 %", layers, height=420, alt="Mean score of each question: …", key="facility")
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui.charts import altair
from ui.colours import colour
from ui.plain import plain

if TYPE_CHECKING:
    import pandas as pd

LETTERS = 15
ROW_PX = 34
AXIS_PX = 64
"""The axis with its title; Streamlit counts both into a chart's height."""


def large_chart(
    title: str,
    chart: Any,
    height: int,
    alt: str,
    key: str,
    on_select: Callable[[], None] | None = None,
) -> None:
    """Put a chart on the page.

    Args:
        title: the finding, plain text.
        height: in pixels, axes included.
        alt: the finding with its figures, for readers who do not see the chart.
        on_select: called when a mark is clicked; the chart then holds a selection parameter.
    """
    st.markdown(f"**{plain(title)}**")
    letters = {"labelFontSize": LETTERS, "titleFontSize": LETTERS - 1, "labelLimit": 420, "titlePadding": 10}
    axis = {"labelColor": colour("text"), "titleColor": colour("caption"), "labelFlush": False}
    chart = chart.properties(height=height).configure_view(strokeWidth=0).configure_axis(**letters, **axis)
    st.altair_chart(chart, width="stretch", alt=alt, key=key, on_select=on_select or "ignore")


def large_bars(title: str, rows: Sequence[tuple[str, float, str]], axis: str, end: float, key: str) -> None:
    """Horizontal bars from zero, each with its text at its end.

    Args:
        rows: label, value and text of each bar.
        axis: what the values are; the axis goes to `end`.
    """
    alt = altair()
    held = [{"label": label, "value": value, "text": text} for label, value, text in rows]
    x = alt.X("value:Q", title=axis, scale=alt.Scale(domain=[0, end], nice=False), axis=alt.Axis(tickCount=5))
    y = alt.Y("label:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False, labelPadding=10))
    base = alt.Chart(frame(held)).encode(x=x, y=y)
    bars = base.mark_bar(height=20, cornerRadiusEnd=2, color=colour("measured"))
    texts = base.mark_text(align="left", dx=7, fontSize=LETTERS, color=colour("text")).encode(text="text:N")
    told = ", ".join(f"{label} {text}" for label, _, text in rows)
    large_chart(title, alt.layer(bars, texts), ROW_PX * len(rows) + AXIS_PX, f"{title}: {told}.", key)


def frame(rows: Sequence[dict[str, Any]]) -> "pd.DataFrame":
    """Rows as a chart's data. As a frame they are sent packed; as a list Altair would check every single value."""
    import pandas as pd

    return pd.DataFrame(list(rows))
