"""Corrections: when a field of a pack was corrected, and what it said before."""

import sqlalchemy as sa
from alembic import op

revision = "referral_0022"
down_revision = "referral_0021"
branch_labels = None
depends_on = None

ALL = "(SELECT current_setting('onward.organisation', true)) = '*'"


def upgrade() -> None:
    """Add the column and the table, guarded as packs are."""
    op.add_column(
        "disclosures", sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_table(
        "earlier_packs",
        sa.Column("handoff_id", sa.Uuid(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_fields", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["handoff_id"], ["handoffs.id"], name=op.f("fk_earlier_packs_handoff_id")
        ),
        sa.PrimaryKeyConstraint("handoff_id", "section", "until", name=op.f("pk_earlier_packs")),
        comment="What packs said before they were corrected.",
    )
    op.execute(
        "COMMENT ON TABLE packs IS 'What a recipient may read, frozen when it was sent or last corrected.'"
    )
    op.execute("ALTER TABLE earlier_packs ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE earlier_packs FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_rows ON earlier_packs"
        f" USING ({ALL} OR (onward_sees_handoff(handoff_id)))"
    )


def downgrade() -> None:
    """Forget what packs said before."""
    op.drop_table("earlier_packs")
    op.execute("COMMENT ON TABLE packs IS 'What a recipient may read, frozen when it was sent.'")
    op.drop_column("disclosures", "corrected_at")
