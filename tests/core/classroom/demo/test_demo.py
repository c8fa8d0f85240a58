import time
from collections import defaultdict
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select

from core.classroom import demo
from core.classroom.answers import is_closed
from core.classroom.class_data import answers_of_class, predictions_of_class
from core.classroom.classes import open_class
from core.classroom.demo.frames import NOTE
from core.classroom.demo.hour import HOUR_S, PRESENT_S, an_hour
from core.classroom.demo.machines import MACHINES, MARK
from core.classroom.demo.names import names
from core.classroom.demo.records import LABS_MADE, failed, record_of
from core.classroom.demo.students import a_student
from core.classroom.handles import clean, key
from core.classroom.runs import context_bytes
from core.jobs import claiming
from core.quiz.evidence import reasons_against
from core.quiz.marking import Marking, mark, reveal
from core.store.database import session
from core.store.tables import Answer, Class, Job, Person, Run
from tests.core.measure.run_schema import assert_valid
from tests.core.quiz.examples import LESSON

STUDENTS = 25


@pytest.fixture
def room(database: str) -> Class:
    """A made-up class."""
    return demo.fill(STUDENTS, seed=3, title="Made up")


def _rows(table: Any) -> list[Any]:
    with session() as opened:
        return list(opened.scalars(select(table)))


def test_a_class_is_marked_as_demo_data_and_full_of_work(room: Class) -> None:
    with session() as opened:
        kept = opened.get_one(Class, room.id)
        assert kept.is_demo and kept.title == "Made up"
        answers, predictions = answers_of_class(opened, room.id), predictions_of_class(opened, room.id)
    assert len(_rows(Person)) == STUDENTS
    assert len({answer.person_id for answer in answers}) == STUDENTS
    assert len(answers) > 5 * STUDENTS and len(predictions) > 3 * STUDENTS and len(_rows(Run)) > 2 * STUDENTS
    scores = {answer.score for answer in answers}
    assert {0.0, 1.0} < scores, "right, wrong and partly right"
    assert any(answer.attempt > 1 for answer in answers)


def test_every_answer_is_what_the_real_marking_says_of_it(room: Class) -> None:
    runs = defaultdict(list)
    for run in sorted(_rows(Run), key=lambda run: run.created_at, reverse=True):
        runs[run.person_id, run.question_id].append(run.record)
    machines = {machine.cpu_name: machine.as_machine for machine in MACHINES}
    for answer in _rows(Answer):
        question = LESSON.question(answer.question_id)
        kept = Marking.model_validate(answer.marking)
        mine = runs[answer.person_id, answer.question_id]
        machine = machines[_cpu_of(answer.person_id, runs)]
        if kept.state == "revealed":
            assert kept == reveal(question, runs=mine, machine=machine)
        else:
            assert kept == mark(question, answer.submitted_answers, runs=mine, machine=machine)
            assert answer.score == kept.score is not None
        assert answer.run_id == (kept.evidence.run_id if kept.evidence else None)
        assert answer.bank_sha == LESSON.sha


def _cpu_of(person_id: str, runs: dict[Any, list[dict[str, Any]]]) -> str:
    records = [record for (owner, _), mine in runs.items() if owner == person_id for record in mine]
    return str(records[0]["environment"]["cpu"]) if records else MACHINES[0].cpu_name


def test_no_question_is_answered_after_it_was_closed_or_more_often_than_allowed(room: Class) -> None:
    made: dict[tuple[str, str], list[Answer]] = defaultdict(list)
    for answer in sorted(_rows(Answer), key=lambda answer: answer.attempt):
        question = LESSON.question(answer.question_id)
        mine = made[answer.person_id, answer.question_id]
        assert not is_closed(question, mine)
        assert answer.attempt == len(mine) + 1
        assert not mine or mine[-1].created_at < answer.created_at
        mine.append(answer)


def test_predictions_come_before_runs_and_runs_before_answers(room: Class) -> None:
    with session() as opened:
        predictions = predictions_of_class(opened, room.id)
    runs = {(run.person_id, run.question_id): run.created_at for run in _rows(Run)}
    for answer in _rows(Answer):
        place = answer.person_id, answer.question_id
        assert (place in predictions) == (LESSON.question(answer.question_id).predict == "required")
        assert place not in runs or answer.created_at > runs[place] or answer.attempt > 1


