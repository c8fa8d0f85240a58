"""What is deleted because it is old or takes too much room, and what stays."""

import time
import uuid

import pytest
from sqlalchemy import func, select

from core.classroom.pruning import DAY_S, Pruned, prune
from core.classroom.uploads import keep_upload
from core.config import Config
from core.runs.records import PICTURES_GONE
from core.store.database import session
from core.store.tables import Answer, Base, Job, Picture, Run, Upload
from tests.core.classroom.privacy.lives import alone

NOW = time.time()
SETTINGS = Config()


def ran(person: str, days_ago: float, *, png_bytes: int = 10, pictures: int = 1, answered: bool = False) -> str:
    """A finished run of that day with its job and pictures; gives its id."""
    run_id, job_id, at = uuid.uuid4().hex, uuid.uuid4().hex, NOW - days_ago * DAY_S
    job = {"settings": {}, "device": "cpu", "workload": "w", "state": "finished", "timeout_s": 1.0}
    answer = {"question_id": "Q8", "submitted_answers": [], "marking": {}, "score": 1.0, "bank_sha": ""}
    with session() as database:
        database.add(Job(id=job_id, person_id=person, lab="text_to_image", created_at=at, finished_at=at, **job))
        database.add(
            Run(
                id=run_id,
                job_id=job_id,
                person_id=person,
                lab="text_to_image",
                question_id="Q8",
                state="finished",
                created_at=at,
                record={},
            )
        )
        database.flush()
        for index in range(pictures):
            database.add(Picture(run_id=run_id, index=index, role="picture", details={}, png=b"x" * png_bytes))
        if answered:
            attempt = (database.scalar(select(func.max(Answer.attempt))) or 0) + 1
            more = {"person_id": person, "attempt": attempt, "run_id": run_id, "created_at": at}
            database.add(Answer(id=uuid.uuid4().hex, **more, **answer))
    return run_id


def left(table: type[Base] = Run) -> set[str]:
    """The runs that are still there, or that still have a picture."""
    column = Picture.run_id if table is Picture else Run.id
    with session() as database:
        return set(database.scalars(select(column)))


def test_pictures_go_after_their_days_and_the_figures_stay(database: str, person: str) -> None:
    old, young = ran(person, SETTINGS.keep_pictures_days + 1, pictures=3), ran(person, SETTINGS.keep_pictures_days - 1)
    assert prune(NOW) == Pruned(pictures=3, runs=0)
    assert left() == {old, young} and left(Picture) == {young}
    assert prune(NOW) == Pruned(0, 0)
    with session() as opened:
        assert opened.get_one(Run, old).record == {"notes": [PICTURES_GONE]}
        assert opened.get_one(Run, young).record == {}


def test_runs_go_later_with_their_jobs_unless_an_answer_rests_on_them(database: str, person: str) -> None:
    days = SETTINGS.keep_runs_days
    ran(person, days + 1)
    evidence, young = ran(person, days + 1, answered=True), ran(person, days - 1)
    assert prune(NOW).runs == 1
    assert left() == {evidence, young}
    with session() as opened:
        assert opened.scalar(select(func.count()).select_from(Job)) == 2


def test_the_oldest_pictures_go_where_all_take_too_much_room(
    database: str, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [ran(person, days, png_bytes=1000, pictures=2) for days in (1, 2, 3, 4)]
    monkeypatch.setattr(
        "core.classroom.pruning.config", lambda: SETTINGS.model_copy(update={"max_pictures_bytes": 5000})
    )
    assert prune(NOW) == Pruned(pictures=4, runs=0)
    assert left(Picture) == set(runs[:2]) and left() == set(runs)


def test_many_go_in_several_transactions(database: str, person: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.classroom.pruning.AT_ONCE", 2)
    for _ in range(5):
        ran(person, SETTINGS.keep_runs_days + 1)
    assert prune(NOW) == Pruned(pictures=5, runs=5) and left() == set()


def test_an_old_upload_goes_too(database: str, person: str) -> None:
    with session() as opened:
        old, young = keep_upload(opened, person, b"a"), keep_upload(opened, person, b"b")
        opened.get_one(Upload, old).created_at = NOW - (SETTINGS.keep_pictures_days + 1) * DAY_S
    prune(NOW)
    with session() as opened:
        assert set(opened.scalars(select(Upload.id))) == {young}


def test_what_people_have_just_done_stays(database: str) -> None:
    life = alone("Zoe")
    assert prune(NOW) == Pruned(0, 0)
    with session() as opened:
        assert opened.get(Run, life.run_id) is not None and opened.scalar(select(func.count(Picture.index)))
