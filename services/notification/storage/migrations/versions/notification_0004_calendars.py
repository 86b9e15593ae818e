"""Calendars to subscribe to."""

import sqlalchemy as sa
from alembic import op

revision = "notification_0004"
down_revision = "notification_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables; what was set before stands in calendars once it is set again."""
    op.create_table(
        "calendars",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("principal", name=op.f("pk_calendars")),
        comment="Whose calendars can be subscribed to, and which of their addresses still leads there.",
    )
    op.create_table(
        "dates",
        sa.Column("item", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("handoff_id", sa.Uuid(), nullable=False),
        sa.Column("about", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("recipient", sa.Uuid(), nullable=False),
        sa.Column("sender", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("item", "kind", name=op.f("pk_dates")),
        comment="What stands in calendars: who has to do what by when, and when people meet.",
    )
    op.create_index(op.f("ix_dates_handoff_id"), "dates", ["handoff_id"])
    op.create_index(op.f("ix_dates_recipient_at"), "dates", ["recipient", "at"])
    op.create_index(op.f("ix_dates_sender_at"), "dates", ["sender", "at"])


def downgrade() -> None:
    """Remove them."""
    op.drop_table("dates")
    op.drop_table("calendars")
