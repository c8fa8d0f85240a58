"""One student's predictions, answers and runs, as the teacher reads them."""

import time

from core.classroom.answers import reveal
from core.classroom.predictions import predict
from core.classroom.student_work import AskedRun, work_of
from core.store.database import session
from core.store.tables import Job
from tests.core.classroom.school import answered, joined, opened_class
from tests.core.quiz.examples import LESSON, NO_GPU

Q1, Q3 = LESSON.question("Q1"), LESSON.question("Q3")


def job(person_id: str, state: str, at: float, **fields: object) -> None:
    with session() as opened:
        made = Job(id=f"{state} {at}", person_id=person_id, lab="text_generation", settings={}, device="cpu")
        made.workload, made.state, made.timeout_s, made.created_at = "w", state, 60, at
        for name, value in fields.items():
            setattr(made, name, value)
        opened.add(made)


def test_questions_with_something_in_them_stand_in_the_banks_order(database: str) -> None:
    ada = joined(opened_class(), "Ada").person_id
    choice = Q3.prediction_choices[0]
    with session() as opened:
        predict(opened, ada, Q3, [choice.id])
    answered(ada, Q1, ["cpu"])
    with session() as opened:
        reveal(opened, ada, Q1, bank=LESSON, machine=NO_GPU)
        work = work_of(opened, ada, LESSON)
    assert [one.question_id for one in work.questions] == ["Q1", "Q3"]
    first, asked = work.questions[0].attempts
    assert (first.ticked, first.score, first.verdict) == (
        ("a",),
        0.25,
        "Your one tick is right: you score 0.25 out of 1.",
    )
    assert (asked.ticked, asked.score) == ((), None)
    assert work.questions[1].predicted == choice.text and work.questions[1].attempts == ()
    assert work.of("Q3") is work.questions[1] and work.of("Q4") is None


def test_runs_stand_newest_first_with_what_became_of_them(database: str) -> None:
    ada = joined(opened_class(), "Ada").person_id
    now = time.time()
    error = {"kind": "out_of_memory", "message": "The memory was not enough.", "remedy": "Take half."}
    job(ada, "finished", now - 90, question_id="Q4", started_at=now - 80, finished_at=now - 63)
    job(ada, "failed", now - 50, started_at=now - 40, finished_at=now - 38, error=error)
    job(ada, "queued", now - 5, question_id="Q5")
    with session() as opened:
        queued, failed, finished = work_of(opened, ada, LESSON).runs
    assert queued == AskedRun("text_generation", "Q5", "queued", now - 5, None, "")
    assert (failed.question_id, failed.error) == (None, "The memory was not enough.")
    assert finished.took_s is not None and round(finished.took_s) == 17


def test_somebody_who_did_nothing_has_no_work(database: str) -> None:
    ada = joined(opened_class(), "Ada").person_id
    with session() as opened:
        work = work_of(opened, ada, LESSON)
    assert work.questions == () and work.runs == ()
