"""What senders are asked about handoffs they sent, found without looking at all they ever sent."""

import sqlalchemy as sa
from alembic import op

revision = "referral_0021"
down_revision = "referral_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index."""
    op.create_index(
        "ix_handoffs_asked",
        "handoffs",
        ["sender"],
        postgresql_where=sa.text("status = 'info_requested'"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_handoffs_asked")
