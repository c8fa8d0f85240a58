"""How answers moved: from the prediction to the first answer and on to the last, and what further attempts brought."""

import streamlit as st

from core.classroom.class_statistics import QuestionStatistics
from core.classroom.statistics import FEW, Matrix, Share
from core.classroom.statistics.labels import OTHER
from ui.plain import plain
from ui.teacher.large_chart import large_bars
from ui.teacher.statistics.matrices import matrix_chart
from ui.teacher.statistics.words import UNDEFINED, figure, interval, percent, students


def shifts(found: QuestionStatistics, key: str) -> None:
    """Draw the figures, both matrices, and the score after each attempt."""
    _figures(found)
    left, right = st.columns(2)
    with left:
        if found.shift.prediction_to_first.n:
            _from_prediction(found, key)
        else:
            _after_attempts(found, key)
    with right:
        title = _told(found.shift.first_to_final, "ended where they had begun")
        matrix_chart(title, found.shift.first_to_final, "first answer", "last answer", f"{key}_final")
    _legend(found)
    if found.shift.prediction_to_first.n:
        _after_attempts(found, key)


def _from_prediction(found: QuestionStatistics, key: str) -> None:
    matrix, has_own = found.shift.prediction_to_first, bool(found.prediction_letters)
    title = (
        f"What {students(matrix.n)} predicted, and answered first."
        if has_own
        else _told(matrix, "answered as they had predicted")
    )
    matrix_chart(title, matrix, "predicted", "first answer", f"{key}_prediction", has_diagonal=not has_own)


def _figures(found: QuestionStatistics) -> None:
    moved, gain = found.shift, found.shift.gain
    is_grey = gain.n < FEW
    with st.grid(5, min_column_width=150):
        if moved.right_prediction and moved.right_prediction.n:
            _share("Right prediction", moved.right_prediction, "By each student's own key, before measuring.")
        _figure("First score", percent(gain.mean_first), None, "Mean of the first answers.", is_grey)
        _figure("Last score", percent(gain.mean_final), None, "Mean of the last answers.", is_grey)
        no_gain = " Not defined: the first answers had full marks." if gain.normalised_gain is None else ""
        _figure(
            "Normalised gain",
            UNDEFINED if gain.normalised_gain is None else figure(gain.normalised_gain, 2),
            interval(gain.normalised_gain_interval, "", 2) or None,
            f"What further attempts brought, of what was left to gain; 1 is everything.{no_gain}",
            is_grey,
        )
        _share(
            "Improved",
            gain.improved,
            f"More marks with the last answer than with the first; {gain.worse.count} got fewer.",
        )


def _share(label: str, share: Share, told: str) -> None:
    told = f"{share.count} of {share.n}. {told}"
    _figure(label, percent(share.percent), interval(share.interval) or None, told, share.n < FEW)


def _figure(label: str, text: str, ends: str | None, told: str, is_grey: bool) -> None:
    shown = f":gray[{text}]" if is_grey else text
    st.metric(label, shown, ends, delta_color="off", delta_arrow="off", help=told)


def _told(matrix: Matrix, what: str) -> str:
    """How many stayed on the diagonal."""
    same = sum(
        count
        for row, counts in zip(matrix.rows, matrix.counts, strict=True)
        for column, count in zip(matrix.columns, counts, strict=True)
        if row == column
    )
    return f"{same} of {students(matrix.n)} {what}."


def _legend(found: QuestionStatistics) -> None:
    keys = ", ".join(found.shift.keys)
    if keys:
        others = " “other” holds rare sets of ticks, among which moves are not seen." if _has_others(found) else ""
        st.caption(f"Counts in full: {plain(keys)}. A frame marks those who stayed.{others}")
    if found.prediction_letters and found.question.prediction:
        texts = {choice.id: choice.text for choice in found.question.prediction.choices}
        st.caption(f"Predicted, to “{found.question.prediction.prompt}”:")
        st.markdown("\n".join(f"- **{letter}** {texts[name]}" for name, letter in found.prediction_letters.items()))


def _has_others(found: QuestionStatistics) -> bool:
    return OTHER in {*found.shift.first_to_final.rows, *found.shift.prediction_to_first.rows}


def _after_attempts(found: QuestionStatistics, key: str) -> None:
    steps = found.shift.gain.after_attempts
    if len(steps) < 2:
        return
    rows = [(f"attempt {step.attempt} (n {step.n})", step.mean, percent(step.mean)) for step in steps]
    large_bars(
        "Mean score after each attempt", rows, "% of full marks; who stopped keeps the score", 115, f"{key}_after"
    )
