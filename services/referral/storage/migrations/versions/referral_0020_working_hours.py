"""The working hours in which a service's answer times count, and those of a handoff as it was sent."""

import sqlalchemy as sa
from alembic import op

revision = "referral_0020"
down_revision = "referral_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep them with both; none of those that are there has any."""
    for table in ("services", "handoffs"):
        op.add_column(table, sa.Column("working_hours", sa.Text(), nullable=True))


def downgrade() -> None:
    """Forget them; deadlines stay as they were computed."""
    for table in ("services", "handoffs"):
        op.drop_column(table, "working_hours")
