"""Every repeat as a dot, the cold one hollow, with the middle and the middle half of the warm ones behind them."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.measure.statistics import summary
from core.units import count, seconds
from ui.charts import altair, show
from ui.colours import colour

SMALLEST_FOR_A_BAND = 4
"""Below so many warm values a quartile is just one of them, so no band is drawn."""


def repeat_dots(title: str, times: Sequence[float], key: str, cold: int = 1) -> None:
    """Draw seconds per repeat on one line; a single one is said in words.

    Args:
        times: in the order of the repeats.
        cold: how many of the first are cold.
    """
    if not times:
        return
    if len(times) == 1:
        st.caption(f"{title}: {seconds(times[0])}, {'cold' if cold else 'warm'}. More repeats show how far it spreads.")
        return

    def make() -> Any:
        alt = altair()
        warm = times[cold:]
        layers = [_band(alt, warm)] if len(warm) >= SMALLEST_FOR_A_BAND else []
        layers += [_median(alt, warm)] if len(warm) > 1 else []
        return alt.layer(*layers, _dots(alt, times, cold))

    told = told_times(times, cold)
    show(title, make, ("dots", tuple(times), cold), 1, f"{title}: {told}", key)
    st.caption(told)


def told_times(times: Sequence[float], cold: int = 1) -> str:
    """Cold apart; of the warm ones the median, the middle half and, where there are enough, the tail."""
    first = ", ".join(seconds(value) for value in times[:cold])
    told = f"Cold (hollow): {first}. " if first else ""
    return told + (told_values(times[cold:], "warm") if times[cold:] else "No warm repeat.")


def told_values(values: Sequence[float], name: str) -> str:
    """`Median of 3 warm: 1.63 s, middle half 1.61 to 1.66 s.`"""
    found = summary(values)
    if found.n == 1:
        return f"One {name}: {seconds(found.median)}."
    parts = [f"Median of {count(found.n)} {name}: {seconds(found.median)}"]
    if found.n >= SMALLEST_FOR_A_BAND:
        parts.append(f"middle half {seconds(found.q1)} to {seconds(found.q3)}")
    else:
        parts.append(f"from {seconds(min(values))} to {seconds(max(values))}")
    parts += [f"p{share} {seconds(tail)}" for share, tail in ((90, found.p90), (99, found.p99)) if tail is not None]
    return ", ".join(parts) + "."


def _dots(alt: Any, times: Sequence[float], cold: int) -> Any:
    rows = [
        {
            "value": value,
            "label": f"repeat {number}{', cold' if number <= cold else ''}",
            "text": seconds(value),
            "colour": colour("quiet" if number <= cold else "measured"),
            "opacity": 0.0 if number <= cold else 1.0,
        }
        for number, value in enumerate(times, 1)
    ]
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_point(size=110, strokeWidth=2, filled=False)
        .encode(
            x=_seconds(alt, times),
            fill=alt.Fill("colour:N", scale=None),
            fillOpacity=alt.FillOpacity("opacity:Q", scale=None),
            stroke=alt.Stroke("colour:N", scale=None),
            tooltip=[alt.Tooltip("label:N", title=" "), alt.Tooltip("text:N", title="time")],
        )
    )


def _seconds(alt: Any, times: Sequence[float]) -> Any:
    return alt.X("value:Q", title="seconds", scale=alt.Scale(domain=[0, max(times) * 1.08]), axis=alt.Axis(tickCount=5))


def _median(alt: Any, warm: Sequence[float]) -> Any:
    rule = {"color": colour("text"), "strokeWidth": 1.5}
    return alt.Chart(alt.Data(values=[{"value": summary(warm).median}])).mark_rule(**rule).encode(x="value:Q")


def _band(alt: Any, warm: Sequence[float]) -> Any:
    found = summary(warm)
    data = alt.Data(values=[{"low": found.q1, "high": found.q3}])
    return alt.Chart(data).mark_rect(color=colour("quiet"), opacity=0.3).encode(x="low:Q", x2="high:Q")
