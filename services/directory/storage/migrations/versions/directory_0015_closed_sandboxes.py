"""When a sandbox was closed."""

import sqlalchemy as sa
from alembic import op

revision = "directory_0015"
down_revision = "directory_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Every sandbox that there is stays open."""
    op.add_column("sandboxes", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Forget it: their systems stay shut out."""
    op.drop_column("sandboxes", "closed_at")
