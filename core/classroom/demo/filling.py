"""Puts a made-up class into the database, and takes all of them out again.

No jobs are made: a worker would run those that wait, and those that ended would tell the queue how long runs take.
"""

import time
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core.classroom import classes
from core.classroom.demo.hour import HOUR_S, Hour, an_hour
from core.classroom.demo.names import names
from core.classroom.demo.students import a_student
from core.classroom.handles import clean, key
from core.classroom.privacy import delete_class
from core.quiz.loading import current_bank
from core.store.database import in_transaction, session
from core.store.tables import Answer, Class, Person, Prediction, Run

TITLE = "Demo class"
BATCH = 500
PATIENCE_S = 60.0
REVEALED = 2
"""Of so many first questions the teacher has shown the answer."""


def fill(students: int, seed: int = 1, title: str = TITLE) -> Class:
    """Make a class of so many students up; gives it.

    Raises:
        BadClass: the title is empty or too long.
    """
    dice, bank, opened_at = Random(seed), current_bank()[0], time.time() - HOUR_S
    # All of it first, so that the database is held for the writing alone.
    hours = [an_hour(a_student(clean(name), dice), bank, dice, opened_at) for name in names(dice, students)]

    def write(database: Session) -> Class:
        room = classes.open_class(database, title, is_demo=True)
        room.created_at = opened_at
        shown = [question.id for question in bank.questions[:REVEALED]]
        classes.set_questions(database, room.id, shown, "revealed")
        database.flush()
        for table, rows in _rows(room, hours):
            for batch in _batches(rows):
                database.execute(insert(table), batch)
        return room

    return in_transaction(write, PATIENCE_S)


def remove() -> int:
    """Delete every demo class with everything in it; gives how many there were."""
    with session() as database:
        made_up = list(database.scalars(select(Class.id).where(Class.is_demo)))
    return sum(delete_class(class_id) for class_id in made_up)


def _rows(room: Class, hours: Sequence[Hour]) -> Iterator[tuple[type, list[dict[str, Any]]]]:
    yield Person, [_person(room, hour) for hour in hours]
    yield Run, [row for hour in hours for row in hour.runs]
    yield Prediction, [row for hour in hours for row in hour.predictions]
    yield Answer, [row for hour in hours for row in hour.answers]


def _person(room: Class, hour: Hour) -> dict[str, Any]:
    handle = hour.student.handle
    return {**hour.person, "class_id": room.id, "handle": handle, "handle_key": key(handle)}


def _batches(rows: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), BATCH):
        yield list(rows[start : start + BATCH])
