"""Sandboxes, and which organisations were made up for them."""

import sqlalchemy as sa
from alembic import op

revision = "directory_0012"
down_revision = "directory_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both."""
    op.create_table(
        "sandboxes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hours_passed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["owner"], ["organisations.id"], name=op.f("fk_sandboxes_owner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sandboxes")),
        comment="Where partners try their systems out, among organisations made up for it.",
    )
    op.create_index(op.f("ix_sandboxes_owner"), "sandboxes", ["owner"])
    op.create_table(
        "sandboxed",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("sandbox_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_sandboxed_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["sandbox_id"], ["sandboxes.id"], name=op.f("fk_sandboxed_sandbox_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_sandboxed")),
        comment="Organisations made up for a sandbox; no list shows them to anybody else.",
    )
    op.create_index(op.f("ix_sandboxed_sandbox_id"), "sandboxed", ["sandbox_id"])


def downgrade() -> None:
    """Remove both; what was made up stays listed, so end it first."""
    op.drop_table("sandboxed")
    op.drop_table("sandboxes")
