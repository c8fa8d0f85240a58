"""The files that a teacher takes along of one class, made from the database when they are asked for.

    files = ClassFiles(database, room, bank, Choice("first"))
    files.csv("answers"), files.parquet("runs"), files.excel(), files.moodle(), files.canvas("total")
    file_name(room.title, "answers", "csv")        # physics-1_answers_2026-11-25.csv

Every file is of the same attempts on the same questions: `python -m core stats answers.csv --attempt …` prints the
figures of `items` and `test`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, get_args

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.classroom.class_data import ClassAnswer, answers_of_class, members_of, predictions_of_class, runs_of_class
from core.classroom.exports import (
    About,
    AnswerRow,
    RunRow,
    StudentRow,
    Table,
    answers_table,
    canvas_csv,
    csv_bytes,
    excel_bytes,
    items_table,
    moodle_csv,
    parquet_bytes,
    runs_table,
    student_rows,
    students_table,
    totals_table,
)
from core.classroom.exports.gradebook import Content
from core.quiz.bank import Bank
from core.store.tables import Answer, Class, Person, Run

if TYPE_CHECKING:
    from core.classroom.statistics import Attempt

Name = Literal["answers", "students", "items", "test", "runs"]
NAMES: tuple[Name, ...] = get_args(Name)
DEMO = "This is demo data: nobody measured or answered it."


@dataclass(frozen=True)
class Choice:
    """What the files are of.

    Attributes:
        attempt: which one of each student counts.
        is_test_only: only questions that at least half of the students with an answer have answered, as on the page of
            statistics; else every question with an answer.
    """

    attempt: "Attempt" = "first"
    is_test_only: bool = False


class ClassFiles:
    """One class as files. What several of them need is read once; use it within one session, for one click."""

    def __init__(self, session: Session, room: Class, bank: Bank, choice: Choice) -> None:
        self._session = session
        self._room = room
        self._bank = bank
        self._choice = choice
        self._now = datetime.now(UTC)

    def csv(self, name: Name) -> bytes:
        """One table as CSV."""
        return csv_bytes(self.table(name))

    def parquet(self, name: Name) -> bytes:
        """One table as Parquet."""
        return parquet_bytes(self.table(name), self._about)

    def excel(self) -> bytes:
        """All tables as a workbook, with a sheet that says what they are."""
        return excel_bytes([self.table(name) for name in NAMES], self._about)

    def moodle(self) -> bytes:
        """Scores for Moodle's grade import."""
        return moodle_csv(self._students, self._maxima)

    def canvas(self, content: Content) -> bytes:
        """Scores for Canvas's gradebook import."""
        return canvas_csv(self._students, self._maxima, section=self._room.title, content=content)

    def table(self, name: Name) -> Table:
        """One table."""
        makers: dict[Name, Callable[[], Table]] = {
            "answers": lambda: answers_table(self._answers),
            "students": lambda: students_table(self._students, self._maxima),
            "items": lambda: items_table(self._report),
            "test": lambda: totals_table(self._report),
            "runs": lambda: runs_table(self._runs),
        }
        return makers[name]()

    @property
    def _about(self) -> About:
        of = "that at least half of the students answered" if self._choice.is_test_only else "with an answer"
        notes = (f"Questions {of}; answers, students, items and test are of these.",)
        return About(
            class_title=self._room.title,
            exported_at=self._now,
            bank_title=self._bank.bank.title,
            bank_sha=self._bank.sha,
            attempt=self._choice.attempt,
            notes=(*notes, DEMO) if self._room.is_demo else notes,
        )

    @cached_property
    def _handles(self) -> dict[str, str]:
        return {member.person_id: member.handle for member in members_of(self._session, self._room.id)}

    @cached_property
    def _answers(self) -> tuple[AnswerRow, ...]:
        """Attempts by question as in the bank, those that it does not hold any more last, then by student."""
        everything = answers_of_class(self._session, self._room.id)
        found = [each for each in everything if not each.is_reveal and each.person_id in self._handles]
        places = {question.id: place for place, question in enumerate(self._bank.questions)}
        students = {person_id: place for place, person_id in enumerate(self._handles)}

        def place(each: ClassAnswer) -> tuple[int, str, int, int]:
            number = places.get(each.question_id, len(places))
            return number, each.question_id, students[each.person_id], each.attempt

        chosen = sorted(_of_the_test(found) if self._choice.is_test_only else found, key=place)
        predictions = predictions_of_class(self._session, self._room.id)
        return tuple(_answer_row(each, self._handles[each.person_id], predictions) for each in chosen)

    @cached_property
    def _maxima(self) -> dict[str, float]:
        return {row.question: row.max_score for row in self._answers}

    @cached_property
    def _students(self) -> list[StudentRow]:
        return student_rows(self._answers, list(self._handles.values()), self._choice.attempt)

    @cached_property
    def _report(self) -> Mapping[str, Any]:
        from core.classroom import statistics

        marks = [
            statistics.Answer(row.student, row.question, row.attempt, row.marking.score, row.max_score)
            for row in self._answers
        ]
        if not marks:
            return {"students": 0, "questions": 0, "attempt": self._choice.attempt, "items": [], "test": {}}
        return statistics.report(statistics.marks_of(marks, self._choice.attempt), self._choice.attempt)

    @cached_property
    def _runs(self) -> list[RunRow]:
        runs = runs_of_class(self._session, self._room.id)
        mine = [run for run in runs if run.person_id in self._handles]
        return [RunRow(self._handles[run.person_id], run.question_id, run.record) for run in mine]


def file_name(title: str, of: str, ending: str) -> str:
    """The name of a file: class or bank, what it holds, today in UTC."""
    return f"{About(title, datetime.now(UTC), '', '', '').stem(of)}.{ending}"


def counts_of(session: Session, class_id: str) -> dict[str, int]:
    """How many students, answers and runs there are to take along."""
    mine = Person.class_id == class_id
    answers = select(func.count()).select_from(Answer).join(Person, Person.id == Answer.person_id)
    runs = select(func.count()).select_from(Run).join(Person, Person.id == Run.person_id)
    queries = {
        "students": select(func.count()).select_from(Person).where(mine),
        "answers": answers.where(mine, Answer.score.is_not(None)),
        "runs": runs.where(mine),
    }
    return {name: session.scalar(query) or 0 for name, query in queries.items()}


def _of_the_test(found: Sequence[ClassAnswer]) -> list[ClassAnswer]:
    from core.classroom.class_statistics.work import REACHED_BY

    students = {each.person_id for each in found}
    reached: dict[str, set[str]] = {}
    for each in found:
        reached.setdefault(each.question_id, set()).add(each.person_id)
    return [each for each in found if len(reached[each.question_id]) >= REACHED_BY * len(students)]


def _answer_row(each: ClassAnswer, handle: str, predictions: Mapping[tuple[str, str], Sequence[str]]) -> AnswerRow:
    return AnswerRow(
        student=handle,
        question=each.question_id,
        attempt=each.attempt,
        marking=each.marking,
        bank_sha=each.bank_sha,
        marked_at=each.at,
        shown_order=each.shown_order,
        predicted=predictions.get((each.person_id, each.question_id), ()),
        is_regraded=each.is_regraded,
    )
