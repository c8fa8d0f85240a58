"""The statistics report as tables: one row per question, and one row for the test.

Both are made from the document of `core.classroom.statistics.report`, which may hold further figures than are named
here: those are left out.
"""

from collections.abc import Mapping
from typing import Any

from core.cells import Cell
from core.classroom.exports.files import Column, Kind, Table

Report = Mapping[str, Any]

_ITEM: dict[str, tuple[Kind, str]] = {
    "question": ("text", "Id of the question in the bank."),
    "n": ("integer", "Students who reached it."),
    "n_blank": ("integer", "How many of them left it blank."),
    "n_complete": ("integer", "Students who reached every question; weights, discrimination and alpha are of these."),
    "facility": ("number", "Mean score, in percent of the most that it gives."),
    "facility_interval": ("number", "of the interval of 95 % around facility."),
    "sd": ("number", "Standard deviation of the scores (of a sample), in percent of the most that it gives."),
    "intended_weight": ("number", "Its share of the most that the test gives, in percent."),
    "effective_weight": ("number", "Its share of what tells students apart, in percent; empty where it works against."),
    "discrimination_index": ("number", "Correlation with the scores on all other questions, in percent."),
    "discrimination_interval": ("number", "of the interval of 95 % around discrimination_index."),
    "discriminative_efficiency": ("number", "That covariance, in percent of the most that these scores could have."),
    "n27": ("integer", "Students in each of the upper and lower 27 %, by the total."),
    "d27": ("number", "Facility among the upper 27 % minus that among the lower 27 %, in percent."),
    "d27_interval": ("number", "of the interval of 95 % around d27."),
    "alpha_if_deleted": ("number", "Cronbach's alpha of the test without it, in percent."),
    "flags": ("text", "What is odd about it."),
}
_TEST: dict[str, tuple[Kind, str]] = {
    "n": ("integer", "Students who reached every question; all figures of the test are of them."),
    "mean": ("number", "Mean total, in points."),
    "median": ("number", "Median total, in points."),
    "sd": ("number", "Standard deviation of the totals (of a sample), in points."),
    "skewness": ("number", "Skewness of the totals, after Fisher."),
    "kurtosis": ("number", "Excess kurtosis of the totals, after Fisher."),
    "cronbach_alpha": ("number", "Cronbach's alpha, in percent."),
    "cronbach_alpha_interval": ("number", "of the interval of 95 % around cronbach_alpha, after Feldt."),
    "error_ratio": ("number", "The share of sd that is chance, in percent."),
    "standard_error": ("number", "Standard error of one student's total, in points."),
}
_GUESS = Column("random_guess_score", "number", "Mean score of answering blindly, in percent.")
_RULE = Column("attempt", "text", "The attempt of each student that the figures are of: first, last or best.")


def items_table(report: Report, guesses: Mapping[str, float] | None = None) -> Table:
    """The table `items`: one row per question; figures that are not defined are empty.

    Args:
        guesses: mean score of answering blindly in percent, by question (`core.classroom.statistics.guess_score`).
    """
    known = guesses or {}
    rows = ((*_flat(item, _ITEM), known.get(item["question"]), report["attempt"]) for item in report["items"])
    return Table("items", (*_columns(_ITEM), _GUESS, _RULE), tuple(rows))


def totals_table(report: Report) -> Table:
    """The table `test`: one row with the figures of the whole test."""
    columns = (
        Column("students", "integer", "Students with at least one answer."),
        Column("questions", "integer", "Questions with at least one answer."),
        *_columns(_TEST),
        _RULE,
    )
    row = (report["students"], report["questions"], *_flat(report["test"], _TEST), report["attempt"])
    return Table("test", columns, (row,))


def _columns(figures: Mapping[str, tuple[Kind, str]]) -> tuple[Column, ...]:
    """One column per figure, two per interval."""
    found: list[Column] = []
    for name, (kind, meaning) in figures.items():
        if name.endswith("_interval"):
            stem = name.removesuffix("_interval")
            found += [Column(f"{stem}_{end}", kind, f"{end.title()} end {meaning}") for end in ("low", "high")]
        else:
            found.append(Column(name, kind, meaning))
    return tuple(found)


def _flat(figures: Mapping[str, Any], wanted: Mapping[str, object]) -> tuple[Cell, ...]:
    cells: list[Cell] = []
    for name in wanted:
        value = figures.get(name)
        if name.endswith("_interval"):
            cells += value or (None, None)
        else:
            cells.append("; ".join(value) if isinstance(value, list | tuple) else value)
    return tuple(cells)
