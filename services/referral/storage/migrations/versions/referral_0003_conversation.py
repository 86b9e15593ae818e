"""What the two sides of a handoff say, and when people meet."""

import sqlalchemy as sa
from alembic import op

revision = "referral_0003"
down_revision = "referral_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    _messages()
    _appointments()


def downgrade() -> None:
    """Remove them."""
    op.drop_table("appointments")
    op.drop_table("messages")


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("handoff_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("visibility IN ('both', 'own')", name=op.f("ck_messages_visibility")),
        sa.ForeignKeyConstraint(
            ["handoff_id"], ["handoffs.id"], name=op.f("fk_messages_handoff_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        comment="What the two sides of a handoff said, and what each noted for itself.",
    )
    op.create_index(op.f("ix_messages_handoff_id_at"), "messages", ["handoff_id", "at"])


def _appointments() -> None:
    op.create_table(
        "appointments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("handoff_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("sealed_place", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "mode IN ('in-person', 'phone', 'video')", name=op.f("ck_appointments_mode")
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'cancelled', 'attended', 'missed')",
            name=op.f("ck_appointments_state"),
        ),
        sa.ForeignKeyConstraint(
            ["handoff_id"], ["handoffs.id"], name=op.f("fk_appointments_handoff_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
        comment="When the person meets the service, and whether they came.",
    )
    op.create_index(
        op.f("ix_appointments_handoff_id_starts_at"), "appointments", ["handoff_id", "starts_at"]
    )
