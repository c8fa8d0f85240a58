"""After a deletion no row of any table and no byte of any file holds the person."""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select, update

from core.classroom import privacy
from core.classroom.audit import lines, note
from core.classroom.classes import keep
from core.classroom.joining import join, resume
from core.classroom.people import person_for_cookie, secret_hash
from core.classroom.teachers import is_teacher
from core.config import ROOT
from core.jobs import claiming
from core.jobs.worker import Worker
from core.store import backups
from core.store.backups import CannotForget
from core.store.database import engine, migrate, session
from core.store.tables import Base, Class, Job, Person, Run
from tests.core.classroom.privacy.lives import Life, a_class, alone, files, found, member, rows, teacher_signed_in
from tests.core.jobs.fake_lab import FakeOutcome, execute
from tests.core.jobs.waiting import stored, submitted, wait_for
from tests.core.store.old_database import COOKIES, PNG, make_old_database


@pytest.fixture
def copied(database: str) -> Iterator[None]:
    """A copy of the database is made in the test by `_copy`; its schema goes with the test."""
    yield
    if engine().dialect.name == "postgresql":
        with engine().begin() as connection:
            connection.exec_driver_sql('DROP SCHEMA IF EXISTS "vram_lab_before_0002" CASCADE')


def _copy() -> None:
    """The copy that the next update of the schema will make."""
    with engine().connect() as connection:
        backups.back_up(connection, "0002")
        connection.commit()


def _events() -> list[tuple[str, dict[str, object]]]:
    with session() as database:
        return [(line.event, line.details) for line in lines(database)]


def test_a_member_is_gone_from_every_table_and_every_file(copied: None) -> None:
    room = a_class()
    gone, left = member(room, "Zoe Quillfeather"), member(room, "Ben Oakwright")
    _copy()
    assert len(found(gone)) == len(gone.traces)
    assert privacy.delete_person(gone.person_id, "teacher")
    assert found(gone) == [secret_hash(gone.cookie).encode()], "the browser is still there: it is who it was before"
    assert len(found(left)) == len(left.traces)
    assert b"Quillfeather" not in rows() + files()


def test_somebody_alone_is_gone_with_the_hash_of_their_cookie(copied: None) -> None:
    gone, left = alone("Zoe Quillfeather"), alone("Ben Oakwright")
    _copy()
    privacy.delete_person(gone.person_id)
    assert found(gone) == []
    assert b"Quillfeather" not in rows() + files()
    assert found(left)
    with session() as database:
        assert person_for_cookie(database, gone.cookie).id != gone.person_id


def test_a_class_is_gone_with_everybody_in_it_and_its_own_name(copied: None) -> None:
    room, other = a_class("Astronomy on Tuesdays"), a_class("Botany")
    lives = [member(room, f"Student {number} Quillfeather") for number in range(3)]
    left = member(other, "Ben Oakwright")
    with session() as opened:
        note(opened, "answers_regraded", class_id=room.id, regrade_id="regrade of astronomy", question_id="Q4")
    _copy()
    assert privacy.delete_class(room.id)
    held = rows() + files()
    assert not [trace for trace in (room.id, "stronomy", "Quillfeather", room.join_code) if trace.encode() in held]
    assert not [trace for life in lives for trace in life.traces[:-2] if trace in held and len(trace) != 64]
    assert len(found(left)) == len(left.traces)
    assert ("class_deleted", {"students": 3}) in _events() and ("answers_regraded", {"question_id": "Q4"}) in _events()
    assert ("class_opened", {}) in _events() and ("class_opened", {"class_id": other.id}) in _events()


def test_what_is_left_of_a_class_are_browsers_and_who_they_were_before(database: str) -> None:
    room = a_class()
    lives = [member(room, "Zoe"), member(room, "Ben")]
    privacy.delete_class(room.id)
    with session() as opened:
        tables = Base.metadata.tables
        filled = {name for name in tables if opened.scalar(select(func.count()).select_from(tables[name]))}
        assert filled == {"audit", "browsers", "people"}
        before = {person_for_cookie(opened, life.cookie).id for life in lives}
        assert set(opened.scalars(select(Person.id))) == before


