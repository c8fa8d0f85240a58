"""One question: its figures, what was chosen or measured, how answers moved."""

import streamlit as st

from core.classroom.class_statistics import ClassStatistics, QuestionRow, QuestionStatistics
from core.classroom.statistics import FEW, ROUGH
from ui.plain import plain
from ui.teacher.statistics.measured import measured
from ui.teacher.statistics.options import options
from ui.teacher.statistics.shifts import shifts
from ui.teacher.statistics.words import interval, percent, students, why_no_correlation


def one_question(found: QuestionStatistics, whole: ClassStatistics, row: QuestionRow) -> None:
    """Draw everything about a question."""
    question, key = found.question, f"statistics_{found.question.id}"
    st.markdown(question.prompt)
    _figures(found, whole, row)
    st.subheader("Measured and chosen" if question.key else "Who chose what", divider="gray", anchor=False)
    if question.key:
        measured(found, key)
    else:
        options(found, f"{key}_options")
    st.subheader("From prediction to last answer", divider="gray", anchor=False)
    shifts(found, key)


def _figures(found: QuestionStatistics, whole: ClassStatistics, row: QuestionRow) -> None:
    item, d27 = row.item, row.item.d27
    upper = (
        ""
        if d27 is None
        else f" The best {item.n27} did better than the weakest {item.n27} by {d27:.0f} points of 100 (D27)."
    )
    with st.grid(4, min_column_width=170):
        _figure("Facility", percent(item.facility), interval(item.facility_interval), item.n, "The mean mark.")
        _figure(
            "Discrimination",
            percent(item.discrimination_index) if row.is_tested else "–",
            interval(item.discrimination_interval),
            item.n_complete,
            f"Correlation with the rest of the test. {why_no_correlation(row, len(whole.tested)).capitalize()}{upper}",
        )
        guess = row.guess
        told = "" if guess is None else "; ".join(f"{name} {value:.0f} %" for name, value in guess.strategies.items())
        _figure(
            "Guessing earns", percent(guess.expected if guess else None), "", ROUGH, f"Of blind strategies: {told}."
        )
        asked = f"{found.asked} asked for the answer." if found.asked else "Nobody asked for the answer."
        st.metric("Students", item.n, help=f"With an answer. {asked}")
    if item.n < ROUGH:
        st.caption(f"{'Greyed' if item.n < FEW else 'Rough'}: {students(item.n)} answered.")
    if found.groups:
        shares = " · ".join(percent(group.facility) for group in found.groups)
        named = {5: "fifth", 3: "third"}.get(len(found.groups), "group")
        st.markdown(f"Mean mark by {named} of the class, weakest on the rest first: **{plain(shares)}**")


def _figure(label: str, text: str, ends: str, n: int, told: str) -> None:
    shown = f":gray[{text}]" if n < FEW else text
    st.metric(label, shown, ends or None, delta_color="off", delta_arrow="off", help=told)
