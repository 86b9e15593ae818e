"""Which organisations were made up for a sandbox."""

import sqlalchemy as sa
from alembic import op

revision = "referral_0018"
down_revision = "referral_0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep it with the copy."""
    op.add_column("organisations", sa.Column("sandbox", sa.Uuid(), nullable=True))


def downgrade() -> None:
    """Forget it."""
    op.drop_column("organisations", "sandbox")
