"""Which partners' systems may act: asked of what comes by the broker."""

import sqlalchemy as sa
from alembic import op

revision = "kernel_0002"
down_revision = "kernel_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "known_systems",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_known_systems")),
        comment="Partners' systems that may act, as the directory tells it; for what comes by the broker.",
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("known_systems")
