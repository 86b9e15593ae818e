"""Offers: by what a service that takes referrals is found; where sites are; how long people waited."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "directory_0004"
down_revision = "directory_0003"
branch_labels = None
depends_on = None

# Services that are there already are found by what their entries say.
FILL = """
    INSERT INTO offers (service_id, needs, keys)
    SELECT services.id,
        ARRAY['*'] || CASE services.needs WHEN '{}' THEN ARRAY['?'] ELSE services.needs END, CASE
        WHEN cardinality(named.keys) > 0 THEN named.keys
        WHEN EXISTS (
            SELECT FROM sites WHERE sites.service_id = services.id AND latitude IS NOT NULL
        ) THEN ARRAY['=']
        ELSE ARRAY['-']
    END
    FROM services CROSS JOIN LATERAL (
        SELECT ARRAY(
            SELECT code FROM areas WHERE areas.service_id = services.id AND code IS NOT NULL
            UNION
            SELECT unnest(outcodes) FROM areas WHERE areas.service_id = services.id
        ) AS keys
    ) AS named
    WHERE services.status = 'active'
"""


def upgrade() -> None:
    """Create them."""
    words = postgresql.ARRAY(sa.Text())
    op.create_table(
        "offers",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("needs", words, nullable=False),
        sa.Column("keys", words, nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_offers_service_id")
        ),
        sa.PrimaryKeyConstraint("service_id", name=op.f("pk_offers")),
        comment="By what a service that takes referrals is found.",
    )
    op.create_index(
        op.f("ix_offers_needs_keys"),
        "offers",
        ["needs", "keys"],
        unique=False,
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    op.create_index(
        "ix_sites_position",
        "sites",
        [sa.literal_column("point(longitude * 0.6, latitude)")],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("latitude IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_claims_service_id_held_at"), "claims", ["service_id", "held_at"], unique=False
    )
    op.execute(FILL)


def downgrade() -> None:
    """Remove them."""
    op.drop_index(op.f("ix_claims_service_id_held_at"), "claims")
    op.drop_index("ix_sites_position", "sites")
    op.drop_table("offers")
