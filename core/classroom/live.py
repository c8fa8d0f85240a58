"""A class as it is now: who is here and does what, how far everybody is, how each question was answered so far.

now = live_now(class_id)                   # read at most once a second for all teachers' pages of this process
now.count("stuck"), now.cell(person_id, "Q4").outcome, now.question("Q4").final.by_choice
"""

import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy.orm import Session

from core.classroom.activity import Activity, Moment, Student
from core.classroom.cells import OPEN, Cell, Place, Sheet, sheet_of
from core.classroom.classes import QuestionState, Room, room_of
from core.classroom.kept import Kept
from core.classroom.live_rows import Rows, read_rows
from core.config import config
from core.quiz.bank import Bank
from core.quiz.loading import current_bank
from core.store.database import session

FRESH_S = 1.0


@dataclass(frozen=True)
class Votes:
    """How many chose something, and how many each option has: together more than `people` where several are ticked."""

    people: int = 0
    by_choice: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class QuestionNow:
    """One question over the whole class.

    Attributes:
        first: first attempts; `final` are the last ones, of as many people.
        right: how many have the full score in the last attempt.
        doing: how many are running, queued, stuck, … at it.
    """

    question_id: str
    state: QuestionState
    predictions: Votes
    first: Votes
    final: Votes
    right: int
    doing: Mapping[Activity, int]


@dataclass(frozen=True)
class ClassNow:
    """The class at one moment (`at`, seconds since 1970).

    Attributes:
        students: by handle.
        questions: in the bank's order.
        cells: those in which something was done.
    """

    room: Room
    at: float
    students: tuple[Student, ...]
    questions: tuple[QuestionNow, ...]
    cells: Mapping[Place, Cell]

    def cell(self, person_id: str, question_id: str) -> Cell:
        """One student at one question."""
        return self.cells.get((person_id, question_id), OPEN)

    def question(self, question_id: str) -> QuestionNow:
        """One question.

        Raises:
            KeyError: the bank has none of that id.
        """
        return self._by_id[question_id]

    def count(self, activity: Activity) -> int:
        """How many students do that now."""
        return sum(student.activity == activity for student in self.students)

    @property
    def here(self) -> int:
        """How many are here."""
        return sum(student.is_here for student in self.students)

    @cached_property
    def _by_id(self) -> dict[str, QuestionNow]:
        return {question.question_id: question for question in self.questions}


def live_now(class_id: str) -> ClassNow | None:
    """The class as `Kept` has it; None where it was deleted."""
    return _kept.now(class_id)


def forget_live() -> None:
    """Read every class anew at the next look: whoever changes one wants to see it at once."""
    _kept.forget()


def _read(class_id: str) -> ClassNow | None:
    with session() as database:
        return class_now(database, class_id, current_bank()[0])


_kept = Kept(_read, FRESH_S)


def class_now(session: Session, class_id: str, bank: Bank) -> ClassNow | None:
    """Read a class; None where it was deleted."""
    room = room_of(session, class_id)
    if room is None:
        return None
    at, stuck_s = time.time(), config().stuck_s
    rows = read_rows(session, class_id, runs_since=at - stuck_s)
    sheet, questions = sheet_of(rows), {question.id: question for question in bank.questions}
    moment = Moment(room, rows, sheet.cells, questions, stuck_s, at)
    students = tuple(sorted(map(moment.student, rows.people), key=lambda student: _natural(student.handle)))
    return ClassNow(room, at, students, _questions(room, list(questions), rows, students, sheet), sheet.cells)


def _natural(handle: str) -> list[tuple[int, str]]:
    """What to sort handles by: Ada 2 before Ada 10."""
    parts = re.findall(r"\d+|\D+", handle.casefold())
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts]


def _questions(
    room: Room, ids: Sequence[str], rows: Rows, students: Iterable[Student], sheet: Sheet
) -> tuple[QuestionNow, ...]:
    predictions = _votes(Counter((question, text) for _, question, text, _ in rows.predicted))
    first, final = (
        _votes(Counter((place[1], text) for place, text in ticked.items())) for ticked in (sheet.first, sheet.final)
    )
    right = Counter(question for (_, question), cell in sheet.cells.items() if cell.final == 1)
    doing: dict[str, Counter[Activity]] = {name: Counter() for name in ids}
    for student in students:
        if student.question_id in doing:
            doing[student.question_id][student.activity] += 1
    none = Votes()
    return tuple(
        QuestionNow(
            name,
            room.state(name),
            predictions.get(name, none),
            first.get(name, none),
            final.get(name, none),
            right[name],
            doing[name],
        )
        for name in ids
    )


def _votes(alike: Counter[tuple[str, str]]) -> dict[str, Votes]:
    """Votes by question, from how many ticked the same there."""
    people: Counter[str] = Counter()
    by_choice: dict[str, Counter[str]] = {}
    for (question, text), count in alike.items():
        people[question] += count
        options = by_choice.setdefault(question, Counter())
        for choice in json.loads(text):
            options[choice] += count
    return {question: Votes(people[question], options) for question, options in by_choice.items()}