def test_everything_happened_within_the_hour_before(room: Class) -> None:
    now = time.time()
    moments = [row.created_at for table in (Person, Run, Answer) for row in _rows(table)]
    assert now - HOUR_S - 60 < min(moments) and max(moments) <= now


def test_some_are_here_some_away_some_do_nothing_any_more() -> None:
    dice, now = Random(1), time.time()
    hours = [an_hour(a_student(f"S{number}", dice), LESSON, dice, now - HOUR_S) for number in range(200)]
    endings = {name: [hour for hour in hours if hour.student.ending == name] for name in ("goes on", "away", "stuck")}
    assert len(endings["goes on"]) > 120 and len(endings["away"]) > 10 and len(endings["stuck"]) > 5
    assert all(hour.person["seen_at"] > now + PRESENT_S / 2 for hour in endings["goes on"])
    assert all(hour.person["seen_at"] < now - 200 for hour in endings["away"])
    for hour in endings["stuck"]:
        acts = [row["created_at"] for row in (*hour.answers, *hour.predictions, *hour.runs)]
        assert max(acts, default=hour.joined_at) < now - 590 and hour.person["seen_at"] > now


def test_the_same_seed_makes_the_same_class_and_another_one_another(database: str) -> None:
    first, again, other = (_told(demo.fill(8, seed=seed)) for seed in (5, 5, 6))
    assert first == again != other


def _told(room: Class) -> list[Any]:
    """Everything but ids and times of day."""
    with session() as opened:
        answers = [
            (a.handle, a.question_id, a.attempt, a.choices, a.score, round(a.at - room.created_at, 1), a.verdict)
            for a in answers_of_class(opened, room.id)
        ]
        mine = select(Run, Person.handle).join(Person, Person.id == Run.person_id).where(Person.class_id == room.id)
        runs = [(h, r.question_id, r.state, r.record["repeats"], r.record["memory"]) for r, h in opened.execute(mine)]
    return sorted(answers) + sorted(runs, key=str)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.cpu)
def test_records_are_valid_marked_and_of_no_use_elsewhere(machine: Any) -> None:
    dice = Random(2)
    made = [record for question in LESSON.questions if (record := record_of(question, machine, dice, 1.78e9))]
    assert {record["lab"] for record in made} == set(LABS_MADE)
    for record in [*made, failed(made[0])]:
        assert_valid(record)
        assert record["device"]["name"].endswith(MARK) and NOTE in record["notes"]
        assert record["memory"]["context"] is record["profile"] is None and not record["environment"]["versions"]


def test_runs_decide_the_measured_questions_that_their_machine_can_run() -> None:
    dice = Random(2)
    measured = [question for question in LESSON.questions if question.key and question.lab.name in LABS_MADE]
    assert {"Q4", "Q5", "Q6", "Q7"} <= {question.id for question in measured}
    for machine in MACHINES:
        for question in measured:
            record = record_of(question, machine, dice, 1.78e9)
            is_for_gpu = question.key is not None and question.key.evidence.device == "cuda"
            assert (record is None) == (is_for_gpu and machine.gpu is None)
            assert record is None or reasons_against(question, record) == ()


def test_nothing_waits_for_a_worker_and_no_figure_is_used_elsewhere(room: Class) -> None:
    assert _rows(Job) == []
    with session() as opened:
        assert claiming.claim(opened, "w", ["cpu", "cuda", "cuda:0"]) is None
        assert context_bytes(opened) is None


def test_only_demo_classes_are_removed(room: Class) -> None:
    with session() as opened:
        real = open_class(opened, "Real")
    demo.fill(2)
    assert demo.remove() == 2
    assert demo.remove() == 0
    with session() as opened:
        assert opened.scalars(select(Class.id)).all() == [real.id]
        for table in (Person, Run, Answer):
            assert opened.scalar(select(func.count()).select_from(table)) == 0


@pytest.mark.parametrize("count", [1, 5, 300, 2000])
def test_a_class_would_take_every_name_beside_the_others(count: int) -> None:
    found = names(Random(count), count)
    assert len(found) == count == len({key(name) for name in found})
    assert [clean(name) for name in found] == found


def test_names_are_no_other_ones_with_the_same_seed() -> None:
    assert names(Random(1), 40) == names(Random(1), 40) != names(Random(2), 40)