def test_a_browser_is_again_who_it_was_before_it_joined(database: str) -> None:
    with session() as opened:
        before = person_for_cookie(opened, "a cookie").id
    room = a_class()
    with session() as opened:
        joined = join(opened, "a cookie", room.join_code, "Zoe")
        resume(opened, "another cookie", joined.personal_code or "")
    privacy.delete_person(joined.person_id)
    with session() as opened:
        assert person_for_cookie(opened, "a cookie").id == before
        assert person_for_cookie(opened, "another cookie").class_id is None
        assert opened.scalar(select(func.count()).select_from(Person)) == 2


def test_the_audit_says_that_somebody_was_deleted_and_not_who(database: str) -> None:
    life = member(a_class(), "Zoe")
    privacy.delete_person(life.person_id, "teacher")
    assert ("person_deleted", {"by": "teacher"}) in _events()
    assert ("sign_in_failed", {}) in _events(), "it happened, whoever it was"


def test_a_teachers_sign_in_in_the_same_browser_stays(database: str) -> None:
    life = alone("Zoe")
    teacher_signed_in(life.cookie)
    privacy.delete_person(life.person_id)
    with session() as opened:
        assert is_teacher(opened, life.cookie)


def test_deleting_nobody_changes_nothing(database: str) -> None:
    life = member(a_class(), "Zoe")
    before = rows()
    assert not privacy.delete_person("somebody else")
    assert not privacy.delete_class("another class")
    assert rows() == before and found(life)


def test_a_run_in_progress_stops_and_brings_nothing_back(database: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="core")
    room = a_class()
    gone, left = member(room, "Zoe Quillfeather"), member(room, "Ben Oakwright")
    worker = Worker(["cpu"], execute=execute)
    job_id = submitted(gone.person_id, steps=2000, step_s=0.01)
    with session() as opened:
        job = claiming.claim(opened, worker.name, worker.devices)
    assert job is not None and job.id == job_id
    thread = threading.Thread(target=worker.work, args=(job,))
    thread.start()
    wait_for(lambda: stored(job_id).progress.get("step", 0) > 0)
    privacy.delete_person(gone.person_id)
    thread.join(timeout=15)
    assert not thread.is_alive(), "the run stops at its next step, long before its end"
    assert _ids_of(gone) == []
    next_id = submitted(left.person_id)
    with session() as opened:
        next_job = claiming.claim(opened, worker.name, worker.devices)
    assert next_job is not None
    worker.work(next_job)
    assert stored(next_id).state == "finished", "the worker goes on"
    assert not [word for word in (gone.person_id, "Quillfeather", left.person_id, "Oakwright") if word in caplog.text]


def _ids_of(life: Life) -> list[bytes]:
    return [trace for trace in found(life) if trace != secret_hash(life.cookie).encode()]


def test_a_waiting_run_is_never_claimed(database: str) -> None:
    life = alone("Zoe")
    submitted(life.person_id)
    privacy.delete_person(life.person_id)
    with session() as opened:
        assert claiming.claim(opened, "w", ["cpu"]) is None


def test_a_result_that_is_being_stored_and_a_deletion_do_not_block_each_other(database: str) -> None:
    life = alone("Zoe")
    job_id = submitted(life.person_id)
    with session() as opened:
        claiming.claim(opened, "w", ["cpu"])
    deleter = threading.Thread(target=privacy.delete_person, args=(life.person_id,))
    with session() as opened:
        # The worker has ended the job, and its run is not written yet, when the deletion begins.
        opened.execute(update(Job).where(Job.id == job_id).values(state="running"))
        deleter.start()
        time.sleep(0.3)
        outcome = FakeOutcome({"id": "run", "state": "finished", "error": None, "lab": "fake"})
        assert claiming.finish(opened, job_id, "w", outcome)
    deleter.join(timeout=20)
    assert not deleter.is_alive()
    with session() as opened:
        assert opened.get(Run, "run") is None and opened.get(Person, life.person_id) is None


