"""Who was told because they cover for somebody who is away."""

import sqlalchemy as sa
from alembic import op

revision = "notification_0005"
down_revision = "notification_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; what was told before does not say so."""
    op.create_table(
        "stand_ins",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("covers", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "event_id", "organisation", "principal", name=op.f("pk_stand_ins")
        ),
        comment="Who was told of something because they cover for somebody who is away.",
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_table("stand_ins")
