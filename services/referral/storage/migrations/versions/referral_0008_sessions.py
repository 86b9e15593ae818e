"""How many sessions a service offers to one person, as the directory tells it."""

import sqlalchemy as sa
from alembic import op

revision = "referral_0008"
down_revision = "referral_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("services", sa.Column("sessions_per_person", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Remove it."""
    op.drop_column("services", "sessions_per_person")
