"""Which options were chosen, by the lower, middle and upper third of the class, and what is odd about one."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.classroom.class_statistics import QuestionStatistics
from core.classroom.statistics import FEW, Option
from ui.charts import altair
from ui.colours import colour
from ui.plain import plain
from ui.teacher.large_chart import AXIS_PX, LETTERS, frame, large_chart
from ui.teacher.safe_cells import safe
from ui.teacher.statistics.words import bracketed, percent

THIRDS = ("lower", "middle", "upper")
SHADES = (0.4, 0.7, 1.0)
BAR_PX = 22
AXIS_END = 125
RIGHT = "✓"


def options(found: QuestionStatistics, key: str) -> None:
    """Draw the chart beside what the letters stand for, then the table."""
    left, right = st.columns([2, 3])
    with left:
        legend(found)
        for option in found.distractors.options:
            for flag in option.flags:
                st.markdown(f":material/flag: **{plain(letter(found, option.id))}**: {plain(flag)}.")
        st.caption(_basis(found))
    with right:
        chart, table = st.tabs(["Chart", "Table"])
        with chart:
            _chart(found, key)
        with table:
            lines = [_line(found, option) for option in found.distractors.options]
            told = f"Options of {found.question.id}"
            st.dataframe(lines, hide_index=True, height="content", placeholder="–", alt=told)


def legend(found: QuestionStatistics) -> None:
    """What each letter stands for, in the order of the bank, with a tick where it counts for everybody."""
    right = {option.id for option in found.distractors.options if option.is_right}
    lines = [
        f"- **{choice.letter}**{f' {RIGHT}' if choice.id in right else ''} {choice.text}"
        for choice in found.question.choices
    ]
    st.markdown("\n".join(lines))


def letter(found: QuestionStatistics, option_id: str) -> str:
    """The letter of an option; its id where the bank does not name it any more."""
    return found.question.letters.get(option_id, option_id)


def _chart(found: QuestionStatistics, key: str) -> None:
    alt = altair()
    rows = bars_of(found)
    part = alt.YOffset("part:N", sort=list(THIRDS))
    place = alt.Y("option:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False, labelPadding=10))
    scale = alt.Scale(domain=[0, AXIS_END], nice=False)
    x = alt.X("percent:Q", title="chosen by, %", scale=scale, axis=alt.Axis(values=list(range(0, 101, 25))))
    base = alt.Chart(frame(rows))
    bars = base.mark_bar(cornerRadiusEnd=2).encode(
        x=x,
        y=place,
        yOffset=part,
        color=alt.Color("colour:N", scale=None),
        opacity=alt.Opacity("opacity:Q", scale=None),
    )
    texts = base.mark_text(align="left", dx=6, fontSize=LETTERS, color=colour("text"))
    texts = texts.encode(x=x, y=place, yOffset=part, text="text:N")
    height = BAR_PX * len(rows) + 12 * len(found.distractors.options) + AXIS_PX
    told = "; ".join(f"{row['option']} {row['text']}" for row in rows)
    title = finding(found)
    large_chart(title, alt.layer(bars, texts), height, f"{title} {told}.", key)


def finding(found: QuestionStatistics) -> str:
    """Which option was chosen most, and whether it counts."""
    most = max(found.distractors.options, key=lambda option: option.chosen.count)
    right = {True: ", which is right", False: ", which is wrong", None: ""}[most.is_right]
    who = f"{percent(most.chosen.percent)} of {most.chosen.n}"
    return f"Chosen most: {letter(found, most.id)}{right}, by {who}."


def bars_of(found: QuestionStatistics) -> list[dict[str, Any]]:
    """One bar for each third of each option; a single one where the class is too small for thirds."""
    rows = []
    for option in found.distractors.options:
        shares = option.thirds or (option.chosen,)
        names: Sequence[str] = THIRDS if option.thirds else ("all",)
        shades = SHADES if option.thirds else (0.4 if option.chosen.n < FEW else 1.0,)
        for name, share, shade in zip(names, shares, shades, strict=True):
            rows.append(
                {
                    "option": f"{letter(found, option.id)}{f' {RIGHT}' if option.is_right else ''}",
                    "part": name,
                    "percent": share.percent or 0,
                    "text": f"{percent(share.percent)}  {'' if name == 'all' else name}".strip(),
                    "colour": colour("text" if option.is_right else "quiet"),
                    "opacity": shade,
                }
            )
    return rows


def _line(found: QuestionStatistics, option: Option) -> dict[str, Any]:
    texts = {choice.id: choice.text for choice in found.question.choices}
    counts = {True: "yes", False: "no", None: "depends on the run"}[option.is_right]
    cells = {
        "option": letter(found, option.id),
        "text": texts.get(option.id, ""),
        "counts": counts,
        "chosen by": option.chosen.count,
        "%": option.chosen.percent and round(option.chosen.percent),
        "interval, %": bracketed(option.chosen.interval),
        **{
            f"{name} third, %": share.percent if share.percent is None else round(share.percent)
            for name, share in zip(THIRDS, option.thirds, strict=False)
        },
        "correlation with the rest, %": option.correlation if option.correlation is None else round(option.correlation),
        "its interval": bracketed(option.correlation_interval),
        "remarks": "; ".join(option.flags) or None,
    }
    return safe(cells)


def _basis(found: QuestionStatistics) -> str:
    held = found.distractors
    told = f"Of {held.n} students with an answer"
    if held.third_sizes:
        sizes = ", ".join(f"{name} {size}" for name, size in zip(THIRDS, held.third_sizes, strict=True))
        told += f"; thirds by the rest of the test, of those who reached all of it ({sizes})"
    else:
        told += "; there are no thirds below 9 students who reached every question"
    blank = f" {held.n_blank} left it blank." if held.n_blank else ""
    several = (
        " Several could be ticked, so shares add up to more than 100 %." if found.question.type != "single" else ""
    )
    return f"{told}.{blank}{several}"
