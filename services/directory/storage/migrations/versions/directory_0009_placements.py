"""Placements: workers who sit in another organisation's team."""

import sqlalchemy as sa
from alembic import op

revision = "directory_0009"
down_revision = "directory_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "placements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=False),
        sa.Column("employer", sa.Uuid(), nullable=False),
        sa.Column("host", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("employer <> host", name=op.f("ck_placements_two_organisations")),
        sa.CheckConstraint("ends_at >= starts_at", name=op.f("ck_placements_moments_in_order")),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["workers.id"], name=op.f("fk_placements_worker_id")
        ),
        sa.ForeignKeyConstraint(
            ["employer"], ["organisations.id"], name=op.f("fk_placements_employer")
        ),
        sa.ForeignKeyConstraint(["host"], ["organisations.id"], name=op.f("fk_placements_host")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placements")),
        comment="In whose teams workers of others sit, from when to when.",
    )
    op.create_index(op.f("ix_placements_worker_id"), "placements", ["worker_id"])
    op.create_index(
        "uq_placements_one_without_end",
        "placements",
        ["worker_id", "host"],
        unique=True,
        postgresql_where=sa.text("ends_at IS NULL"),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("placements")
