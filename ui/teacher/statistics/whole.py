"""The test as a whole: its figures, each with an interval and what is usual, and how the totals are spread."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.classroom.class_statistics import ClassStatistics
from core.classroom.statistics import FEW, Interval
from ui.charts import altair
from ui.colours import colour
from ui.teacher.large_chart import LETTERS, frame, large_chart
from ui.teacher.statistics.words import UNDEFINED, figure, interval, percent, students, why_no_alpha, why_no_spread

BARS = 10
SPREAD_PX = 320


@dataclass(frozen=True)
class LargeFigure:
    """One large figure.

    Attributes:
        value: None where it is not defined; then `reason` says why.
        unit: ` %` for shares of the full marks.
        told: what it means and what is usual, in plain words.
    """

    label: str
    value: float | None
    ends: Interval | None
    told: str
    reason: str
    unit: str = " %"

    @property
    def text(self) -> str:
        """As it is shown."""
        if self.value is None:
            return UNDEFINED
        return percent(self.value) if self.unit else figure(self.value, 2)

    @property
    def ends_text(self) -> str | None:
        """The interval below it."""
        return (interval(self.ends) if self.unit else interval(self.ends, "", 2)) or None


def whole_test(found: ClassStatistics) -> None:
    """Draw the figures, then the spread of the totals."""
    is_grey = found.complete < FEW
    with st.grid(5, min_column_width=140):
        for one in figures_of(found):
            text = f":gray[{one.text}]" if is_grey else one.text
            told = f"{one.told} {one.reason}" if one.value is None else one.told
            st.metric(one.label, text, one.ends_text, delta_color="off", delta_arrow="off", help=told)
    st.caption("Below each figure: its interval of 95 %. Mean, median, SD and standard error are of the full marks.")
    _spread(found)


def figures_of(found: ClassStatistics) -> list[LargeFigure]:
    """Every figure of the test, marks in percent of the most that it gives."""
    return [*_levels(found), *_reliability(found), *_shape(found)]


def _levels(found: ClassStatistics) -> list[LargeFigure]:
    totals, ends, most = found.totals, found.intervals, found.most
    nobody = "Not defined: nobody has reached every question."
    usual_spread = "How far totals lie apart. Usual: 12 to 18 %."
    return [
        _marks("Mean", totals.mean, ends.mean, most, "The average total. Usual: 50 to 75 %.", nobody),
        _marks("Median", totals.median, ends.median, most, "Half of the class is below it, half above.", nobody),
        _marks("SD", totals.sd, ends.sd, most, usual_spread, why_no_spread(totals, 2)),
    ]


def _reliability(found: ClassStatistics) -> list[LargeFigure]:
    totals, ends = found.totals, found.intervals
    no_alpha = why_no_alpha(totals, len(found.tested))
    agreement = (
        "How far the questions agree on who is good. Usual: above 75 %; below 64 % the test is too short or mixed."
    )
    chance = "The share of SD that is chance. Usual: below 50 %."
    again = "How far a student's total would move in another test like this one. Usual: 6 to 9 %."
    return [
        LargeFigure("Cronbach's alpha", totals.cronbach_alpha, totals.cronbach_alpha_interval, agreement, no_alpha),
        *_without_measured(found),
        LargeFigure("Error ratio", totals.error_ratio, ends.error_ratio, chance, no_alpha),
        _marks("Standard error", totals.standard_error, ends.standard_error, found.most, again, no_alpha),
    ]


def _shape(found: ClassStatistics) -> list[LargeFigure]:
    totals, ends = found.totals, found.intervals
    tails = "Below 0 the weak students are spread out, above 0 the strong ones. Usual: around -1."
    crowd = "Above 0 totals crowd in the middle with a few far out; below 0 they are spread evenly. Usual: 0 to 1."
    return [
        LargeFigure("Skewness", totals.skewness, ends.skewness, tails, why_no_spread(totals, 3), unit=""),
        LargeFigure("Kurtosis", totals.kurtosis, ends.kurtosis, crowd, why_no_spread(totals, 4), unit=""),
    ]


def _marks(label: str, value: float | None, ends: Interval | None, most: float, told: str, reason: str) -> LargeFigure:
    """A figure in points, as percent of the most that the test gives; the points stand in its help."""
    if value is None:
        return LargeFigure(label, None, None, told, reason)
    share = 100 / most
    points = f"{value:.2f} of {most:g} points. {told}"
    return LargeFigure(label, share * value, ends and (share * ends[0], share * ends[1]), points, reason)


def _without_measured(found: ClassStatistics) -> list[LargeFigure]:
    alpha = found.without_measured
    if alpha is None:
        return []
    told = (
        f"Alpha of the {alpha.questions} questions whose key is the same for everybody, of {students(alpha.n)}. "
        "The key of a measured question is each student's own run."
    )
    reason = why_no_alpha(found.totals, alpha.questions)
    return [LargeFigure("Alpha, not measured", alpha.value, alpha.interval, told, reason)]


def _spread(found: ClassStatistics) -> None:
    """How many students have how much of the full marks."""
    if not found.scores:
        return
    alt = altair()
    counts = counts_of(found)
    step = 100 / BARS
    rows: list[dict[str, Any]] = [
        {"low": step * place + 0.4, "high": step * (place + 1) - 0.4, "n": n, "zero": 0, "text": str(n or "")}
        for place, n in enumerate(counts)
    ]
    x = alt.X("low:Q", title="total, % of full marks", scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(tickCount=10))
    y = alt.Y("n:Q", title="students", axis=alt.Axis(tickMinStep=1, tickCount=4), scale=alt.Scale(nice=True))
    bars = alt.Chart(frame(rows)).mark_bar(color=colour("measured"), opacity=_opacity(found))
    bars = bars.encode(x=x, x2="high:Q", y=y, y2="zero:Q")
    texts = alt.Chart(frame([row | {"middle": (row["low"] + row["high"]) / 2} for row in rows if row["n"]]))
    texts = texts.mark_text(dy=-11, fontSize=LETTERS, color=colour("text")).encode(x="middle:Q", y="n:Q", text="text:N")
    title = f"How {students(len(found.scores))} did on {len(found.tested)} questions"
    told = ", ".join(f"{n} with {step * at:.0f} to {step * (at + 1):.0f} %" for at, n in enumerate(counts) if n)
    chart, table = st.tabs(["Chart", "Table"])
    with chart:
        large_chart(title, alt.layer(bars, texts), SPREAD_PX, f"{title}: {told}.", "statistics_spread")
    with table:
        lines = [
            {"total, %": f"{step * at:.0f} to {step * (at + 1):.0f}", "students": n} for at, n in enumerate(counts)
        ]
        st.dataframe(lines, hide_index=True, width="content", alt=title)


def counts_of(found: ClassStatistics) -> list[int]:
    """Students by tenth of the full marks; the full marks themselves are in the last one."""
    counts = [0] * BARS
    for score in found.scores:
        counts[max(0, min(BARS - 1, int(BARS * score / found.most + 1e-9)))] += 1
    return counts


def _opacity(found: ClassStatistics) -> float:
    return 0.4 if found.complete < FEW else 1.0
