"""Somebody of whom every table holds something, and a search through everything that is kept anywhere."""

import os
import time
import uuid
from dataclasses import dataclass

from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from core.classroom.audit import note
from core.classroom.classes import open_class
from core.classroom.joining import join
from core.classroom.people import person_for_cookie, secret_hash
from core.config import config
from core.quiz.marking import mark
from core.store.backups import PREFIX
from core.store.database import engine, session
from core.store.tables import (
    Answer,
    Class,
    Job,
    Person,
    Picture,
    Prediction,
    Regrade,
    RegradedAnswer,
    Run,
    TeacherSession,
    Upload,
)
from tests.core.quiz.examples import LESSON, NO_GPU, run_record


@dataclass(frozen=True)
class Life:
    """What can be looked for: texts and bytes that only this person has."""

    person_id: str
    handle: str
    cookie: str
    run_id: str
    upload_id: str
    picture: bytes
    upload: bytes

    @property
    def traces(self) -> list[bytes]:
        """Everything that has to be gone with them."""
        texts = (self.person_id, self.handle, secret_hash(self.cookie), self.run_id, self.upload_id)
        return [one.encode() for one in texts] + [self.picture, self.upload]


def a_class(title: str = "Physics 1") -> Class:
    """An open class."""
    with session() as database:
        return open_class(database, title)


def member(room: Class, handle: str) -> Life:
    """Somebody who joined with a browser that did something alone before, and who has done everything there is."""
    cookie = f"cookie-{uuid.uuid4().hex}"
    with session() as database:
        person_for_cookie(database, cookie)
        person_id = join(database, cookie, room.join_code, handle).person_id
        return _live(database, person_id, handle, cookie, room.id)


def alone(name: str) -> Life:
    """Somebody in no class."""
    cookie = f"cookie-{uuid.uuid4().hex}"
    with session() as database:
        return _live(database, person_for_cookie(database, cookie).id, name, cookie, None)


def _live(database: Session, person_id: str, handle: str, cookie: str, class_id: str | None) -> Life:
    question, now = LESSON.question("Q4"), time.time()
    life = Life(person_id, handle, cookie, uuid.uuid4().hex, uuid.uuid4().hex, os.urandom(9000), os.urandom(9000))
    record = run_record(question, [16.6, 17.0, 18.0], id=life.run_id, notes=[f"asked for by {handle}"])
    marking = mark(question, ["under_10_s"], runs=[record], machine=NO_GPU)
    job = Job(id=uuid.uuid4().hex, person_id=person_id, lab="text_generation", settings={"prompt": f"{handle} asks"})
    job.question_id, job.device, job.workload, job.state = "Q4", "cpu", "w", "finished"
    job.timeout_s, job.created_at, job.run_id = 600.0, now, life.run_id
    run = Run(id=life.run_id, job_id=job.id, person_id=person_id, lab="text_generation", question_id="Q4")
    run.state, run.created_at, run.record = "finished", now, record
    answer = Answer(id=uuid.uuid4().hex, person_id=person_id, question_id="Q4", attempt=1, score=marking.score)
    answer.submitted_answers, answer.marking, answer.run_id = ["under_10_s"], marking.as_dict(), life.run_id
    answer.bank_sha, answer.created_at = LESSON.sha, now
    database.add_all([job, run, answer])
    database.add(Prediction(person_id=person_id, question_id="Q4", choices=["under_10_s"], created_at=now))
    database.add(Upload(id=life.upload_id, person_id=person_id, created_at=now, png=life.upload))
    database.flush()
    database.add(Picture(run_id=life.run_id, index=0, role="result", details={"seed": 7}, png=life.picture))
    database.get_one(Person, person_id).seen_page = "Q4"
    note(database, "sign_in_failed", browser=secret_hash(cookie))
    if class_id:
        regrade = Regrade(id=uuid.uuid4().hex, class_id=class_id, question_id="Q4", bank_sha="f", created_at=now)
        database.add(regrade)
        database.flush()
        both = {"marking": marking.as_dict(), "score": 0.0, "bank_sha": "f"}
        database.add(RegradedAnswer(regrade_id=regrade.id, answer_id=answer.id, before=both, after=both))
    return life


def rows() -> bytes:
    """Every row of every table and of every copy in another schema."""
    with engine().connect() as connection:
        found = inspect(connection)
        schemas = [None, *(name for name in found.get_schema_names() if name.startswith(PREFIX))]
        tables = [(schema, table) for schema in schemas for table in found.get_table_names(schema=schema)]
        names = [f'"{schema}"."{table}"' if schema else f'"{table}"' for schema, table in tables]
        held = [connection.execute(text(f"SELECT * FROM {name}")).all() for name in names]
    return b"\n".join(_bytes(value) for table in held for row in table for value in row)


def _bytes(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def files() -> bytes:
    """Every byte of every file in the data folder: database, log, copies, workers' logs."""
    engine().dispose()
    return b"\n".join(path.read_bytes() for path in sorted(config().data_dir.rglob("*")) if path.is_file())


def found(life: Life) -> list[bytes]:
    """What of somebody is still held anywhere."""
    held = rows() + files()
    return [trace for trace in life.traces if trace in held]


def teacher_signed_in(cookie: str) -> None:
    """A teacher's browser, which no deletion may sign out."""
    with session() as database:
        database.add(TeacherSession(cookie_hash=secret_hash(cookie), signed_in_at=0.0, expires_at=time.time() + 1e6))
