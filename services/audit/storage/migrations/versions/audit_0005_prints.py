"""Bundles hold their trail as a PDF; it is kept as it was drawn."""

import sqlalchemy as sa
from alembic import op

revision = "audit_0005"
down_revision = "audit_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; bundles made before have none."""
    op.add_column("exports", sa.Column("document", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Take it away; bundles that held a PDF can then not be made again."""
    op.drop_column("exports", "document")
