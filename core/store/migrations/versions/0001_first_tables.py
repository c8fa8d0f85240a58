"""The first tables: people, jobs, workers, runs, pictures, uploads, predictions, answers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
NEWLY_QUEUED = sa.text("state = 'queued' AND put_back_at IS NULL")


def upgrade() -> None:
    _people()
    _jobs()
    _workers()
    _runs()
    _pictures()
    _uploads()
    _predictions()
    _answers()


def downgrade() -> None:
    for table in ("answers", "predictions", "uploads", "pictures", "runs", "workers", "jobs", "people"):
        op.drop_table(table)


def _of_person(table: str) -> sa.ForeignKeyConstraint:
    name = f"{table}_person_id_fkey"
    return sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=name, ondelete="CASCADE")


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("cookie_hash", sa.String(64), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="people_pkey"),
        sa.UniqueConstraint("cookie_hash", name="people_cookie_hash_key"),
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("lab", sa.String(64), nullable=False),
        sa.Column("settings", JSON, nullable=False),
        sa.Column("question_id", sa.String(64)),
        sa.Column("device", sa.String(16), nullable=False),
        sa.Column("workload", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("cancel_requested", sa.Boolean, nullable=False),
        sa.Column("expected_s", sa.Double),
        sa.Column("timeout_s", sa.Double, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("started_at", sa.Double),
        sa.Column("finished_at", sa.Double),
        sa.Column("put_back_at", sa.Double),
        sa.Column("worker", sa.String(128)),
        sa.Column("heartbeat_at", sa.Double),
        sa.Column("progress", JSON, nullable=False),
        sa.Column("error", JSON),
        sa.Column("run_id", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name="jobs_pkey"),
        _of_person("jobs"),
    )
    op.create_index(
        "one_queued_job_each",
        "jobs",
        ["person_id"],
        unique=True,
        sqlite_where=NEWLY_QUEUED,
        postgresql_where=NEWLY_QUEUED,
    )
    op.create_index("jobs_by_person", "jobs", ["person_id", "started_at"])
    op.create_index("jobs_by_state", "jobs", ["state"])
    op.create_index("jobs_by_workload", "jobs", ["workload", "finished_at"])


def _workers() -> None:
    op.create_table(
        "workers",
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("host", sa.String(128), nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("devices", JSON, nullable=False),
        sa.Column("started_at", sa.Double, nullable=False),
        sa.Column("heartbeat_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("name", name="workers_pkey"),
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("lab", sa.String(64), nullable=False),
        sa.Column("question_id", sa.String(64)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("record", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="runs_pkey"),
        _of_person("runs"),
    )
    for column in ("job_id", "person_id", "created_at"):
        op.create_index(f"runs_by_{column}", "runs", [column])


def _pictures() -> None:
    op.create_table(
        "pictures",
        sa.Column("run_id", sa.String(32), nullable=False),
        sa.Column("picture_index", sa.Integer, nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.Column("png", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "picture_index", name="pictures_pkey"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="pictures_run_id_fkey", ondelete="CASCADE"),
    )


def _uploads() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("png", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="uploads_pkey"),
        _of_person("uploads"),
    )
    op.create_index("uploads_by_person_id", "uploads", ["person_id"])


def _predictions() -> None:
    op.create_table(
        "predictions",
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("question_id", sa.String(64), nullable=False),
        sa.Column("choices", JSON, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "question_id", name="predictions_pkey"),
        _of_person("predictions"),
    )


def _answers() -> None:
    op.create_table(
        "answers",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("question_id", sa.String(64), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("submitted_answers", JSON, nullable=False),
        sa.Column("marking", JSON, nullable=False),
        sa.Column("score", sa.Double),
        sa.Column("run_id", sa.String(32)),
        sa.Column("bank_sha", sa.String(64), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="answers_pkey"),
        sa.UniqueConstraint("person_id", "question_id", "attempt", name="one_answer_per_attempt"),
        _of_person("answers"),
    )
    op.create_index("answers_by_person_id", "answers", ["person_id"])
