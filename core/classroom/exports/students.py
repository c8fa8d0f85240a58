"""A class as one row per student: the score of each question by the attempt rule, and the total."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.classroom.exports.answers import COUNTED, AnswerRow
from core.classroom.exports.files import Column, Table

if TYPE_CHECKING:
    from core.classroom.statistics import Attempt

OWN = ("student", "answered", "total", "max_total")


@dataclass(frozen=True)
class StudentRow:
    """One student. `scores` holds questions by id; what was not answered is not there, a blank answer is 0."""

    student: str
    scores: Mapping[str, float]

    @property
    def total(self) -> float | None:
        """The sum of the scores; None where nothing was answered."""
        return sum(self.scores.values()) if self.scores else None


def student_rows(
    answers: Iterable[AnswerRow], students: Sequence[str], attempt: "Attempt" = "first"
) -> list[StudentRow]:
    """A row for each of `students`, in their order, also for those who have answered nothing.

    The attempt is chosen as the class's statistics choose it.

    Raises:
        BadAnswers: a question is worth different amounts for different students.
    """
    from core.classroom.statistics import Answer, marks_of

    counted = [
        Answer(row.student, row.question, row.attempt, row.marking.score, row.max_score)
        for row in answers
        if row.marking.state in COUNTED
    ]
    if not counted:
        return [StudentRow(student, {}) for student in students]
    marks = marks_of(counted, attempt)
    scores = {
        student: {name: float(x) for name, x in zip(marks.questions, row, strict=True) if x == x}  # NaN: not reached
        for student, row in zip(marks.students, marks.scores.tolist(), strict=True)
    }
    return [StudentRow(student, scores.get(student, {})) for student in students]


def students_table(rows: Iterable[StudentRow], maxima: Mapping[str, float]) -> Table:
    """The table `students`.

    Args:
        maxima: the most that each question gives, by id; one column each, in this order.
    """
    columns = (
        Column("student", "text", "The handle that the student chose."),
        *(_column(question, most) for question, most in maxima.items()),
        Column("answered", "integer", "How many of these questions the student answered."),
        Column("total", "number", "Sum of the scores; empty where nothing was answered."),
        Column("max_total", "number", "The most that all of these questions give together."),
    )
    most = sum(maxima.values())
    cells = []
    for row in rows:
        mine = StudentRow(row.student, {name: row.scores[name] for name in maxima if name in row.scores})
        cells.append((row.student, *map(mine.scores.get, maxima), len(mine.scores), mine.total, most))
    return Table("students", columns, tuple(cells))


def _column(question: str, most: float) -> Column:
    name = f"question_{question}" if question in OWN else question
    return Column(name, "number", f"Score on {question}, of at most {most:g}; empty where it was not answered.")
