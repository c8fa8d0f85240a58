"""Figures of the statistics in words: percentages, intervals, and why one is not defined."""

from core.classroom.class_statistics import QuestionRow
from core.classroom.statistics import FEW, ROUGH, Interval, Totals

UNDEFINED = "–"


def percent(value: float | None) -> str:
    """Whole percent: no class is large enough for more."""
    return UNDEFINED if value is None else f"{figure(value)} %"


def interval(ends: Interval | None, unit: str = " %", digits: int = 0) -> str:
    """`62 to 88 %`; empty where there is none."""
    return "" if ends is None else f"{figure(ends[0], digits)} to {figure(ends[1], digits)}{unit}"


def bracketed(ends: Interval | None) -> str | None:
    """`[62, 88]` for a cell of a table, which may begin neither with a sign nor with a minus; None without one."""
    return None if ends is None else f"[{figure(ends[0])}, {figure(ends[1])}]"


def figure(value: float, digits: int = 0) -> str:
    """A number with a minus instead of a hyphen, and without one before a zero."""
    text = f"{value:.{digits}f}"
    return text.replace("-", "−") if float(text) else text.removeprefix("-")


def students(n: int) -> str:
    """`1 student`, `30 students`."""
    return f"{n} student" if n == 1 else f"{n} students"


def further(n: int, what: str) -> str:
    """`1 further machine is`, `3 further machines are`."""
    return f"{n} further {what} is" if n == 1 else f"{n} further {what}s are"


def worth(complete: int) -> str:
    """What figures of so many complete students are worth, in a sentence; empty from 30 on."""
    who = f"{students(complete)} {'has' if complete == 1 else 'have'} reached every question of the test"
    if complete < FEW:
        return f"{who}. Figures of fewer than {FEW} say next to nothing, so they are greyed."
    if complete < ROUGH:
        return f"Rough: {who}. From {ROUGH} on, figures are worth comparing."
    return ""


def why_no_spread(totals: Totals, least: int) -> str:
    """Why a figure of the totals that needs `least` students and some difference is not defined."""
    if totals.n < least:
        return f"Not defined: it needs {students(least)} who reached every question; there {_are(totals.n)}."
    return "Not defined: everybody has the same total."


def why_no_alpha(totals: Totals, questions: int) -> str:
    """Why Cronbach's alpha, and what follows from it, is not defined."""
    if questions < 2:
        return f"Not defined: it needs two questions; there {_are(questions)}."
    return why_no_spread(totals, 3)


def why_no_correlation(row: QuestionRow, questions: int) -> str:
    """Why a question has no discrimination index; empty where it has one."""
    item = row.item
    if not row.is_tested or item.discrimination_index is not None:
        return ""
    if questions < 2:
        return "no discrimination: it is the only question"
    if item.n_complete < 2:
        return f"no discrimination: {students(item.n_complete)} reached every question"
    return "no discrimination: those who reached every question all got the same mark, here or on the rest"


def _are(n: int) -> str:
    return f"is {n}" if n == 1 else f"are {n}"
