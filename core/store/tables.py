"""The tables. Times are seconds since 1970 (UTC); JSON columns hold plain lists and dicts."""

from typing import Any, ClassVar

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, MetaData, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
_NEWLY_QUEUED = text("state = 'queued' AND put_back_at IS NULL")


class Base(DeclarativeBase):
    # Every constraint has a name, so that a later migration can change it on SQLite too.
    metadata = MetaData(
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "fk": "%(table_name)s_%(column_0_name)s_fkey",
            "uq": "%(table_name)s_%(column_0_name)s_key",
            "ix": "%(table_name)s_by_%(column_0_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {dict[str, Any]: Json, list[str]: Json, list[Any]: Json}


class Class(Base):
    """A class that a teacher opened. Deleting it deletes its members with everything they did."""

    __tablename__ = "classes"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    join_code: Mapped[str] = mapped_column(String(16), unique=True)
    created_at: Mapped[float]
    closed_at: Mapped[float | None]
    """Set once nobody can join and nothing is taken any more."""
    first_state: Mapped[str] = mapped_column(String(16))
    """State of every question that has no row in `class_questions`."""
    keep_until: Mapped[float | None]
    """When everything of the class is deleted; None keeps it until a teacher deletes it."""
    is_demo: Mapped[bool] = mapped_column(default=False)


class ClassQuestion(Base):
    """A question of one class whose state was changed: open, closed, revealed."""

    __tablename__ = "class_questions"
    class_id: Mapped[str] = mapped_column(ForeignKey("classes.id", ondelete="CASCADE"), primary_key=True)
    question_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    changed_at: Mapped[float]


class Person(Base):
    """Someone who opened the app, alone or as a member of one class. No address; a name only as the handle chosen."""

    __tablename__ = "people"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    class_id: Mapped[str | None] = mapped_column(ForeignKey("classes.id", ondelete="CASCADE"), index=True)
    handle: Mapped[str | None] = mapped_column(String(64))
    handle_key: Mapped[str | None] = mapped_column(String(64))
    """The handle without what looks alike: two members of a class cannot share it."""
    resume_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of the personal code that resumes on another device."""
    subject_hash: Mapped[str | None] = mapped_column(String(64))
    """Of the account signed in with, where the installation has OIDC."""
    created_at: Mapped[float]
    seen_at: Mapped[float | None]
    seen_page: Mapped[str | None] = mapped_column(String(64))
    """The question that was open when last seen; None on any other page."""

    __table_args__ = (
        UniqueConstraint("class_id", "handle_key", name="one_handle_per_class"),
        UniqueConstraint("class_id", "subject_hash", name="one_account_per_class"),
    )


class Browser(Base):
    """Who a browser's random cookie stands for; only the cookie's hash is kept."""

    __tablename__ = "browsers"
    cookie_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    alone_id: Mapped[str | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)
    """Who it stood for before it joined a class, to go back to."""
    created_at: Mapped[float]


class TeacherSession(Base):
    """A browser in which a teacher signed in by passcode or token."""

    __tablename__ = "teacher_sessions"
    cookie_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    signed_in_at: Mapped[float]
    expires_at: Mapped[float]


class OneTimeToken(Base):
    """A token printed on the server's console, which signs one teacher in once."""

    __tablename__ = "one_time_tokens"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[float]


class AuditLine(Base):
    """What was done that somebody may ask about later: sign-ins, refusals, deletions, marks changed. Names nobody."""

    __tablename__ = "audit"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[float]
    event: Mapped[str] = mapped_column(String(64))
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)

    __table_args__ = (Index("audit_by_event", "event", "at"),)


class Job(Base):
    """A run that was asked for: queued, running, finished, failed or cancelled."""

    __tablename__ = "jobs"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    lab: Mapped[str] = mapped_column(String(64))
    settings: Mapped[dict[str, Any]]
    """Resolved settings of the lab: source, device and dtype are concrete."""
    question_id: Mapped[str | None] = mapped_column(String(64))
    """The page that it was started from, if any."""
    device: Mapped[str] = mapped_column(String(16))
    workload: Mapped[str] = mapped_column(String(64))
    """Hash of what decides the duration; expected times are medians over one workload."""
    state: Mapped[str] = mapped_column(String(16), index=True)
    attempt: Mapped[int] = mapped_column(default=0)
    """How often a worker has taken it; the second lost worker is the last."""
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    expected_s: Mapped[float | None]
    timeout_s: Mapped[float]
    created_at: Mapped[float]
    started_at: Mapped[float | None]
    finished_at: Mapped[float | None]
    put_back_at: Mapped[float | None]
    """Set while it waits for the second time because its worker ended; it may then wait beside a newer run of the
    same person, whose place in the queue it must not block."""
    worker: Mapped[str | None] = mapped_column(String(128))
    """Name of the worker that has it, a row of `workers` while that worker lives."""
    heartbeat_at: Mapped[float | None]
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[dict[str, Any] | None]
    run_id: Mapped[str | None] = mapped_column(String(32))

    __table_args__ = (
        Index(
            "one_queued_job_each",
            "person_id",
            unique=True,
            sqlite_where=_NEWLY_QUEUED,
            postgresql_where=_NEWLY_QUEUED,
        ),
        Index("jobs_by_person", "person_id", "started_at"),
        Index("jobs_by_workload", "workload", "finished_at"),
    )


