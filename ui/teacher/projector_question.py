"""One question on the projector: options in large type, counts behind them once it is closed, the key at the reveal."""

import streamlit as st

from core.classroom.projector import Option, Projection, Tally
from core.classroom.suppression import LEAST
from core.config import config
from core.quiz.bank import Question
from ui.colours import Meaning
from ui.teacher.option_bars import Bar, option_bars
from ui.teacher.projector_spread import spread_chart
from ui.teacher.question_buttons import badge

BAR_REM = 1.6


def projected(shown: Projection, question: Question) -> None:
    """Draw it. Of `question` only the picture is taken, which belongs to the prompt."""
    st.title(shown.headline, anchor=False)
    st.markdown(f"{shown.question_id} {badge(shown.state)} {_answered(shown)}")
    st.markdown(shown.prompt)
    if question.image:
        st.image(config().bank.parent / question.image.src, alt=question.image.alt)
    _own_prediction(shown.predictions)
    for index, option in enumerate(shown.options):
        _option(shown, option, index)
    _notes(shown)
    if shown.measured is not None:
        spread_chart(shown.measured)
    if shown.explanation is not None:
        with st.container(border=True, key="projected_why"):
            for told in shown.also:
                st.markdown(told)
            st.markdown(shown.explanation)


def _answered(shown: Projection) -> str:
    """How many have answered; a number from five on."""
    if shown.joined < LEAST:
        return f"answers are counted from {LEAST} students on"
    if shown.answered is None:
        return f"fewer than {LEAST} of {shown.joined} have answered"
    return f"**{shown.answered}** of {shown.joined} have answered"


def _option(shown: Projection, option: Option, index: int) -> None:
    text = f"**{option.letter}** · {option.text}{' :green-badge[:material/check: right]' if option.is_key else ''}"
    bars = []
    if shown.predictions is not None and not shown.predictions.labels and shown.predictions.is_shown:
        bars.append(_bar("predicted", shown.predictions, index, is_key=False))
    if shown.answers is not None and shown.answers.is_shown:
        bars.append(_bar("answered", shown.answers, index, option.is_key))
    if not bars:
        st.markdown(text)
        return
    left, right = st.columns(2, vertical_alignment="center")
    left.markdown(text)
    with right:
        option_bars(bars, BAR_REM)


def _bar(name: str, tally: Tally, index: int, is_key: bool) -> Bar:
    meaning: Meaning = "predicted" if name == "predicted" else "measured" if is_key else "quiet"
    return Bar(name, tally.counts[index], tally.people, meaning)


def _own_prediction(tally: Tally | None) -> None:
    """Where something else was predicted than is asked."""
    if tally is None or not tally.labels or not tally.is_shown:
        return
    for index, label in enumerate(tally.labels):
        left, right = st.columns(2, vertical_alignment="center")
        left.markdown(label)
        with right:
            option_bars([_bar("predicted", tally, index, is_key=False)], BAR_REM)


def _notes(shown: Projection) -> None:
    tallies = {"predicted": shown.predictions, "answered": shown.answers}
    for name, tally in tallies.items():
        if tally is not None and not tally.is_shown:
            st.caption(f"What was {name} is not shown: counts this small would tell who chose what.")
    if any(tally is not None and tally.is_shown and None in tally.counts for tally in tallies.values()):
        st.caption("Counts under 5 are hidden, and those from which they would follow.")
    if shown.state == "revealed" and shown.is_measured:
        st.caption("What is right differs from student to student: it is what their own run measured.")
