"""The statistics as one document, and as a table to read."""

from dataclasses import asdict
from typing import Any

from core.classroom.statistics.items import item_statistics
from core.classroom.statistics.marks import Attempt, Marks
from core.classroom.statistics.scores import FEW, total_statistics

COLUMNS = {
    "question": "question",
    "n": "n",
    "facility": "facility %",
    "sd": "SD %",
    "intended_weight": "intended %",
    "effective_weight": "effective %",
    "discrimination_index": "discrimination %",
    "discriminative_efficiency": "efficiency %",
}
FIGURES = {
    "mean": "mean",
    "median": "median",
    "sd": "SD",
    "skewness": "skewness",
    "kurtosis": "kurtosis",
    "cronbach_alpha": "Cronbach's alpha %",
    "error_ratio": "error ratio %",
    "standard_error": "standard error",
}
UNDEFINED = "-"


def report(marks: Marks, attempt: Attempt) -> dict[str, Any]:
    """Everything as plain JSON; undefined figures are None."""
    return {
        "students": len(marks.students),
        "questions": len(marks.questions),
        "attempt": attempt,
        "complete_students": len(marks.complete),
        "items": [asdict(item) for item in item_statistics(marks)],
        "test": asdict(total_statistics(marks)),
    }


def table(found: dict[str, Any]) -> str:
    """A report as text: one line per question, then the test's figures, then what is odd."""
    rows = [list(COLUMNS.values())] + [[_cell(item[name]) for name in COLUMNS] for item in found["items"]]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = [f"{found['students']} students, {found['questions']} questions, {found['attempt']} attempt", ""]
    lines += ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    lines += ["", *(f"{title}: {_cell(found['test'][name])}" for name, title in FIGURES.items())]
    lines += [f"{item['question']}: {flag}." for item in found["items"] for flag in item["flags"]]
    if found["complete_students"] < FEW:
        lines.append(f"{found['complete_students']} students reached every question: too few to judge questions by.")
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None:
        return UNDEFINED
    return f"{value:.2f}" if isinstance(value, float) else str(value)
