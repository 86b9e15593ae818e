"""What people quote of a handoff, found without looking at all there are.

A column, since row-level security keeps an index on the expression itself from being used: PostgreSQL would
have to compute what is not known to be leakproof of rows that are not the asker's.
"""

import sqlalchemy as sa
from alembic import op

revision = "referral_0024"
down_revision = "referral_0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the column and its index."""
    op.add_column(
        "handoffs",
        sa.Column(
            "quoted",
            sa.LargeBinary(),
            sa.Computed("substring(uuid_send(id) FROM 13)", persisted=True),
            nullable=True,
        ),
    )
    op.create_index(op.f("ix_handoffs_quoted"), "handoffs", ["quoted"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index(op.f("ix_handoffs_quoted"), "handoffs")
    op.drop_column("handoffs", "quoted")
