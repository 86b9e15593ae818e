"""Which referrals are about which person, by pseudonym."""

import sqlalchemy as sa
from alembic import op

revision = "audit_0004"
down_revision = "audit_0003"
branch_labels = None
depends_on = None

_SO_FAR = """
    INSERT INTO persons (person, referral)
    SELECT DISTINCT (convert_from(body, 'UTF8')::jsonb #>> '{data,person_id}')::uuid, referral
    FROM leaves WHERE action = 'referral.handoff-requested.v1' AND referral IS NOT NULL
"""


def upgrade() -> None:
    """Create the table, filled from what the log holds."""
    op.create_table(
        "persons",
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("referral", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("person", "referral", name=op.f("pk_persons")),
        comment="Which referrals are about which person; only the referral service knows who that is.",
    )
    op.execute(_SO_FAR)


def downgrade() -> None:
    """Take it away."""
    op.drop_table("persons")
