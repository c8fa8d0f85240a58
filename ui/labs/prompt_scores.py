"""How well pictures of the same prompts agree with them in each state of the weights: scores, change, pictures."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.runs.records import Record
from core.store.tables import Picture
from core.units import significant
from ui.charts import altair, show
from ui.colours import colour
from ui.enlarged import enlarged
from ui.plain import plain

CHART_ROWS = 2
"""Height of a way in the chart, in rows of a bar chart."""
ROLE = "scored"
NAMES = {"clip": "CLIP score", "judge": "The judge's score"}
BY = {
    "clip": "The CLIP score is 100 times the cosine between picture and prompt in CLIP's space, or 0 where that is "
    "negative, as torchmetrics defines it.",
    "judge": "CLIP would know little of the small twin's drawings. Its judge says instead how sure it is of what the "
    "prompt asks for, 0 to 100. Scores of CLIP are others: they cannot be compared with these.",
}
SAYS = (
    "No prompt names the style that is learnt. So the score says whether the model still draws what it is asked for. "
    "It does not say whether the style was learnt or how good a picture looks. It falls where the style comes unasked."
)
INTERVAL = (
    "Interval: 95%, by the bootstrap, made of the means of as many changes drawn from these with repeats. With so few "
    "prompts it is somewhat too narrow. It is about other prompts of this kind, each with one seed."
)


def prompt_scores(run_id: str, scores: Record, made: Sequence[Picture], key: str) -> None:
    """Draw the change of every way with its interval, then each score and the pictures that were scored.

    Args:
        scores: `outputs.fine_tuning.scores` of a record.
        made: all pictures of the run.
    """
    states = scores["states"]
    title = f"{NAMES[scores['by']]}: change of each prompt, and of their mean"
    changed = [state for state in states if state.get("change")]
    if changed:
        told = " ".join(_told(state, plain_text=True) for state in changed)
        rows = CHART_ROWS * len(changed)
        show(title, lambda: _chart(states[0], changed), ("scores", run_id), rows, f"{title}. {told}", f"{key}_scores")
        st.markdown("\n".join(f"- {_told(state)}" for state in changed))
    st.markdown(_table(scores))
    st.caption(f"{BY[scores['by']]} {SAYS} {INTERVAL if changed else ''}")
    for state in states:
        _pictures(state, [each for each in made if each.role == ROLE and each.details["way"] == state["name"]])


def _told(state: Record, plain_text: bool = False) -> str:
    change = state["change"]
    low, high = _signed(change["low"]), _signed(change["high"])
    if change["low"] <= 0 <= change["high"]:
        meant = "The interval holds 0: so few prompts do not tell whether it changed."
    else:
        meant = f"The interval leaves 0 out: it {'fell' if change['mean'] < 0 else 'rose'}."
    title = state["title"] if plain_text else f"**{plain(state['title'])}**"
    return f"{title}: by {_signed(change['mean'])} points on average, interval {low} to {high}. {meant}"


def _table(scores: Record) -> str:
    states = scores["states"]
    head = "".join(f" {plain(state['title'])} |" for state in states)
    rows = [
        f"| {plain(prompt)} |" + "".join(f" {_score(state['scores'][at])} |" for state in states)
        for at, prompt in enumerate(scores["prompts"])
    ]
    mean = "| **Mean** |" + "".join(f" **{_score(state['mean'])}** |" for state in states)
    return "\n".join([f"| prompt |{head}", f"|:--|{'--:|' * len(states)}", *rows, mean])


def _pictures(state: Record, made: list[Picture]) -> None:
    if not made:
        return
    st.markdown(f"**{plain(state['title'])}**")
    with st.grid(len(made), min_column_width=96, gap="xsmall"):
        for picture in made:
            prompt, score = plain(picture.details["caption"]), _score(picture.details["score"])
            alt = f"{state['title']}, score {score}: {prompt}"
            st.image(enlarged(picture.png), caption=f"{score}: {prompt}", width="stretch", alt=alt)


def _score(value: float) -> str:
    return f"{value:.1f}"


def _signed(value: float) -> str:
    return f"{'−' if value < 0 else '+'}{significant(abs(value), 2)}"


def _chart(before: Record, changed: list[Record]) -> Any:
    """A dot for each prompt; above them the mean as a tick and its interval as a line."""
    alt = altair()
    points = [
        {"way": state["title"], "change": after - first}
        for state in changed
        for first, after in zip(before["scores"], state["scores"], strict=True)
    ]
    means = [{"way": state["title"], **state["change"]} for state in changed]
    across = {"y": alt.Y("way:N", title=None, sort=None, axis=alt.Axis(ticks=False, domain=False))}
    above = across | {"yOffset": alt.YOffsetValue(12)}
    points_of = alt.X("change:Q", title="change in points")
    dots = alt.Chart(alt.Data(values=points)).mark_point(size=70, strokeWidth=2, color=colour("quiet"))
    base = alt.Chart(alt.Data(values=means))
    return alt.layer(
        alt.Chart(alt.Data(values=[{"change": 0}])).mark_rule(color=colour("text")).encode(x=points_of),
        dots.encode(x=points_of, **across),
        base.mark_rule(strokeWidth=3, color=colour("measured")).encode(x="low:Q", x2="high:Q", **above),
        base.mark_tick(thickness=4, size=18, color=colour("measured")).encode(x="mean:Q", **above),
    )
