"""News for the people referrals are about."""

import sqlalchemy as sa
from alembic import op

revision = "referral_0019"
down_revision = "referral_0018"
branch_labels = None
depends_on = None

ALL = "(SELECT current_setting('onward.organisation', true)) = '*'"
POLICIES = {
    "news": "EXISTS (SELECT 1 FROM persons p WHERE p.id = news.person_id)",
    "news_receipts": "onward_sees_referral(referral_id)",
}
WAYS = "way IN ('email', 'text')"
TIMES = "times IN ('day', 'morning', 'afternoon', 'evening')"
KINDS = (
    "kind IN ('asked', 'accepted', 'offered', 'handed-over', 'declined', 'appointment', 'stopped')"
)


def upgrade() -> None:
    """Create the tables, guarded as the others are: a person's row is seen by who sees the person."""
    op.create_table(
        "news",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("way", sa.Text(), nullable=True),
        sa.Column("times", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(WAYS, name=op.f("ck_news_way")),
        sa.CheckConstraint(TIMES, name=op.f("ck_news_times")),
        sa.CheckConstraint(KINDS, name=op.f("ck_news_kind")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_news_person_id")),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referrals.id"], name=op.f("fk_news_referral_id")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_news")),
        comment="How people want to be told that there is news, and whether some waits to be told.",
    )
    op.create_index(
        op.f("ix_news_due_at"),
        "news",
        ["due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "news_receipts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.CheckConstraint(WAYS, name=op.f("ck_news_receipts_way")),
        sa.CheckConstraint(KINDS, name=op.f("ck_news_receipts_kind")),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referrals.id"], name=op.f("fk_news_receipts_referral_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_news_receipts")),
        comment="What became of the messages to people; without a code they were told.",
    )
    op.create_index(
        op.f("ix_news_receipts_referral_id_at"), "news_receipts", ["referral_id", "at"]
    )
    for table, mine in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_rows ON {table} USING ({ALL} OR ({mine}))")


def downgrade() -> None:
    """Remove them."""
    op.drop_table("news_receipts")
    op.drop_table("news")