def test_a_result_that_comes_after_the_deletion_is_not_stored(database: str) -> None:
    life = alone("Zoe")
    job_id = submitted(life.person_id)
    with session() as opened:
        claiming.claim(opened, "w", ["cpu"])
    privacy.delete_person(life.person_id)
    outcome = FakeOutcome({"id": "run", "state": "finished", "error": None, "lab": "fake"})
    with session() as opened:
        assert claiming.heartbeat(opened, job_id, "w", {"step": 1}) == "lost"
        assert not claiming.finish(opened, job_id, "w", outcome)
        assert not claiming.fail(opened, job_id, "w", {"kind": "k", "message": "m", "remedy": "r"})
        assert claiming.requeue_lost(opened, "w") == claiming.release(opened, "w") == []
        assert opened.get(Run, "run") is None


def test_only_classes_whose_last_day_has_come_are_deleted(database: str) -> None:
    over, later, kept = a_class("Over"), a_class("Later"), a_class("Kept")
    life = member(over, "Zoe")
    with session() as opened:
        keep(opened, over.id, time.time() - 1)
        keep(opened, kept.id, None)
    assert privacy.delete_expired() == 1
    assert privacy.delete_expired() == 0
    assert _ids_of(life) == []
    with session() as opened:
        assert set(opened.scalars(select(Class.title))) == {"Later", "Kept"}
    assert ("class_expired", {"students": 1}) in _events()
    assert later.id in {details.get("class_id") for _, details in _events()}


def test_several_processes_delete_an_expired_class_once(database: str) -> None:
    room = a_class()
    member(room, "Zoe")
    with session() as opened:
        keep(opened, room.id, time.time() - 1)
    program = [sys.executable, "-c", "from core.classroom.privacy import delete_expired; print(delete_expired())"]
    running = [subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert sorted(one.communicate()[0].strip() for one in running) == ["0", "0", "1"]
    assert [event for event, _ in _events()].count("class_expired") == 1


def test_somebody_from_before_an_update_is_gone_from_the_copy_that_it_made(own_settings: object) -> None:
    make_old_database()
    migrate()
    (path,) = backups.files()
    assert b"run of bob" in path.read_bytes() and PNG in path.read_bytes()
    privacy.delete_person("bob")
    held = rows() + files()
    assert not [trace for trace in (b"of bob", secret_hash(COOKIES["bob"]).encode()) if trace in held]
    assert b"run of ada" in path.read_bytes()


def test_a_copy_that_cannot_be_changed_is_named_and_nobody_is_deleted(sqlite: str) -> None:
    life = alone("Zoe")
    broken = backups.folder() / "vram_lab_before_0001-20260101-000000.sqlite"
    broken.parent.mkdir()
    broken.write_bytes(b"no database" * 1000)
    with pytest.raises(CannotForget, match="vram_lab_before_0001") as caught:
        privacy.delete_person(life.person_id)
    assert "remove that file" in caught.value.remedy
    assert len(found(life)) == len(life.traces)
    broken.unlink()
    privacy.delete_person(life.person_id)
    assert found(life) == []


def test_a_large_database_is_cleaned_later(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    life = alone("Zoe")
    monkeypatch.setattr(privacy.deletion, "clean", lambda: privacy.clean(at_once_bytes=1000))
    privacy.delete_person(life.person_id)
    assert life.person_id.encode() not in rows()
    assert not privacy.clean(at_once_bytes=1000)
    assert privacy.clean(at_once_bytes=None)
    assert found(life) == []


def test_nothing_of_the_data_folder_is_in_a_log_of_a_failed_statement(sqlite: str) -> None:
    """Errors of the database are logged; they name the statement and not whose row it was."""
    life = alone("Zoe")
    with pytest.raises(Exception, match="parameters hidden") as caught, session() as opened:
        opened.add(Person(id=life.person_id, created_at=0.0))
    assert life.person_id not in str(caught.value)
