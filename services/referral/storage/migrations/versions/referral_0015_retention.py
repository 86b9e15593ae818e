"""Legal holds, what was disposed of, and the indexes that find what is due."""

import sqlalchemy as sa
from alembic import op

revision = "referral_0015"
down_revision = "referral_0014"
branch_labels = None
depends_on = None

ALL = "(SELECT current_setting('onward.organisation', true)) = '*'"
MINE = {"holds": "onward_sees_person(person_id)", "disposals": "onward_sees_handoff(handoff_id)"}


def upgrade() -> None:
    """Create the tables, guarded as the others are."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sealed_sentence", sa.LargeBinary(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("placed_at", moment, nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_holds_person_id")),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referrals.id"], name=op.f("fk_holds_referral_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
        comment="What is kept whatever its age, on whose word and why;"
        " all about the person, or one referral.",
    )
    op.create_index(
        "ix_holds_in_force", "holds", ["person_id"], postgresql_where=sa.text("ended_at IS NULL")
    )
    op.create_table(
        "disposals",
        sa.Column("handoff_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["handoff_id"], ["handoffs.id"], name=op.f("fk_disposals_handoff_id")
        ),
        sa.PrimaryKeyConstraint("handoff_id", name=op.f("pk_disposals")),
        comment="Handoffs whose recipient's copy was deleted because its time was over.",
    )
    op.create_index(
        "ix_persons_kept", "persons", ["created_at"], postgresql_where=sa.text("erased_at IS NULL")
    )
    op.create_index(
        "ix_handoffs_not_accepted",
        "handoffs",
        ["ended_at"],
        postgresql_where=sa.text("status IN ('expired', 'rejected')"),
    )
    for table, mine in MINE.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_rows ON {table} USING ({ALL} OR ({mine}))")


def downgrade() -> None:
    """Remove them."""
    op.drop_index("ix_handoffs_not_accepted", "handoffs")
    op.drop_index("ix_persons_kept", "persons")
    op.drop_table("disposals")
    op.drop_table("holds")
