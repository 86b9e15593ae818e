"""Consent that ends: until when it holds, whether it was withdrawn, and what may not be read any more."""

import sqlalchemy as sa
from alembic import op

revision = "referral_0005"
down_revision = "referral_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; everything told so far stays readable."""
    op.add_column("referrals", sa.Column("consent_until", sa.Date(), nullable=True))
    for name in ("consent_withdrawn", "consent_lapsed"):
        column: sa.Column[bool] = sa.Column(
            name, sa.Boolean(), nullable=False, server_default=sa.false()
        )
        op.add_column("referrals", column)
    op.create_index(
        "ix_referrals_consent_until",
        "referrals",
        ["consent_until"],
        postgresql_where=sa.text("consent_until IS NOT NULL AND NOT consent_lapsed"),
    )
    op.add_column(
        "disclosures", sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("disclosures", sa.Column("stopped_because", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take them away again."""
    op.drop_column("disclosures", "stopped_because")
    op.drop_column("disclosures", "stopped_at")
    op.drop_index("ix_referrals_consent_until", "referrals")
    for name in ("consent_lapsed", "consent_withdrawn", "consent_until"):
        op.drop_column("referrals", name)
