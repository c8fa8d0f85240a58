"""The statistics as one document, and as a table to read."""

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from core.classroom.statistics.items import item_statistics
from core.classroom.statistics.marks import Attempt, Marks
from core.classroom.statistics.scores import FEW, ROUGH, alpha_statistics, total_statistics

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
    "cronbach_alpha_without_measured": "Cronbach's alpha without the measured questions %",
    "error_ratio": "error ratio %",
    "standard_error": "standard error",
}
UNDEFINED = "-"


def report(marks: Marks, attempt: Attempt, measured: Collection[str] = ()) -> dict[str, Any]:
    """Everything as plain JSON; undefined figures are None.

    Args:
        attempt: which one `marks` holds of each student.
        measured: questions whose key is each student's own run. Alpha is then given without them too, as
            `test.cronbach_alpha_without_measured`: it takes for granted that all questions measure one thing.
    """
    return {
        "students": len(marks.students),
        "questions": len(marks.questions),
        "attempt": attempt,
        "complete_students": len(marks.complete),
        "items": [asdict(item) for item in item_statistics(marks)],
        "test": asdict(total_statistics(marks)) | _without(marks, measured),
    }


def _without(marks: Marks, measured: Collection[str]) -> dict[str, Any]:
    if not measured:
        return {}
    left = alpha_statistics(marks, without=measured)
    return {
        "cronbach_alpha_without_measured": left.value,
        "cronbach_alpha_without_measured_interval": left.interval,
        "n_without_measured": left.n,
    }


def table(found: dict[str, Any]) -> str:
    """A report as text: one line per question, then the test's figures, then what is odd."""
    rows = [list(COLUMNS.values())] + [[_cell(item[name]) for name in COLUMNS] for item in found["items"]]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = [f"{found['students']} students, {found['questions']} questions, {found['attempt']} attempt", ""]
    lines += ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    figures = {name: title for name, title in FIGURES.items() if name in found["test"]}
    lines += ["", *(f"{title}: {_cell(found['test'][name])}" for name, title in figures.items())]
    lines += [f"{item['question']}: {flag}." for item in found["items"] for flag in item["flags"]]
    return "\n".join([*lines, _basis(found["complete_students"])])


def _basis(complete: int) -> str:
    """Whom the correlations and the test's figures are of, and what that is worth."""
    worth = (
        "too few to judge questions by" if complete < FEW else "enough for rough figures" if complete < ROUGH else ""
    )
    basis = "Weights, discrimination and the test's figures are of the students who reached every question"
    return f"{basis}: {complete}{', ' if worth else ''}{worth}."


def _cell(value: Any) -> str:
    if value is None:
        return UNDEFINED
    return f"{value:.2f}" if isinstance(value, float) else str(value)
