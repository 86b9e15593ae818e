"""Who broke the glass on what they were not told."""

import sqlalchemy as sa
from alembic import op

revision = "referral_0006"
down_revision = "referral_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "openings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sealed_sentence", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referrals.id"], name=op.f("fk_openings_referral_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_openings")),
        comment="Who broke the glass on what they were not told, why, and until when they may read.",
    )
    op.create_index(op.f("ix_openings_referral_id"), "openings", ["referral_id"])


def downgrade() -> None:
    """Remove it."""
    op.drop_table("openings")
