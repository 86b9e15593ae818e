"""People can be found by a keyed hash, and erased by destroying their key."""

import sqlalchemy as sa
from alembic import op

revision = "referral_0007"
down_revision = "referral_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the hashes, and let a key be gone."""
    op.alter_column("persons", "wrapped_key", nullable=True)
    op.add_column("persons", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("persons", sa.Column("erased_because", sa.Text(), nullable=True))
    op.create_table(
        "traces",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_traces_person_id")),
        sa.PrimaryKeyConstraint("hash", "person_id", name=op.f("pk_traces")),
        comment="Keyed hashes of names with dates of birth, by which an organisation finds its own people.",
    )
    op.create_index(op.f("ix_traces_person_id"), "traces", ["person_id"])


def downgrade() -> None:
    """Remove the hashes; people whose key is gone get one that opens nothing."""
    op.drop_table("traces")
    op.drop_column("persons", "erased_because")
    op.drop_column("persons", "erased_at")
    op.execute("UPDATE persons SET wrapped_key = '' WHERE wrapped_key IS NULL")
    op.alter_column("persons", "wrapped_key", nullable=False)
