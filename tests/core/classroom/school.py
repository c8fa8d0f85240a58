"""A class to test with: opened, joined and answered through the functions that the pages call."""

import threading
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import func, select

from core.classroom.answers import Submission, submit_answer
from core.classroom.classes import QuestionState, open_class
from core.classroom.joining import Joined, join
from core.classroom.predictions import predict, wants_prediction
from core.quiz.bank import Bank, Question
from core.store.database import session, session_by_statement
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
    with session_by_statement() as database:
        if wants_prediction(database, person_id, question):
            predict(database, person_id, question, [question.prediction_choices[0].id])
        return submit_answer(database, person_id, question, choices, bank=bank, machine=NO_GPU)


def count(table: type[Base]) -> int:
    """How many rows there are."""
    with session() as database:
        return database.scalar(select(func.count()).select_from(table)) or 0


def after(monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, other: Callable[[], Any]) -> None:
    """Another request does `other` just after this one's first call of a module's function."""
    real = getattr(module, name)

    def called(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(module, name, real)
        found = real(*args, **kwargs)
        other()
        return found

    monkeypatch.setattr(module, name, called)


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
