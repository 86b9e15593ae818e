"""Pages for the people referrals are about, and the numbers under which they reach who has them."""

import sqlalchemy as sa
from alembic import op

revision = "referral_0012"
down_revision = "referral_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and the column."""
    op.add_column("organisations", sa.Column("phone", sa.Text(), nullable=True))
    op.create_table(
        "own_pages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_token", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referrals.id"], name=op.f("fk_own_pages_referral_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_pages")),
        sa.UniqueConstraint("digest", name=op.f("uq_own_pages_digest")),
        comment="Pages for the people referrals are about; found by a hash of what is in their address.",
    )
    op.create_index(
        "uq_own_pages_one_at_a_time",
        "own_pages",
        ["referral_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("own_pages")
    op.drop_column("organisations", "phone")
