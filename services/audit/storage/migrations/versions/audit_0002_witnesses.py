"""Witnesses outside, and their countersignatures, which only grow."""

import sqlalchemy as sa
from alembic import op

revision = "audit_0002"
down_revision = "audit_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; close the one that is evidence."""
    op.create_table(
        "witnesses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_witnesses")),
        sa.UniqueConstraint("key", name=op.f("uq_witnesses_key")),
        comment="Who watches the log from outside, by the key they countersign with.",
    )
    op.create_table(
        "cosignatures",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("witness", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("witnessed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size", "witness", name=op.f("pk_cosignatures")),
        sa.ForeignKeyConstraint(
            ["witness"], ["witnesses.id"], name=op.f("fk_cosignatures_witness")
        ),
        comment="Checkpoints that witnesses countersigned: who has seen what.",
    )
    op.create_index(op.f("ix_cosignatures_witness_size"), "cosignatures", ["witness", "size"])
    op.execute(
        "CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON cosignatures"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute("ALTER TABLE cosignatures ENABLE ALWAYS TRIGGER only_grows")
    op.add_column("exports", sa.Column("witnessed", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take the witnesses away."""
    op.drop_column("exports", "witnessed")
    op.drop_table("cosignatures")
    op.drop_table("witnesses")
