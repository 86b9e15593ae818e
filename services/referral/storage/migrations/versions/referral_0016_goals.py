"""What people want to reach, and how that stands."""

import sqlalchemy as sa
from alembic import op

revision = "referral_0016"
down_revision = "referral_0015"
branch_labels = None
depends_on = None

ALL = "(SELECT current_setting('onward.organisation', true)) = '*'"
POLICIES = {
    "goals": "onward_received(handoff_id) OR (visibility = 'both' AND onward_sees_handoff(handoff_id))",
    "goal_reviews": "EXISTS (SELECT 1 FROM goals g WHERE g.id = goal_reviews.goal_id)",
}


def upgrade() -> None:
    """Create the tables, guarded as outcomes are."""
    op.create_table(
        "goals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("handoff_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("set_on", sa.Date(), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("sealed_goal", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("visibility IN ('both', 'own')", name=op.f("ck_goals_visibility")),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoffs.id"], name=op.f("fk_goals_handoff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goals")),
        comment="What the person of a handoff wants to reach; their words are sealed.",
    )
    op.create_index(op.f("ix_goals_handoff_id"), "goals", ["handoff_id"])
    op.create_table(
        "goal_reviews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("goal_id", sa.Uuid(), nullable=False),
        sa.Column("reviewed_on", sa.Date(), nullable=False),
        sa.Column("progress", sa.Text(), nullable=False),
        sa.Column("sealed_review", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "progress IN ('on-the-way', 'achieved', 'not-achieved', 'no-longer-wanted')",
            name=op.f("ck_goal_reviews_progress"),
        ),
        sa.ForeignKeyConstraint(["goal_id"], ["goals.id"], name=op.f("fk_goal_reviews_goal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goal_reviews")),
        comment="How a goal stood each time it was looked at again.",
    )
    op.create_index(op.f("ix_goal_reviews_goal_id"), "goal_reviews", ["goal_id"])
    for table, mine in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_rows ON {table} USING ({ALL} OR ({mine}))")


def downgrade() -> None:
    """Remove them."""
    op.drop_table("goal_reviews")
    op.drop_table("goals")
