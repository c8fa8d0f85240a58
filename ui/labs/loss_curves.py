"""The loss of a training, on pictures that were held out and on some that were not."""

from typing import Any

import streamlit as st

from core.labs.fine_tuning.settings import TITLES
from core.runs.records import Record
from core.units import significant
from ui.charts import altair, show
from ui.colours import colour

LOSS_ROWS = 7
"""Height of the chart of the loss, in rows of a bar chart."""
LOSS = (
    "The mean squared error of the predicted noise, at the same three levels of noise each time. Solid: pictures that "
    "were held out; dashed: as many of those that were trained with. Where the dashed line falls and the solid one "
    "rises, the weights learn these pictures by heart. Bars: standard error over the pictures."
)


def fallen(way: Record) -> str:
    """The loss on held-out pictures before and after."""
    first, last = (way["points"][at]["held_out"]["mean"] for at in (0, -1))
    return f"{significant(first)} → {significant(last)}"


def losses(run_id: str, ways: dict[str, Record], held_out: int, key: str) -> None:
    """Draw the loss of every way over its steps, and say what became of it.

    Args:
        ways: what the run measured, by way.
        held_out: how many pictures were held out.
    """
    title = "The loss on pictures that were held out, and on some that were not"
    told = ", ".join(f"{way['title']} {fallen(way)}" for way in ways.values())
    show(title, lambda: _loss_chart(ways), ("losses", run_id), LOSS_ROWS, f"{title}. Held out: {told}.", f"{key}_loss")
    st.caption(LOSS)
    for way in ways.values():
        change = way["change"]
        error = "" if change["error"] is None else f" ± {significant(change['error'], 2)}"
        st.markdown(
            f"**{way['title']}**: on each held-out picture the loss changed by {_signed(change['mean'])}{error} (mean "
            f"and standard error of {held_out} pictures, each compared with itself)."
        )


def _signed(value: float) -> str:
    return f"{'−' if value < 0 else '+'}{significant(abs(value), 2)}"


def _values(ways: dict[str, Record]) -> list[dict[str, Any]]:
    """A row per way, measured step and set of pictures."""
    return [
        {
            "way": name,
            "what": what,
            "step": point["step"],
            "loss": point[what]["mean"],
            "low": point[what]["mean"] - (point[what]["error"] or 0),
            "high": point[what]["mean"] + (point[what]["error"] or 0),
        }
        for name, way in ways.items()
        for point in way["points"]
        for what in ("held_out", "learnt")
    ]


def _loss_chart(ways: dict[str, Record]) -> Any:
    alt = altair()
    colours, values = {"lora": colour("measured"), "full": colour("predicted")}, _values(ways)
    last = [
        {**value, "title": TITLES[name]}  # type: ignore[index]
        for name in ways
        for value in [[each for each in values if each["way"] == name and each["what"] == "held_out"][-1]]
    ]
    kinds = alt.Scale(domain=["held_out", "learnt"], range=[[1, 0], [4, 4]])
    shade = alt.Scale(domain=list(colours), range=list(colours.values()))
    place = {
        "x": alt.X("step:Q", title="step", axis=alt.Axis(tickMinStep=1)),
        "y": alt.Y("loss:Q", title="loss", scale=alt.Scale(zero=False)),
        "color": alt.Color("way:N", scale=shade, legend=None),
    }
    base = alt.Chart(alt.Data(values=values))
    lines = base.mark_line(strokeWidth=2).encode(**place, strokeDash=alt.StrokeDash("what:N", scale=kinds, legend=None))
    errors = (
        base.transform_filter("datum.what == 'held_out'")
        .mark_rule()
        .encode(**{**place, "y": alt.Y("low:Q", title="loss", scale=alt.Scale(zero=False))}, y2="high:Q")
    )
    written = [
        alt.Chart(alt.Data(values=[each]))
        .mark_text(align="right", dy=beside, fontSize=13)
        .encode(**place, text="title:N")
        for each, beside in zip(last, (-12, 16), strict=False)
    ]
    return alt.layer(lines, errors, *written)
