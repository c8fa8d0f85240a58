"""A class's scores for the gradebooks of Moodle and Canvas.

VRAM Lab stores handles and no accounts, so neither file can name its students to the other system. The teacher fills
in one column by hand, and `MOODLE_STEPS` and `CANVAS_STEPS` say which and what comes next. Both files are CSV in UTF-8
with a byte order mark, which both systems accept and without which Excel spoils names while the column is filled in.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from core.cells import Cell, neutral
from core.classroom.exports.students import StudentRow

Content = Literal["total", "questions"]
PREFIX = "VRAM Lab"
"""Begins the name of every grade column, so that a gradebook of many activities tells where it came from."""
NO_GRADE = "-"
"""Moodle's own sign; an empty cell becomes a 0 in a new grade item. No spreadsheet computes a lone minus."""
POINTS = "Points Possible"
MOODLE_STEPS = (
    "Fill in the column Username with each student's Moodle username, or skip this where the handles are usernames, ID "
    "numbers or e-mail addresses in Moodle. Remove the rows of people who are not in the course: Moodle takes no file "
    "with an unknown person.",
    "In Moodle open Grades, Import, CSV file. Encoding is UTF-8, separator is comma.",
    "Map from Username to username, or from Handle to what the handles are.",
    f"Map “{PREFIX} percent” to a new grade item, whose maximum is 100; or map “{PREFIX} total” or single questions to "
    "grade items that you made with their maximum, which the column's name gives. Leave the rest on Ignore.",
    f"“{NO_GRADE}” means not answered and gives no grade.",
)
CANVAS_STEPS = (
    "In Canvas export the gradebook once, and copy each student's ID, or SIS User ID, or SIS Login ID, from that file "
    "into this one. Canvas also takes a name in the column Student that is exactly as in Canvas.",
    f"Leave the first row and the row {POINTS} as they are.",
    "In Canvas open Grades, Import. Say which columns are new assignments, and check the list of students before you "
    "go on: handles were chosen by the students themselves.",
    "Import either the total or the single questions, as both would count twice.",
    "An empty cell means not answered and gives no grade.",
)


def moodle_csv(rows: Iterable[StudentRow], maxima: Mapping[str, float]) -> bytes:
    """For Moodle's grade import: handle, an empty column to fill in, every question, total and percent.

    Args:
        maxima: the most that each question gives, by id; one column each, in this order.
    """
    most = sum(maxima.values())
    graded = [*(f"{PREFIX} {name} (of {value:g})" for name, value in maxima.items()), f"{PREFIX} total (of {most:g})"]
    lines: list[list[Cell]] = [["Handle", "Username", *graded, f"{PREFIX} percent"]]
    for row in rows:
        total = _total(row, maxima)
        percent = None if total is None or not most else round(100 * total / most, 2)
        grades = [*map(row.scores.get, maxima), total, percent]
        told = [NO_GRADE if grade is None else round(grade, 5) for grade in grades]
        lines.append([neutral(row.student), None, *told])
    return _csv(lines)


def canvas_csv(
    rows: Iterable[StudentRow], maxima: Mapping[str, float], *, section: str, content: Content = "total"
) -> bytes:
    """For Canvas's gradebook import: its five columns of a student, then one column per assignment.

    Args:
        section: the class's title.
        content: one assignment for the total, or one for each question.
    """
    most = {"total": sum(maxima.values())} if content == "total" else dict(maxima)
    lines: list[list[Cell]] = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *(f"{PREFIX} {name}" for name in most)],
        [f"    {POINTS}", None, None, None, None, *most.values()],
    ]
    for row in rows:
        grades = [_total(row, maxima)] if content == "total" else [row.scores.get(name) for name in most]
        told = [None if grade is None else round(grade, 5) for grade in grades]
        lines.append([_student(row.student), None, None, None, neutral(section), *told])
    return _csv(lines)


def _total(row: StudentRow, maxima: Mapping[str, float]) -> float | None:
    found = [row.scores[name] for name in maxima if name in row.scores]
    return sum(found) if found else None


def _student(handle: str) -> Cell:
    """Canvas takes any row that begins with `Points Possible` for the maxima, so nobody is called that."""
    return neutral(handle.replace(POINTS, POINTS.lower()))


def _csv(lines: Sequence[Sequence[Cell]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(lines)
    return out.getvalue().encode("utf-8-sig")
