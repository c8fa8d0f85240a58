"""What each student does now, from when they were seen, their runs, and what they have done.

**Stuck** is one rule: here, with the page of an open question before them that they have not finished, nothing running
or queued, and for `stuck_s` no prediction, run or answer since they joined and the question was opened; or their last
run failed and nothing was predicted or answered since. Nobody is stuck in a class that is closed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from core.classroom.cells import OPEN, Cell, Place
from core.classroom.classes import Room
from core.classroom.live_rows import Rows, Seen
from core.classroom.people import SEEN_EVERY_S
from core.quiz.bank import Question

HERE_S = 3 * SEEN_EVERY_S
"""Whoever was heard of within this time is here; an open page notes it every `SEEN_EVERY_S`."""
Activity = Literal["running", "queued", "stuck", "working", "idle", "away"]


@dataclass(frozen=True)
class Student:
    """A member of the class.

    Attributes:
        activity: `working` has a question's page open, `idle` another page; an away student may have a run going.
        question_id: of the run that is running or queued, else of the page that is open; None where there is none.
        since: when they last predicted, ran or answered, else when they joined (seconds since 1970).
    """

    person_id: str
    handle: str
    is_here: bool
    activity: Activity
    question_id: str | None
    since: float


@dataclass(frozen=True)
class Moment:
    """Everything that decides what somebody does at `at`.

    Attributes:
        questions: those of the bank, by id.
        stuck_s: so long somebody has to have done nothing.
    """

    room: Room
    rows: Rows
    cells: Mapping[Place, Cell]
    questions: Mapping[str, Question]
    stuck_s: float
    at: float

    def student(self, seen: Seen) -> Student:
        """What one member does."""
        run, is_here = self.rows.active.get(seen.person_id), self._is_here(seen)
        since = max(self._acted(seen), self.rows.ran.get(seen.person_id, 0.0))
        activity = run.state if run else self._at_the_page(seen, since) if is_here else "away"
        return Student(seen.person_id, seen.handle, is_here, activity, run.question_id if run else seen.page, since)

    def _at_the_page(self, seen: Seen, since: float) -> Activity:
        if self.room.is_open and (self._has_failed(seen) or self._waits(seen, since)):
            return "stuck"
        return "working" if seen.page else "idle"

    def _is_here(self, seen: Seen) -> bool:
        return seen.seen_at is not None and self.at - seen.seen_at <= HERE_S

    def _acted(self, seen: Seen) -> float:
        """When somebody last predicted or answered, else when they joined."""
        person, rows = seen.person_id, self.rows
        return max(seen.joined_at, rows.predicted_at.get(person, 0.0), rows.answered_at.get(person, 0.0))

    def _has_failed(self, seen: Seen) -> bool:
        failed_at = self.rows.failed.get(seen.person_id)
        return failed_at is not None and failed_at >= self._acted(seen)

    def _waits(self, seen: Seen, since: float) -> bool:
        question = self.questions.get(seen.page or "")
        if question is None or self.room.state(question.id) != "open":
            return False
        if self.cells.get((seen.person_id, question.id), OPEN).is_finished(question.max_attempts):
            return False
        return self.at - max(since, self.rows.changed.get(question.id, 0.0)) > self.stuck_s
