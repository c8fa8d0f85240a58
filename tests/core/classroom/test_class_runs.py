"""A class's runs without their bulk: what is kept, what is forgotten, and the limit in the unit of a measure."""

import uuid
from typing import Any

import pytest

from core.classroom.class_runs import KnownRuns, limit_in
from core.quiz.evidence import reasons_against
from core.store.database import session
from core.store.tables import Person, Run
from tests.core.classroom.school import joined, opened_class
from tests.core.quiz.examples import LESSON, run_record

Q4 = LESSON.question("Q4")
BULK = {"outputs": {"text": "long"}, "profile": {"top": []}, "environment": {"versions": {}}}


def add_run(person_id: str, at: float, **changes: Any) -> str:
    """A run of Q4's page; gives its id."""
    name = uuid.uuid4().hex
    record = run_record(Q4, [16.6, 15.9, 17.0], **BULK, **changes) | {"id": name}
    record["repeats"][0]["token_s"] = [0.1] * 50
    fields = {"lab": Q4.lab.name, "question_id": "Q4", "state": record["state"], "created_at": at, "record": record}
    with session() as database:
        database.add(Run(id=name, job_id=name, person_id=person_id, **fields))
    return name


def read(known: KnownRuns) -> list[str]:
    with session() as database:
        return [run.id for run in known.read(database)]


def test_what_evidence_and_charts_need_is_kept_and_the_rest_is_not(database: str) -> None:
    room = opened_class()
    ada = joined(room, "Ada").person_id
    add_run(ada, 1.0)
    with session() as opened:
        (run,) = KnownRuns(room.id).read(opened)
    assert (run.handle, run.person_id, run.lab, run.question_id) == ("Ada", ada, "text_generation", "Q4")
    assert run.machine == "a CPU" and reasons_against(Q4, run.record) == ()
    assert not BULK.keys() & run.record.keys() and "token_s" not in run.record["repeats"][0]
    assert [repeat["wall_s"] for repeat in run.record["repeats"]] == [16.6, 15.9, 17.0]


def test_runs_come_newest_first_and_only_from_the_class(database: str) -> None:
    room, other = opened_class(), opened_class("Other")
    ada, ben = joined(room, "Ada").person_id, joined(room, "Ben").person_id
    ids = [add_run(ada, 1.0), add_run(ben, 3.0), add_run(ada, 2.0)]
    add_run(joined(other, "Cleo").person_id, 4.0)
    assert read(KnownRuns(room.id)) == [ids[1], ids[2], ids[0]]


def test_new_runs_are_found_also_those_that_began_before_a_known_one(database: str) -> None:
    room = opened_class()
    ada = joined(room, "Ada").person_id
    known = KnownRuns(room.id)
    assert read(known) == []
    first = add_run(ada, 5.0)
    assert read(known) == [first]
    late, newest = add_run(ada, 4.0), add_run(ada, 6.0)
    assert read(known) == [newest, first, late]


def test_runs_of_a_deleted_student_are_forgotten(database: str) -> None:
    room = opened_class()
    ada, ben = joined(room, "Ada").person_id, joined(room, "Ben").person_id
    add_run(ada, 1.0)
    kept = add_run(ben, 2.0)
    known = KnownRuns(room.id)
    assert len(read(known)) == 2
    with session() as opened:
        opened.delete(opened.get_one(Person, ada))
    assert read(known) == [kept]


@pytest.mark.parametrize(
    ("measure", "limit", "repeats", "expected"),
    [
        ("tokens_per_s", {"value": 20.0, "unit": "tokens/s"}, [{"wall_s": 8.0, "tokens": 100}], 20.0),
        ("wall_s", {"value": 20.0, "unit": "tokens/s"}, [{"wall_s": 9.0}, {"wall_s": 8.0, "tokens": 100}], 5.0),
        ("wall_s", {"value": 20.0, "unit": "tokens/s"}, [{"wall_s": 8.0}], None),
        ("wall_s", {"value": 0.1, "unit": "s/evaluation"}, [{"wall_s": 8.0, "evaluations": 51}], 5.1),
        ("tokens_per_s", {"value": 0.1, "unit": "s/evaluation"}, [{"wall_s": 8.0, "evaluations": 51}], None),
        (
            "images_per_s",
            {"value": 0.2, "unit": "s/batch", "images": 8},
            [{"wall_s": 0.1, "images": 1, "images_per_s": 10}, {"wall_s": 0.5, "images": 8, "images_per_s": 16}],
            40.0,
        ),
        (
            "images_per_s",
            {"value": 0.2, "unit": "s/batch", "images": 8},
            [{"wall_s": 0.05, "images": 1, "images_per_s": 20}, {"wall_s": 0.5, "images": 8, "images_per_s": 16}],
            None,
        ),
        ("wall_s", None, [{"wall_s": 8.0, "tokens": 100}], None),
        ("wall_s", {"value": 20.0, "unit": "tokens/s"}, [], None),
        ("device_used_after_run", {"value": 20.0, "unit": "tokens/s"}, [{"wall_s": 8.0, "tokens": 100}], None),
    ],
)
def test_the_limit_stands_in_the_unit_of_the_measure_or_nowhere(
    measure: str, limit: dict[str, Any] | None, repeats: list[dict[str, Any]], expected: float | None
) -> None:
    found = limit_in({"limit": limit, "repeats": repeats}, measure)
    assert found == (None if expected is None else pytest.approx(expected))
