"""What students plan, how their seconds are told, and what of their answers the database holds."""

import random
import time
from pathlib import Path

import pytest

from bench.classroom import Classroom
from bench.protocol.visitor import Visitor
from bench.students import Step, Student, Timings, check, plan, spread
from core.classroom.answers import submit_answer
from core.classroom.people import person_for_cookie
from core.classroom.predictions import predict, wants_prediction
from core.store.database import session
from core.store.tables import Answer
from tests.core.quiz.examples import LESSON, NO_GPU

QUESTIONS = LESSON.questions[:11]


def steps(seed: int = 1) -> list[Step]:
    return plan(QUESTIONS, 180, random.Random(seed))


def test_the_same_seed_gives_the_same_plan() -> None:
    assert steps() == steps() != steps(2)


def test_questions_are_answered_one_after_the_other_within_the_time_with_options_that_they_have() -> None:
    planned, before = steps(), 0.0
    for question, step in zip(QUESTIONS, planned, strict=True):
        assert before <= step.opens_at < step.submits_at <= 180
        before = step.submits_at
        assert set(step.choices) <= {choice.id for choice in question.choices}
        assert len(step.choices) == 1 if question.type == "single" else step.choices


def test_a_class_does_not_open_its_pages_all_at_once() -> None:
    draw = random.Random(1)
    opened = sorted(step.opens_at for _ in range(300) for step in plan(QUESTIONS, 180, draw))
    in_each_second = [sum(second <= at < second + 1 for at in opened) for second in range(20, 160)]
    assert max(in_each_second) < 2 * 3300 / 180


@pytest.mark.parametrize(
    ("values", "p50", "p95"), [([3.0], 3, 3), ([1.0, 2.0], 1, 2), ([float(n) for n in range(1, 101)], 50, 95)]
)
def test_a_spread_is_by_the_nearest_rank(values: list[float], p50: float, p95: float) -> None:
    assert spread(values) == {"n": len(values), "p50_s": p50, "p95_s": p95, "max_s": max(values)}


def student(name: str, tmp_path: Path) -> Student:
    return Student(name, Visitor(0, f"vram_lab_person={name * 3}"), Classroom(tmp_path), Timings())


def store(name: str, question_id: str, choices: tuple[str, ...]) -> None:
    question = LESSON.question(question_id)
    with session() as database:
        person = person_for_cookie(database, name * 3).id
        if wants_prediction(database, person, question):
            predict(database, person, question, [question.prediction_choices[0].id])
        submit_answer(database, person, question, list(choices), bank=LESSON, machine=NO_GPU)


def test_an_answer_that_was_acknowledged_and_stored_is_neither_lost_nor_doubled(database: str, tmp_path: Path) -> None:
    ada, ben = student("ada", tmp_path), student("ben", tmp_path)
    for each in (ada, ben):
        each.acknowledged.append(("Q1", ("t4", "cpu")))
        store(each.name, "Q1", ("cpu", "t4"))
    assert check([ada, ben]) == {"acknowledged": 2, "stored": 2, "lost": 0, "doubled": 0}


def test_an_answer_that_was_acknowledged_and_is_not_there_is_lost(database: str, tmp_path: Path) -> None:
    ada = student("ada", tmp_path)
    ada.acknowledged.append(("Q1", ("cpu",)))
    store("ada", "Q1", ("t4",))
    assert check([ada]) == {"acknowledged": 1, "stored": 1, "lost": 1, "doubled": 0}


def test_the_same_answer_in_two_rows_is_doubled(database: str, tmp_path: Path) -> None:
    ada = student("ada", tmp_path)
    store("ada", "Q11", ("one",))
    with session() as opened:
        (row,) = opened.query(Answer).all()
        values = {column.name: getattr(row, column.name) for column in Answer.__table__.columns}
        opened.add(Answer(**{**values, "id": "again", "attempt": 2, "created_at": time.time()}))
    assert check([ada])["doubled"] == 1
