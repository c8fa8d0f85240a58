"""Answers from a CSV file: `student,question,attempt,score,max_score` in any order, and whatever else."""

import csv
from collections.abc import Iterable, Sequence
from math import isfinite
from pathlib import Path

from core.classroom.statistics.marks import Answer, BadAnswers

COLUMNS = ("student", "question", "attempt", "score", "max_score")
LEAST, MOST = 1e-6, 1e6
"""What a question may be worth: with more the squares of the marks would leave what a computer can hold."""
OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs"}


def read_answers(path: Path) -> list[Answer]:
    """Every answer of the file; an empty score is a question that was left blank.

    Raises:
        BadAnswers: the file is not there, lacks a column, or a row holds what is no number; names the row.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            rows.fieldnames = [name.strip() for name in rows.fieldnames or ()]
            return list(_answers(rows, path.name))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadAnswers(f"{path} cannot be read: {error}.", "Give a CSV file in UTF-8.") from error


def _answers(rows: "csv.DictReader[str]", name: str) -> Iterable[Answer]:
    _check_columns(rows.fieldnames or (), name)
    for row in rows:
        yield _answer(row, f"{name}, row {rows.line_num}")


def _check_columns(columns: Sequence[str], name: str) -> None:
    missing = [column for column in COLUMNS if column not in columns]
    if not missing:
        return
    for separator, called in OTHER_SEPARATORS.items():
        if len(columns) == 1 and separator in columns[0]:
            raise BadAnswers(
                f"{name} separates its columns by {called}.",
                "Save it with commas between the columns, and points in its numbers, as 0.5.",
            )
    raise BadAnswers(
        f"{name} has no column {', '.join(missing)}; its first row holds {', '.join(columns) or 'nothing'}.",
        f"Name the columns {','.join(COLUMNS)}.",
    )


def _answer(row: dict[str, str], place: str) -> Answer:
    student, question = (row["student"] or "").strip(), (row["question"] or "").strip()
    if not student or not question:
        raise BadAnswers(f"{place} names no student or no question.", "Fill in both, or remove the row.")
    score = None if not (row["score"] or "").strip() else _number(row["score"], "score", place)
    most, attempt = (_number(row[column], column, place) for column in ("max_score", "attempt"))
    if not LEAST <= most <= MOST or attempt < 1 or attempt != int(attempt):
        raise BadAnswers(
            f"{place}: max_score is {most:g} and attempt is {attempt:g}.",
            f"A question gives more than 0 and at most {MOST:,.0f}, and attempts count 1, 2, 3, …",
        )
    if score is not None and abs(score) > most:
        raise BadAnswers(f"{place}: a score of {score:g} of at most {most:g}.", "Correct one of them.")
    return Answer(student, question, int(attempt), score, most)


def _number(text: str | None, column: str, place: str) -> float:
    try:
        value = float(text or "")
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise BadAnswers(
            f"{place}: {column} is {repr(text) if text else 'empty'}, which is no number.",
            "Write it with a decimal point, as 0.5.",
        )
    return value
