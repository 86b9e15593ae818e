"""Advice that is asked without a referral."""

import sqlalchemy as sa
from alembic import op

revision = "referral_0017"
down_revision = "referral_0016"
branch_labels = None
depends_on = None

ALL = "(SELECT current_setting('onward.organisation', true)) = '*'"
ME = "(SELECT onward_organisation())"
POLICIES = {
    "advice": f"sender = {ME} OR recipient = {ME}",
    "advice_words": "EXISTS (SELECT 1 FROM advice a WHERE a.id = advice_words.advice_id)",
}


def upgrade() -> None:
    """Create the tables, guarded as the others are: a question is its two sides'."""
    op.create_table(
        "advice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("sender", sa.Uuid(), nullable=False),
        sa.Column("recipient", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "stage IN ('asked', 'answered', 'closed', 'referred')", name=op.f("ck_advice_stage")
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referrals.id"], name=op.f("fk_advice_referral_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advice")),
        comment="Questions from one organisation to another, about nobody by name.",
    )
    for side in ("sender", "recipient"):
        columns = [side, "changed_at", "id"]
        op.create_index(op.f(f"ix_advice_{side}_changed_at_id"), "advice", columns)
    op.create_index(
        "ix_advice_waiting", "advice", ["recipient"], postgresql_where=sa.text("stage = 'asked'")
    )
    op.create_index(op.f("ix_advice_referral_id"), "advice", ["referral_id"])
    op.create_table(
        "advice_words",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("advice_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["advice_id"], ["advice.id"], name=op.f("fk_advice_words_advice_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advice_words")),
        comment="What was asked and answered; sealed, although it is to name nobody.",
    )
    op.create_index(op.f("ix_advice_words_advice_id_at"), "advice_words", ["advice_id", "at"])
    for table, mine in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_rows ON {table} USING ({ALL} OR ({mine}))")


def downgrade() -> None:
    """Remove them."""
    op.drop_table("advice_words")
    op.drop_table("advice")