class Download(Base):
    """Weights that somebody waits for; the row goes when they are here, or cannot be had."""

    __tablename__ = "downloads"
    model_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    wanted_at: Mapped[float]
    is_kept: Mapped[bool]
    """A teacher asked for it, so it goes on also when no run waits for it."""
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """`done_bytes`, `total_bytes`, `bytes_per_s`; empty before the first byte."""
    heard_at: Mapped[float | None]
    """When the process that fetches it last said so."""
    error: Mapped[dict[str, Any] | None]
    """Why the last try of a teacher's failed; it is tried again when somebody asks anew."""


class Awaited(Base):
    """A queued run that waits for a download; it cannot be claimed before the row is gone."""

    __tablename__ = "awaited_models"
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    model_id: Mapped[str] = mapped_column(String(64), primary_key=True)

    __table_args__ = (Index("awaited_models_by_model", "model_id"),)


class Worker(Base):
    """A worker process that is there; the row is renewed with the heartbeat and removed when it leaves."""

    __tablename__ = "workers"
    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    host: Mapped[str] = mapped_column(String(128))
    pid: Mapped[int]
    devices: Mapped[list[str]]
    """What it takes jobs for; `cuda` stands beside `cuda:0` for jobs that any GPU may run."""
    started_at: Mapped[float]
    heartbeat_at: Mapped[float]


class Run(Base):
    """What a job measured; `record` is the document that is exported."""

    __tablename__ = "runs"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    job_id: Mapped[str] = mapped_column(String(32), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    lab: Mapped[str] = mapped_column(String(64))
    question_id: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[float] = mapped_column(index=True)
    record: Mapped[dict[str, Any]]


class Picture(Base):
    """A picture that a run made; `details` says how (seed, steps, guidance, role)."""

    __tablename__ = "pictures"
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    index: Mapped[int] = mapped_column("picture_index", primary_key=True)
    role: Mapped[str] = mapped_column(String(32))
    details: Mapped[dict[str, Any]]
    png: Mapped[bytes] = mapped_column(LargeBinary)


class Upload(Base):
    """A student's own picture, re-encoded when it came in."""

    __tablename__ = "uploads"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[float]
    png: Mapped[bytes] = mapped_column(LargeBinary)


class Prediction(Base):
    """What a student expected before measuring; the first one stays."""

    __tablename__ = "predictions"
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    question_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    choices: Mapped[list[str]]
    created_at: Mapped[float]


class Answer(Base):
    """One marked attempt, with the bank it was marked by and the run it rests on."""

    __tablename__ = "answers"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    question_id: Mapped[str] = mapped_column(String(64))
    attempt: Mapped[int]
    submitted_answers: Mapped[list[str]]
    marking: Mapped[dict[str, Any]]
    """`Marking` of core.quiz.marking as a plain dict: state, score, correct_answers, evidence, …"""
    score: Mapped[float | None]
    run_id: Mapped[str | None] = mapped_column(String(32))
    bank_sha: Mapped[str] = mapped_column(String(64))
    shown_order: Mapped[list[str] | None]
    """Ids of the options as they stood on the page; None in answers older than this column."""
    created_at: Mapped[float]

    __table_args__ = (UniqueConstraint("person_id", "question_id", "attempt", name="one_answer_per_attempt"),)


class Regrade(Base):
    """The answers of one class to one question, marked anew by a changed bank."""

    __tablename__ = "regrades"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    class_id: Mapped[str] = mapped_column(ForeignKey("classes.id", ondelete="CASCADE"), index=True)
    question_id: Mapped[str] = mapped_column(String(64))
    bank_sha: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[float]
    undone_at: Mapped[float | None]


class RegradedAnswer(Base):
    """One answer before and after a regrade; `before` is what undoing brings back."""

    __tablename__ = "regraded_answers"
    regrade_id: Mapped[str] = mapped_column(ForeignKey("regrades.id", ondelete="CASCADE"), primary_key=True)
    answer_id: Mapped[str] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True)
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    """Each holds `marking`, `score` and `bank_sha` of the answer."""
