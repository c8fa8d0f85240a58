"""A class to test with: opened, joined and answered through the functions that the pages call."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import func, select

from core.classroom.answers import Submission, submit_answer
from core.classroom.classes import QuestionState, open_class
from core.classroom.joining import Joined, join
from core.classroom.predictions import predict, wants_prediction
from core.quiz.bank import Bank, Question
from core.store.database import session
from core.store.tables import Base, Class
from tests.core.quiz.examples import LESSON, NO_GPU


def opened_class(title: str = "Physics 1", first_state: QuestionState = "open") -> Class:
    """A class that anybody can join."""
    with session() as database:
        return open_class(database, title, first_state=first_state)


def joined(room: Class, handle: str) -> Joined:
    """A member whose browser has the cookie `browser of HANDLE`."""
    with session() as database:
        return join(database, f"browser of {handle}", room.join_code, handle)


def answered(person_id: str, question: Question, choices: Sequence[str], bank: Bank = LESSON) -> Submission:
    """An answer as the page sends it: what the question wants predicted first is predicted."""
    with session() as database:
        if wants_prediction(database, person_id, question):
            predict(database, person_id, question, [question.prediction_choices[0].id])
        return submit_answer(database, person_id, question, choices, bank=bank, machine=NO_GPU)


def count(table: type[Base]) -> int:
    """How many rows there are."""
    with session() as database:
        return database.scalar(select(func.count()).select_from(table)) or 0


def at_once(*actions: Callable[[], Any]) -> list[Any]:
    """What each action gives or raises, all started at the same moment in threads of their own."""
    outcomes: list[Any] = [None] * len(actions)
    start = threading.Barrier(len(actions))

    def run(index: int, action: Callable[[], Any]) -> None:
        start.wait(timeout=30)
        try:
            outcomes[index] = action()
        except Exception as error:
            outcomes[index] = error

    threads = [threading.Thread(target=run, args=each) for each in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    return outcomes
