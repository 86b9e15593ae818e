"""What services state of their own records, to hold the log against."""

import sqlalchemy as sa
from alembic import op

revision = "audit_0003"
down_revision = "audit_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "stated",
        sa.Column("handoff", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("referral", sa.Uuid(), nullable=False),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leaf", sa.BigInteger(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("handoff", "kind", name=op.f("pk_stated")),
        comment="What a service stated of its own records, and the leaf that the log has of it.",
    )
    op.create_index(
        "ix_stated_without_leaf",
        "stated",
        ["stated_at"],
        postgresql_where=sa.text("leaf IS NULL"),
    )
    op.create_table(
        "books",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=False),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_books")),
        comment="How many handoffs a service said it holds, and how many it named so far.",
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("books")
    op.drop_table("stated")
