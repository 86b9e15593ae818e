"""Case files: what auditors look into."""

import sqlalchemy as sa
from alembic import op

revision = "audit_0007"
down_revision = "audit_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("looked_at", moment, nullable=False),
        sa.Column("sealed_title", sa.LargeBinary(), nullable=False),
        sa.Column("has_search", sa.Boolean(), nullable=False),
        sa.Column("search_referral", sa.Uuid(), nullable=True),
        sa.Column("search_organisation", sa.Uuid(), nullable=True),
        sa.Column("search_principal", sa.Text(), nullable=True),
        sa.Column("search_action", sa.Text(), nullable=True),
        sa.Column("search_since", moment, nullable=True),
        sa.Column("search_until", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        comment="What auditors look into, and the size of the log that they saw it under.",
    )
    op.create_index(op.f("ix_cases_organisation_made_at"), "cases", ["organisation", "made_at"])
    op.create_table(
        "case_referrals",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("referral", sa.Uuid(), nullable=False),
        sa.Column("added_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_referrals_case_id")),
        sa.PrimaryKeyConstraint("case_id", "referral", name=op.f("pk_case_referrals")),
        comment="Referrals in case files.",
    )
    op.create_table(
        "case_notes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_notes_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_notes")),
        comment="What auditors wrote into case files, sealed.",
    )
    op.create_index(op.f("ix_case_notes_case_id_at"), "case_notes", ["case_id", "at"])


def downgrade() -> None:
    """Remove them."""
    op.drop_table("case_notes")
    op.drop_table("case_referrals")
    op.drop_table("cases")
