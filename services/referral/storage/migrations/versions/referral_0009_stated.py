"""How far the handoffs were stated to the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "referral_0009"
down_revision = "referral_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, and the order handoffs are stated in."""
    op.create_table(
        "stated",
        sa.Column("single", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("through", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handoff_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("single", name=op.f("ck_stated_single")),
        sa.PrimaryKeyConstraint("single", name=op.f("pk_stated")),
        comment="The last handoff that was stated to the audit log, in the order they were sent.",
    )
    op.create_index(
        "ix_handoffs_requested_at_id",
        "handoffs",
        ["requested_at", "id"],
        postgresql_where=sa.text("requested_at IS NOT NULL"),
    )


def downgrade() -> None:
    """Take both away."""
    op.drop_index("ix_handoffs_requested_at_id", "handoffs")
    op.drop_table("stated")
