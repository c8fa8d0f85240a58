"""What a class measured, for the whole room: nobody's own value, no small count, the machine's limit."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.classroom.measured import MeasuredAnswer, Spread, limit_for, measured_by, spread_of
from core.classroom.predictions import predict
from core.store.database import session
from core.store.tables import Run
from tests.core.classroom.school import answered, joined, opened_class
from tests.core.quiz.examples import LESSON, run_record

Q4, Q6 = LESSON.question("Q4"), LESSON.question("Q6")
TOKENS, RATE = 100, 12.5


def values(*found: float, right: int = 0) -> list[MeasuredAnswer]:
    """Answers that rest on these values, the first `right` of them right."""
    return [MeasuredAnswer(value, number < right, None) for number, value in enumerate(found)]


def spread(*found: float, right: int = 0) -> Spread:
    made = spread_of(values(*found, right=right), "s", None)
    assert made is not None
    return made


def run(person_id: str, name: str, seconds: float, limit: bool = True) -> None:
    """A run of Q4's page."""
    record = run_record(Q4, [seconds] * 3) | {"id": name}
    record["limit"] = {"kind": "bandwidth", "value": RATE, "unit": "tokens/s", "basis": "b"} if limit else None
    for repeat in record["repeats"]:
        repeat["tokens"] = TOKENS
    with session() as opened:
        made = Run(id=name, job_id=name, person_id=person_id, lab=Q4.lab.name, question_id="Q4", state="finished")
        made.created_at, made.record = time.time(), record
        opened.add(made)


def test_everybodys_last_answer_counts_with_what_its_run_measured(database: str) -> None:
    room = opened_class()
    ada, ben = joined(room, "Ada").person_id, joined(room, "Ben").person_id
    with session() as opened:
        for person in (ada, ben):
            predict(opened, person, Q4, ["under_10_s"])
    run(ada, "first", 8.0)
    answered(ada, Q4, ["over_60_s"])
    run(ada, "second", 30.0)
    answered(ada, Q4, ["s_20_to_40"])
    run(ben, "third", 50.0)
    answered(ben, Q4, ["over_60_s"])
    with session() as opened:
        found = measured_by(opened, room.id, Q4)
        assert sorted((one.value, one.is_right, one.run_id) for one in found) == [
            (30.0, True, "second"),
            (50.0, False, "third"),
        ]
        assert measured_by(opened, "another class", Q4) == []


def test_the_limit_of_writing_is_the_time_of_as_many_tokens(database: str) -> None:
    ada = joined(opened_class(), "Ada").person_id
    run(ada, "with", 16.0)
    run(ada, "without", 16.0, limit=False)
    assert Q4.key is not None and Q6.key is not None
    with session() as opened:
        assert limit_for(opened, Q4.key, ["with", "without"]) == TOKENS / RATE
        assert limit_for(opened, Q4.key, ["without"]) is None
        assert limit_for(opened, Q4.key, []) is None
        assert limit_for(opened, Q6.key, ["with"]) is None


def test_fewer_than_five_are_not_shown() -> None:
    assert spread_of(values(1, 2, 3, 4), "s", None) is None


@given(st.lists(st.floats(1e-3, 1e4), min_size=5, max_size=300))
def test_every_value_is_in_a_bin_and_no_bin_under_5_is_shown(found: list[float]) -> None:
    made = spread(*found)
    assert len(made.counts) == len(made.edges) + 1 >= 3
    assert list(made.edges) == sorted(set(made.edges))
    assert all(count is None or count >= 5 for count in made.counts)
    assert sum(count or 0 for count in made.counts) <= len(found) == made.people
    assert made.counts.count(None) != 1


def test_edges_are_round_numbers_so_that_none_is_somebodys_value() -> None:
    made = spread(*(16.013 + number * 0.0207 for number in range(100)))
    assert made.edges == (16.0, 16.5, 17.0, 17.5, 18.0)


def test_values_that_are_alike_are_one_bin_between_open_ends() -> None:
    made = spread(*[17.0] * 30)
    assert len(made.edges) == 2 and made.edges[0] <= 17.0 < made.edges[1]


def test_a_far_value_moves_no_edge() -> None:
    near = [16 + number / 40 for number in range(40)]
    assert spread(*near, 500.0).edges == spread(*near, 17.0).edges


@pytest.mark.parametrize(("right", "shown"), [(20, 20), (0, None), (4, None), (27, None), (30, None), (5, 5)])
def test_how_many_agree_is_told_unless_it_tells_of_few(right: int, shown: int | None) -> None:
    assert spread(*[16 + number / 10 for number in range(30)], right=right).fitting == shown
