"""Answers before and after a regrade, as a table."""

from collections.abc import Iterable, Sequence
from typing import Any

import streamlit as st

from core.classroom.regrading import Change, Outcome
from core.quiz.bank import Question
from core.quiz.marking import Marking
from core.quiz.verdict import figure
from ui.teacher.safe_cells import safe

SIGNS: dict[Outcome, str] = {"better": "▲ better", "worse": "▼ worse", "same": "same", "kept": "kept"}
SHORT = "Hide answers whose score stays"
ROWS_SHOWN = 14
ROW_PX = 35


def changes_table(changes: Sequence[Change], question: Question | None, key: str) -> None:
    """Draw the table.

    Args:
        question: as it is now, whose letters name the options; None names them by their ids.
    """
    moved = [change for change in changes if change.outcome != "same"]
    is_short = bool(moved) and st.toggle(SHORT, value=True, key=f"{key}_short")
    shown = moved if is_short else changes
    letters = question.letters if question else {}
    lines = [safe(_line(change, letters)) for change in shown]
    lines = [{name: line[name] for name in line if any(each[name] is not None for each in lines)} for line in lines]
    st.dataframe(
        lines,
        hide_index=True,
        height=min(len(lines) + 1, ROWS_SHOWN + 1) * ROW_PX + 3,
        column_config={name: st.column_config.NumberColumn(format="%.2f") for name in ("score before", "score after")},
        key=key,
        alt="Every answer before and after the regrade.",
    )
    st.caption("Options are named by their letters of now; one that is gone, by its id.")


def _line(change: Change, letters: dict[str, str]) -> dict[str, Any]:
    after = change.after
    return {
        "student": change.handle,
        "attempt": change.attempt,
        "ticked": _named(change.choices, letters),
        "measured": _measured(after or change.before),
        "score before": change.before.score,
        "score after": change.before.score if after is None else after.score,
        "": SIGNS[change.outcome],
        "key before": _key(change.before, letters),
        "key after": None if after is None else _key(after, letters),
        "why": change.why_kept or None,
    }


def _named(options: Iterable[str], letters: dict[str, str]) -> str:
    return ", ".join(letters.get(option, option) for option in options)


def _key(marking: Marking, letters: dict[str, str]) -> str:
    """Every complete answer that counts in full."""
    return " or ".join(_named(answer, letters) for answer in marking.accepted)


def _measured(marking: Marking) -> str | None:
    return figure(marking.evidence.value, marking.evidence.unit) if marking.evidence else None
