"""In whose teams workers of others sit, as the directory tells it."""

import sqlalchemy as sa
from alembic import op

revision = "referral_0010"
down_revision = "referral_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the copy."""
    op.create_table(
        "placements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("employer", sa.Uuid(), nullable=False),
        sa.Column("host", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placements")),
        comment="In whose teams workers of others sit, as the directory last published it.",
    )
    op.create_index(op.f("ix_placements_principal_host"), "placements", ["principal", "host"])


def downgrade() -> None:
    """Remove it."""
    op.drop_table("placements")
