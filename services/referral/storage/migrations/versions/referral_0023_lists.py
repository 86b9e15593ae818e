"""Lists of people on their way to a service, and what became of their lines."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "referral_0023"
down_revision = "referral_0022"
branch_labels = None
depends_on = None

ALL = "(SELECT current_setting('onward.organisation', true)) = '*'"
POLICIES = {
    "lists": "organisation = (SELECT onward_organisation())",
    "list_lines": "EXISTS (SELECT 1 FROM lists l WHERE l.id = list_lines.list_id)",
}


def upgrade() -> None:
    """Create the tables, seen by the organisation in whose name a list is sent."""
    op.create_table(
        "lists",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("employer", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(finished_at IS NULL) = (sealed_text IS NOT NULL)", name=op.f("ck_lists_over")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lists")),
        comment="Lists of people on their way to a service; what stands in them goes when they are through.",
    )
    op.create_index(
        "ix_lists_open",
        "lists",
        ["tries", "created_at"],
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_index(op.f("ix_lists_finished_at"), "lists", ["finished_at"])
    op.create_table(
        "list_lines",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("errors", pg.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["lists.id"], name=op.f("fk_list_lines_list_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("list_id", "number", name=op.f("pk_list_lines")),
        comment="What became of each line of a list; written with the referral itself.",
    )
    for table, mine in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_rows ON {table} USING ({ALL} OR ({mine}))")


def downgrade() -> None:
    """Remove them."""
    op.drop_table("list_lines")
    op.drop_table("lists")
