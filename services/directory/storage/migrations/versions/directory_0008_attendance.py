"""Attendance: sessions somebody came to, and how many came to what takes whoever comes."""

import sqlalchemy as sa
from alembic import op

revision = "directory_0008"
down_revision = "directory_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.add_column(
        "claims", sa.Column("sessions", sa.Integer(), server_default="0", nullable=False)
    )
    op.create_table(
        "headcounts",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("people >= 0", name=op.f("ck_headcounts_people")),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_headcounts_service_id")
        ),
        sa.PrimaryKeyConstraint("service_id", "on", name=op.f("pk_headcounts")),
        comment="How many came to what takes whoever comes; nobody's name.",
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("headcounts")
    op.drop_column("claims", "sessions")
