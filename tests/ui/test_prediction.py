"""The verdict on a prediction: beside the result where a run tells it, with the final answer where it is the answer."""

import time
import uuid

import pytest

from core.classroom.answers import Submission
from core.classroom.predictions import predict
from core.quiz.bank import Question
from core.store.database import session
from core.store.tables import Prediction, Run
from tests.core.classroom.school import answered
from tests.core.quiz.examples import LESSON, run_record
from ui.answer_card import AnswerCard
from ui.prediction import PredictionBlock, came_true

Q4, Q9 = LESSON.question("Q4"), LESSON.question("Q9")


@pytest.fixture
def measured(person: str) -> str:
    """Somebody who predicted 20 to 40 s for Q4 and then measured 16.6 s, which falls to that option."""
    record = run_record(Q4, [18.0, 16.6, 17.0])
    run = {"id": record["id"], "lab": record["lab"], "state": "finished", "record": record, "person_id": person}
    with session() as database:
        predict(database, person, Q4, ["s_20_to_40"])
        database.add(Run(job_id=uuid.uuid4().hex, created_at=time.time(), question_id="Q4", **run))
    return person


def with_answer(person: str, sent: Submission, question: Question = Q4) -> str:
    return AnswerCard(question, person)._predicted(sent)


def test_a_wrong_answer_with_attempts_left_says_nothing_of_the_prediction(measured: str) -> None:
    sent = answered(measured, Q4, ["over_60_s"])
    assert not sent.is_final and with_answer(measured, sent) == ""


def test_the_final_answer_says_whether_the_run_did_what_was_predicted(measured: str) -> None:
    sent = answered(measured, Q4, ["s_20_to_40"])
    told = with_answer(measured, sent)
    assert sent.is_final and "**20 to 40 seconds**" in told and "your run measured **16.6 s**" in told
    assert told.endswith(came_true(True))


def test_another_prediction_did_not_come_true(measured: str) -> None:
    with session() as database:
        database.get_one(Prediction, (measured, "Q4")).choices = ["over_60_s"]
    assert with_answer(measured, answered(measured, Q4, ["s_20_to_40"])).endswith(came_true(False))


def test_before_the_answer_the_prediction_is_not_judged_beside_the_result(measured: str) -> None:
    assert PredictionBlock(Q4, measured).verdict(run_record(Q4, [16.6])) == ""


def test_a_prediction_of_its_own_is_judged_beside_the_result(person: str) -> None:
    values = [1, 5, 10, 25, 50]
    settings = {"sweep": "num_inference_steps", "sweep_values": values}
    repeats = [{"num_inference_steps": number, "wall_s": number / 10} for number in values]
    record = {"state": "finished", "settings": settings, "repeats": repeats}
    assert PredictionBlock(Q9, person).verdict(record) == ""
    with session() as database:
        predict(database, person, Q9, ["twice"])
    told = PredictionBlock(Q9, person).verdict(record)
    assert told == (
        "You predicted :blue[**about twice as long**]. In your run 50 steps took 5.00× as long as 10."
        + came_true(False)
    )


def test_what_nobody_can_tell_has_no_sign() -> None:
    assert came_true(None) == "" and "As you" in came_true(True) and "Not as you" in came_true(False)
