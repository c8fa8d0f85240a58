"""Which rounds are drawn, and how the runs of the students are counted."""

import random
import time
import uuid

from bench.class_faults import ANSWER_S, ROUNDS, SEED, _counted, _drawn
from core.store.database import session
from core.store.tables import Run


def test_every_kill_comes_while_the_class_answers_and_the_same_seed_draws_the_same() -> None:
    first, second = random.Random(SEED), random.Random(SEED)
    for number, kind in enumerate(ROUNDS, start=1):
        drawn = _drawn(number, kind, first)
        assert drawn == _drawn(number, kind, second)
        assert 0 < drawn.killed_after_s < ANSWER_S
    assert len(ROUNDS) == 20 and set(ROUNDS) == {"web", "worker", "database"}


def test_runs_are_counted_by_job_and_unfinished_ones_are_missing(database: str, person: str) -> None:
    def add(job: str, state: str) -> None:
        with session() as opened:
            opened.add(
                Run(
                    id=uuid.uuid4().hex,
                    job_id=job,
                    person_id=person,
                    lab="text_generation",
                    question_id=None,
                    state=state,
                    created_at=time.time(),
                    record={},
                )
            )

    assert _counted(3) == {"runs": 3, "runs_lost": 3, "runs_doubled": 0}
    add("one", "finished")
    add("two", "finished")
    add("two", "finished")
    add("three", "failed")
    assert _counted(3) == {"runs": 3, "runs_lost": 1, "runs_doubled": 1}
