"""Files that travel with a handoff."""

import sqlalchemy as sa
from alembic import op

revision = "referral_0011"
down_revision = "referral_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "attachments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("handoff_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sealed_name", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["handoff_id"], ["handoffs.id"], name=op.f("fk_attachments_handoff_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
        comment="Files that travel with a handoff; their names say as much as what is in them.",
    )
    op.create_index(op.f("ix_attachments_handoff_id_at"), "attachments", ["handoff_id", "at"])


def downgrade() -> None:
    """Remove it."""
    op.drop_table("attachments")
