"""Downloads that runs wait for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "downloads",
        sa.Column("model_id", sa.String(64), nullable=False),
        sa.Column("wanted_at", sa.Double, nullable=False),
        sa.Column("is_kept", sa.Boolean, nullable=False),
        sa.Column("progress", JSON, nullable=False),
        sa.Column("heard_at", sa.Double),
        sa.Column("error", JSON),
        sa.PrimaryKeyConstraint("model_id", name="downloads_pkey"),
    )
    op.create_table(
        "awaited_models",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("model_id", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "model_id", name="awaited_models_pkey"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="awaited_models_job_id_fkey", ondelete="CASCADE"),
    )
    op.create_index("awaited_models_by_model", "awaited_models", ["model_id"])


def downgrade() -> None:
    op.drop_table("awaited_models")
    op.drop_table("downloads")
