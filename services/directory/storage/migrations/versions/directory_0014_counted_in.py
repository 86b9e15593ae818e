"""In which hours a service's answer times count."""

import sqlalchemy as sa
from alembic import op

revision = "directory_0014"
down_revision = "directory_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep it with the service; until somebody says otherwise every hour counts."""
    op.add_column(
        "services",
        sa.Column("counted_in", sa.Text(), server_default="elapsed", nullable=False),
    )


def downgrade() -> None:
    """Forget it."""
    op.drop_column("services", "counted_in")
