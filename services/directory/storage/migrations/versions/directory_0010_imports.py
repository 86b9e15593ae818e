"""Imports: files on their way into the directory, and what became of each of their entries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "directory_0010"
down_revision = "directory_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("organisation_kind", sa.Text(), nullable=True),
        sa.Column("service_kind", sa.Text(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("held_by", sa.Uuid(), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'broken')", name=op.f("ck_imports_state")
        ),
        sa.CheckConstraint(
            "(state IN ('done', 'broken')) = (finished_at IS NOT NULL)"
            " AND (state IN ('done', 'broken')) = (content IS NULL)",
            name=op.f("ck_imports_over"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
        comment="Files on their way into the directory; the content goes when they are done.",
    )
    op.create_index(
        "ix_imports_open",
        "imports",
        ["created_at"],
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_index(
        op.f("ix_imports_organisation_created_at"), "imports", ["organisation", "created_at"]
    )
    op.create_index(op.f("ix_imports_finished_at"), "imports", ["finished_at"])
    _lines()


def _lines() -> None:
    words = postgresql.ARRAY(sa.Text())
    op.create_table(
        "import_lines",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("changed", words, nullable=False),
        sa.Column("mistakes", postgresql.JSONB(), nullable=False),
        sa.Column("left_out", words, nullable=False),
        sa.CheckConstraint(
            "result IN ('added', 'changed', 'unchanged', 'refused')",
            name=op.f("ck_import_lines_result"),
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["imports.id"],
            name=op.f("fk_import_lines_import_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_lines")),
        comment="What became of each entry of an import; written with the entry itself.",
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("import_lines")
    op.drop_table("imports")
