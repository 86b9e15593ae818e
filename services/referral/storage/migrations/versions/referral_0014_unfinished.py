"""Forms that somebody has begun."""

import sqlalchemy as sa
from alembic import op

revision = "referral_0014"
down_revision = "referral_0013"
branch_labels = None
depends_on = None

OWN = (
    "(SELECT current_setting('onward.organisation', true)) = '*'"
    " OR organisation = (SELECT onward_organisation())"
)


def upgrade() -> None:
    """Create the table, guarded as the others are."""
    op.create_table(
        "unfinished",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_form", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unfinished")),
        comment="Forms that a worker has begun; theirs alone, and gone after some days.",
    )
    op.create_index(
        op.f("ix_unfinished_principal_kept_at"), "unfinished", ["principal", "kept_at"]
    )
    op.create_index(op.f("ix_unfinished_kept_at"), "unfinished", ["kept_at"])
    op.execute("ALTER TABLE unfinished ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE unfinished FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON unfinished USING ({OWN})")


def downgrade() -> None:
    """Remove it."""
    op.drop_table("unfinished")
