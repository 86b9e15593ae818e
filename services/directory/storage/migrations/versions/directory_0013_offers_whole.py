"""Offers hold all of an entry that ranking looks at, so that a candidate costs one row of one table."""

import sqlalchemy as sa
from alembic import op

revision = "directory_0013"
down_revision = "directory_0012"
branch_labels = None
depends_on = None

FILL = """
    UPDATE offers SET recipient = services.recipient, programme = services.programme,
        entry = json_build_object(
            'name', services.name, 'kind', capacity_kind, 'needs', services.needs,
            'areas', coalesce((
                SELECT json_agg(json_build_array(name, by, code, outcodes) ORDER BY number)
                FROM areas WHERE areas.service_id = services.id
            ), '[]'),
            'areas_known', 'areas' <> ALL (unstated),
            'points', coalesce((
                SELECT json_agg(json_build_array(latitude, longitude) ORDER BY number)
                FROM sites WHERE sites.service_id = services.id AND latitude IS NOT NULL
            ), '[]'),
            'online', 'online' = ANY (modes), 'ways_in', ways_in, 'eligibility', eligibility
        )
    FROM services WHERE services.id = offers.service_id
"""


def upgrade() -> None:
    """Add the columns, and fill them from the entries."""
    op.add_column("offers", sa.Column("recipient", sa.Uuid()))
    op.add_column("offers", sa.Column("programme", sa.Uuid()))
    op.add_column("offers", sa.Column("entry", sa.JSON()))
    op.execute(FILL)
    op.alter_column("offers", "recipient", nullable=False)
    op.alter_column("offers", "entry", nullable=False)
    op.create_table_comment(
        "offers",
        "By what a service that takes referrals is found, and what finding looks at.",
        existing_comment="By what a service that takes referrals is found.",
    )


def downgrade() -> None:
    """Remove them."""
    for name in ("recipient", "programme", "entry"):
        op.drop_column("offers", name)
    op.create_table_comment("offers", "By what a service that takes referrals is found.")
