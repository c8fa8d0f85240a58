"""Classes: members, questions' states, teachers' sign-ins, marks changed later. Cookies get a table of their own."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    _classes()
    _browsers()
    _people()
    _teachers()
    op.add_column("answers", sa.Column("shown_order", JSON))
    _regrades()


def downgrade() -> None:
    raise NotImplementedError("Going back would lose the classes: restore the copy that was made before the upgrade.")


def _classes() -> None:
    op.create_table(
        "classes",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("join_code", sa.String(16), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("closed_at", sa.Double),
        sa.Column("first_state", sa.String(16), nullable=False),
        sa.Column("keep_until", sa.Double),
        sa.Column("is_demo", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="classes_pkey"),
        sa.UniqueConstraint("join_code", name="classes_join_code_key"),
    )
    op.create_table(
        "class_questions",
        sa.Column("class_id", sa.String(32), nullable=False),
        sa.Column("question_id", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("changed_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("class_id", "question_id", name="class_questions_pkey"),
        _to("class_questions", "class_id", "classes"),
    )


def _browsers() -> None:
    op.create_table(
        "browsers",
        sa.Column("cookie_hash", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("alone_id", sa.String(32)),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("cookie_hash", name="browsers_pkey"),
        _to("browsers", "person_id", "people"),
        _to("browsers", "alone_id", "people", "SET NULL"),
    )
    for column in ("person_id", "alone_id"):
        op.create_index(f"browsers_by_{column}", "browsers", [column])
    op.execute(
        "INSERT INTO browsers (cookie_hash, person_id, created_at) SELECT cookie_hash, id, created_at FROM people"
    )


def _people() -> None:
    # SQLite copies the table for this; its foreign keys are off while the schema changes (core.store.database).
    with op.batch_alter_table("people") as people:
        people.drop_constraint("people_cookie_hash_key", type_="unique")
        people.drop_column("cookie_hash")
        people.add_column(sa.Column("class_id", sa.String(32)))
        people.add_column(sa.Column("handle", sa.String(64)))
        people.add_column(sa.Column("handle_key", sa.String(64)))
        people.add_column(sa.Column("resume_hash", sa.String(64)))
        people.add_column(sa.Column("subject_hash", sa.String(64)))
        people.add_column(sa.Column("seen_at", sa.Double))
        people.add_column(sa.Column("seen_page", sa.String(64)))
        people.create_foreign_key("people_class_id_fkey", "classes", ["class_id"], ["id"], ondelete="CASCADE")
        people.create_unique_constraint("people_resume_hash_key", ["resume_hash"])
        people.create_unique_constraint("one_handle_per_class", ["class_id", "handle_key"])
        people.create_unique_constraint("one_account_per_class", ["class_id", "subject_hash"])
    op.create_index("people_by_class_id", "people", ["class_id"])


def _teachers() -> None:
    op.create_table(
        "teacher_sessions",
        sa.Column("cookie_hash", sa.String(64), nullable=False),
        sa.Column("signed_in_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("cookie_hash", name="teacher_sessions_pkey"),
    )
    op.create_table(
        "one_time_tokens",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="one_time_tokens_pkey"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="audit_pkey"),
    )
    op.create_index("audit_by_event", "audit", ["event", "at"])


def _regrades() -> None:
    op.create_table(
        "regrades",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("class_id", sa.String(32), nullable=False),
        sa.Column("question_id", sa.String(64), nullable=False),
        sa.Column("bank_sha", sa.String(64), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("undone_at", sa.Double),
        sa.PrimaryKeyConstraint("id", name="regrades_pkey"),
        _to("regrades", "class_id", "classes"),
    )
    op.create_index("regrades_by_class_id", "regrades", ["class_id"])
    op.create_table(
        "regraded_answers",
        sa.Column("regrade_id", sa.String(32), nullable=False),
        sa.Column("answer_id", sa.String(32), nullable=False),
        sa.Column("before", JSON, nullable=False),
        sa.Column("after", JSON, nullable=False),
        sa.PrimaryKeyConstraint("regrade_id", "answer_id", name="regraded_answers_pkey"),
        _to("regraded_answers", "regrade_id", "regrades"),
        _to("regraded_answers", "answer_id", "answers"),
    )


def _to(table: str, column: str, other: str, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"{table}_{column}_fkey", ondelete=ondelete)
