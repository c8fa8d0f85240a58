"""Who is here, running, queued, stuck, at work, on another page or away."""

import time

import pytest
from sqlalchemy import update

from core.classroom.activity import HERE_S, Student
from core.classroom.classes import close_class, set_question
from core.classroom.live import class_now
from core.classroom.people import seen
from core.config import Config
from core.store.database import session
from core.store.tables import Answer, Class, ClassQuestion, Job, Person, Prediction, Run
from tests.core.classroom.school import answered, joined, opened_class
from tests.core.quiz.examples import LESSON

Q1, Q4 = LESSON.question("Q1"), LESSON.question("Q4")
RIGHT = sorted(Q1.correct)
LONG_AGO_S = 3600.0


@pytest.fixture
def room(database: str) -> Class:
    return opened_class()


@pytest.fixture
def ada(room: Class) -> str:
    """She joined an hour ago and has the page of Q1 open."""
    person_id = joined(room, "Ada").person_id
    with session() as opened:
        seen(opened, person_id, "Q1")
        opened.get_one(Person, person_id).created_at -= LONG_AGO_S
    return person_id


def only(room: Class) -> Student:
    """What the only student does."""
    with session() as opened:
        now = class_now(opened, room.id, LESSON)
    assert now is not None
    (student,) = now.students
    return student


def job(person_id: str, state: str, question_id: str | None = "Q4", ago_s: float = 0.0) -> None:
    """A run asked for, begun or ended so long ago."""
    at = time.time() - ago_s
    with session() as opened:
        made = Job(id=f"{state} {ago_s}", person_id=person_id, lab="text_generation", settings={}, device="cpu")
        made.question_id, made.workload, made.state, made.timeout_s = question_id, "w", state, 60
        made.created_at, made.finished_at = at - 5, None if state in ("queued", "running") else at
        opened.add(made)


def ran(person_id: str, ago_s: float) -> None:
    """A run that ended so long ago."""
    with session() as opened:
        made = Run(id=f"ran {ago_s}", job_id="j", person_id=person_id, lab="text_generation", question_id="Q1")
        made.state, made.created_at, made.record = "finished", time.time() - ago_s, {}
        opened.add(made)


def test_a_running_job_goes_before_a_queued_one(room: Class, ada: str) -> None:
    job(ada, "queued", "Q5")
    assert (only(room).activity, only(room).question_id) == ("queued", "Q5")
    job(ada, "running", "Q4")
    assert (only(room).activity, only(room).question_id) == ("running", "Q4")


def test_a_run_goes_on_while_its_student_is_away(room: Class, ada: str) -> None:
    with session() as opened:
        opened.get_one(Person, ada).seen_at = time.time() - HERE_S - 5
    assert only(room).activity == "away" and not only(room).is_here
    job(ada, "running")
    assert only(room).activity == "running" and not only(room).is_here


def test_whoever_never_showed_up_is_away(room: Class, ada: str) -> None:
    with session() as opened:
        opened.get_one(Person, ada).seen_at = None
    assert only(room).activity == "away"


def test_another_page_is_idle_whatever_the_time(room: Class, ada: str) -> None:
    with session() as opened:
        seen(opened, ada, None)
    assert only(room).activity == "idle"


def test_nothing_done_for_long_at_an_open_question_is_stuck(room: Class, ada: str) -> None:
    assert only(room).activity == "stuck"


@pytest.mark.parametrize("state", ["closed", "revealed"])
def test_nobody_is_stuck_at_a_question_that_takes_nothing(room: Class, ada: str, state: str) -> None:
    with session() as opened:
        set_question(opened, room.id, "Q1", state)  # type: ignore[arg-type]
    assert only(room).activity == "working"


def test_the_time_begins_anew_when_the_question_is_opened(room: Class, ada: str, own_settings: Config) -> None:
    with session() as opened:
        set_question(opened, room.id, "Q1", "open")
    assert only(room).activity == "working"
    with session() as opened:
        opened.get_one(ClassQuestion, (room.id, "Q1")).changed_at -= own_settings.stuck_s + 1
    assert only(room).activity == "stuck"


def test_whoever_just_joined_is_not_stuck(room: Class) -> None:
    person_id = joined(room, "Ben").person_id
    with session() as opened:
        seen(opened, person_id, "Q1")
    assert only(room).activity == "working"


@pytest.mark.parametrize("done", ["predicted", "answered", "ran"])
def test_a_prediction_an_answer_or_a_run_shows_that_they_are_not_stuck(room: Class, ada: str, done: str) -> None:
    if done == "predicted":
        with session() as opened:
            opened.add(Prediction(person_id=ada, question_id="Q4", choices=["under_10_s"], created_at=time.time()))
    elif done == "answered":
        answered(ada, Q1, RIGHT[:1])
    else:
        ran(ada, ago_s=10)
    assert only(room).activity == "working"
    assert only(room).since == pytest.approx(time.time(), abs=30)


def test_a_run_that_ended_long_ago_does_not(room: Class, ada: str, own_settings: Config) -> None:
    ran(ada, ago_s=own_settings.stuck_s + 30)
    assert only(room).activity == "stuck"


def test_whoever_has_finished_the_question_is_not_stuck(room: Class, ada: str) -> None:
    answered(ada, Q1, RIGHT)
    with session() as opened:
        moved = opened.get_one(Person, ada)
        opened.execute(update(Answer).values(created_at=moved.created_at))
    assert only(room).activity == "working"


def test_a_failed_last_run_is_stuck_at_once_until_something_is_done(room: Class, ada: str) -> None:
    with session() as opened:
        seen(opened, ada, None)
    job(ada, "failed", ago_s=20)
    assert only(room).activity == "stuck"
    answered(ada, Q1, RIGHT)
    assert only(room).activity == "idle"


@pytest.mark.parametrize("later", ["finished", "cancelled"])
def test_a_later_run_makes_up_for_a_failed_one(room: Class, ada: str, later: str) -> None:
    with session() as opened:
        seen(opened, ada, None)
    job(ada, "failed", ago_s=60)
    job(ada, later, ago_s=20)
    assert only(room).activity == "idle"


def test_nobody_is_stuck_in_a_closed_class(room: Class, ada: str) -> None:
    job(ada, "failed", ago_s=20)
    with session() as opened:
        close_class(opened, room.id)
    assert only(room).activity == "working"
