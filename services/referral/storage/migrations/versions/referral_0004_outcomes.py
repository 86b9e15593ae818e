"""Instruments used with the person of a handoff."""

import sqlalchemy as sa
from alembic import op

revision = "referral_0004"
down_revision = "referral_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "outcomes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("handoff_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("instrument", sa.Text(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("sealed_answers", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "occasion IN ('before', 'review', 'after')", name=op.f("ck_outcomes_occasion")
        ),
        sa.CheckConstraint("visibility IN ('both', 'own')", name=op.f("ck_outcomes_visibility")),
        sa.ForeignKeyConstraint(
            ["handoff_id"], ["handoffs.id"], name=op.f("fk_outcomes_handoff_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcomes")),
        comment="Instruments used with the person of a handoff; what was answered is sealed.",
    )
    op.create_index(op.f("ix_outcomes_handoff_id"), "outcomes", ["handoff_id"])


def downgrade() -> None:
    """Remove it."""
    op.drop_table("outcomes")
