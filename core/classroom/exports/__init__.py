"""What a teacher takes along: a class's answers, students, statistics and runs as files, and gradebooks.

    rows = [AnswerRow("ada", "Q4", 1, marking, bank.sha, answer.created_at), …]
    students = student_rows(rows, handles, attempt="first")
    about = About(title, datetime.now(UTC), bank.bank.title, bank.sha, "first")
    excel_bytes([answers_table(rows), students_table(students, maxima), items_table(report(marks, "first"))], about)

Nothing here knows the database. Every text in every file is neutralised, so that no spreadsheet runs it.
"""

from core.cells import Cell
from core.classroom.exports.answers import AnswerRow, answers_table
from core.classroom.exports.files import (
    About,
    Column,
    Table,
    about_table,
    csv_bytes,
    excel_bytes,
    iso,
    parquet_bytes,
)
from core.classroom.exports.gradebook import CANVAS_STEPS, MOODLE_STEPS, canvas_csv, moodle_csv
from core.classroom.exports.items import items_table, totals_table
from core.classroom.exports.runs import RunRow, runs_table
from core.classroom.exports.students import StudentRow, student_rows, students_table

__all__ = [
    "CANVAS_STEPS",
    "MOODLE_STEPS",
    "About",
    "AnswerRow",
    "Cell",
    "Column",
    "RunRow",
    "StudentRow",
    "Table",
    "about_table",
    "answers_table",
    "canvas_csv",
    "csv_bytes",
    "excel_bytes",
    "iso",
    "items_table",
    "moodle_csv",
    "parquet_bytes",
    "runs_table",
    "student_rows",
    "students_table",
    "totals_table",
]
