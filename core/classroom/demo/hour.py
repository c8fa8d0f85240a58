"""What one made-up student does in the hour: question after question, as rows for the database."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import uuid4

from core.classroom.answers import is_closed
from core.classroom.demo.records import Record, failed, record_of, seconds_of
from core.classroom.demo.students import LEARNED, Student, answered, expected
from core.quiz.bank import Bank, Question
from core.quiz.evidence import find_evidence
from core.quiz.marking import Marking, mark, reveal
from core.store.tables import Answer

HOUR_S = 50 * 60.0
STUCK_FOR_S = (600.0, 1200.0)
AWAY_FOR_S = (240.0, 1500.0)
PRESENT_S = 600.0
"""So long after it was made the class looks as if most were there."""
MOST_RUN_S = 90.0
Row = dict[str, Any]


class TimeIsUp(Exception):
    """The student does no more."""


@dataclass
class Hour:
    """One student's hour; `work` fills the rows.

    Attributes:
        joined_at, until: in seconds since 1970; what would come after `until` does not happen.
    """

    student: Student
    bank: Bank
    dice: Random
    joined_at: float
    until: float
    person_id: str = field(default_factory=lambda: uuid4().hex)
    predictions: list[Row] = field(default_factory=list)
    runs: list[Row] = field(default_factory=list)
    answers: list[Row] = field(default_factory=list)
    page: str | None = None
    now: float = 0.0

    def work(self) -> None:
        """Go through the bank until the time is up."""
        self.now = self.joined_at
        with suppress(TimeIsUp):  # in the middle of a question, which stays the page that they are on
            for question in self.bank.questions:
                self.page = question.id
                self._answer(question)
            self.page = None

    def _pass(self, seconds: float) -> None:
        """Let time pass, at this student's pace where they do something themselves."""
        self.now += seconds
        if self.now > self.until:
            raise TimeIsUp

    def _own(self, low: float, high: float) -> None:
        self._pass(self.student.pace * self.dice.uniform(low, high))

    def _answer(self, question: Question) -> None:
        self._own(15, 60)
        if question.predict == "required":
            self._predict(question)
        runs = self._run(question)
        machine = self.student.machine.as_machine
        key = sorted(question.correct)
        if question.key:
            finding = find_evidence(question, runs, machine)
            if finding.evidence is None or not finding.evidence.key:
                return  # nothing decides this question here
            key = [finding.evidence.key[0]]
        self._attempts(question, key, runs)

    def _predict(self, question: Question) -> None:
        choices = expected(self.student, question, self.dice)
        mine = {"person_id": self.person_id, "question_id": question.id, "choices": choices, "created_at": self.now}
        self.predictions.append(mine)
        self._own(10, 40)

    def _run(self, question: Question) -> list[Record]:
        """Run the question's lab, mostly once; gives the records, newest first."""
        records: list[Record] = []
        for _ in range(2 if self.dice.random() < 0.12 else 1):
            record = record_of(question, self.student.machine, self.dice, self.now)
            if record is None or (question.key is None and self.dice.random() < 0.15):
                break
            if self.dice.random() < 0.04:
                record = failed(record)
            self._pass(min(MOST_RUN_S, seconds_of(record)))
            self.runs.append(_run_row(self.person_id, question, record, self.now))
            records.insert(0, record)
            self._own(10, 30)
        return records

    def _attempts(self, question: Question, key: Sequence[str], runs: Sequence[Record]) -> None:
        made: list[Answer] = []
        ease = 0.2 if question.key else 0.0  # the figure stands on the page
        while not is_closed(question, made):
            self._own(25, 90)
            ticked = answered(self.student, question, key, self.dice, ease)
            machine = self.student.machine.as_machine
            marking = mark(question, ticked, runs=runs, machine=machine)
            if len(made) > 1 and self.dice.random() < 0.25:
                marking = reveal(question, runs=runs, machine=machine)
            if _repeats(made, marking):
                continue
            made.append(self._keep(question, marking, len(made) + 1))
            ease += LEARNED
            if made[-1].score != 1 and self.dice.random() < 0.12:
                return  # gives up and goes on

    def _keep(self, question: Question, marking: Marking, attempt: int) -> Answer:
        row = {
            "id": uuid4().hex,
            "person_id": self.person_id,
            "question_id": question.id,
            "attempt": attempt,
            "submitted_answers": list(marking.submitted_answers),
            "marking": marking.as_dict(),
            "score": marking.score,
            "run_id": marking.evidence.run_id if marking.evidence else None,
            "bank_sha": self.bank.sha,
            "shown_order": [choice.id for choice in question.choices],
            "created_at": self.now,
        }
        self.answers.append(row)
        return Answer(**row)

    @property
    def person(self) -> Row:
        """The student's own row, without class and name."""
        is_here = self.student.ending != "away"
        return {
            "id": self.person_id,
            "created_at": self.joined_at,
            "seen_at": self.now_seen if is_here else min(self.now, self.until),
            "seen_page": self.page,
        }

    @property
    def now_seen(self) -> float:
        """When somebody who is here is seen: for a while after the class was made, too."""
        return time.time() + PRESENT_S


def an_hour(student: Student, bank: Bank, dice: Random, opened_at: float) -> Hour:
    """The hour of one student in a class that was opened `HOUR_S` ago."""
    ends = opened_at + HOUR_S
    if student.ending == "stuck":
        ends -= dice.uniform(*STUCK_FOR_S)
    elif student.ending == "away":
        ends -= dice.uniform(*AWAY_FOR_S)
    hour = Hour(student, bank, dice, opened_at + dice.uniform(20, 200), ends)
    hour.work()
    return hour


def _run_row(person_id: str, question: Question, record: Record, at: float) -> Row:
    return {
        "id": record["id"],
        "job_id": uuid4().hex,
        "person_id": person_id,
        "lab": record["lab"],
        "question_id": question.id,
        "state": record["state"],
        "created_at": at,
        "record": record,
    }


def _repeats(made: Sequence[Answer], marking: Marking) -> bool:
    """The same ticks again are the same attempt."""
    return bool(made) and made[-1].submitted_answers == list(marking.submitted_answers)
