"""Answers from a CSV file: `student,question,attempt,score,max_score` in any order, and whatever else."""

import csv
from collections.abc import Iterable
from math import isfinite
from pathlib import Path

from core.classroom.statistics.marks import Answer, BadAnswers

COLUMNS = ("student", "question", "attempt", "score", "max_score")


def read_answers(path: Path) -> list[Answer]:
    """Every answer of the file; an empty score is a question that was left blank.

    Raises:
        BadAnswers: the file is not there, lacks a column, or a row holds what is no number; names the row.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(_answers(csv.DictReader(file), path.name))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadAnswers(f"{path} cannot be read: {error}.", "Give a CSV file in UTF-8.") from error


def _answers(rows: "csv.DictReader[str]", name: str) -> Iterable[Answer]:
    missing = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
    if missing:
        have = ", ".join(rows.fieldnames or ()) or "nothing"
        raise BadAnswers(
            f"{name} has no column {', '.join(missing)}; its first row holds {have}.",
            f"Name the columns {','.join(COLUMNS)}.",
        )
    for row in rows:
        yield _answer(row, f"{name}, row {rows.line_num}")


def _answer(row: dict[str, str], place: str) -> Answer:
    student, question = (row["student"] or "").strip(), (row["question"] or "").strip()
    if not student or not question:
        raise BadAnswers(f"{place} names no student or no question.", "Fill in both, or remove the row.")
    score = None if not (row["score"] or "").strip() else _number(row["score"], "score", place)
    most, attempt = (_number(row[column], column, place) for column in ("max_score", "attempt"))
    if most <= 0 or attempt < 1 or attempt != int(attempt):
        raise BadAnswers(
            f"{place}: max_score is {most:g} and attempt is {attempt:g}.",
            "A question has to give more than 0, and attempts count 1, 2, 3, …",
        )
    if score is not None and score > most:
        raise BadAnswers(f"{place}: a score of {score:g} of at most {most:g}.", "Correct one of them.")
    return Answer(student, question, int(attempt), score, most)


def _number(text: str | None, column: str, place: str) -> float:
    try:
        value = float(text or "")
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise BadAnswers(
            f"{place}: {column} is {text!r}, which is no number.", "Write it with a decimal point, as 0.5."
        )
    return value
