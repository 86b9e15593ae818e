"""The place ledger: places, claims, and the promise that no claim is ever deleted."""

import sqlalchemy as sa
from alembic import op

revision = "directory_0002"
down_revision = "directory_0001"
branch_labels = None
depends_on = None

KEEP = """
CREATE FUNCTION keep_claims() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'claims are the history of places: close them, never delete them';
END $$
"""
GUARD = """
CREATE TRIGGER keep_claims BEFORE DELETE OR TRUNCATE ON claims
FOR EACH STATEMENT EXECUTE FUNCTION keep_claims()
"""


def upgrade() -> None:
    """Create them."""
    _places()
    _claims()
    op.execute(KEEP)
    op.execute(GUARD)


def downgrade() -> None:
    """Remove them."""
    op.execute("DROP TRIGGER keep_claims ON claims")
    op.execute("DROP FUNCTION keep_claims()")
    for table in ("claims", "places", "ledgers"):
        op.drop_table(table)


def _places() -> None:
    op.create_table(
        "ledgers",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_ledgers_service_id")
        ),
        sa.PrimaryKeyConstraint("service_id", name=op.f("pk_ledgers")),
        comment="One row per service that gives out places: whoever changes them locks it first.",
    )
    op.create_table(
        "places",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("opening", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "opening IN ('pipeline', 'available', 'closed')", name=op.f("ck_places_opening")
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["ledgers.service_id"], name=op.f("fk_places_service_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_places")),
        sa.UniqueConstraint("service_id", "id", name=op.f("uq_places_service_id_id")),
        sa.UniqueConstraint("service_id", "label", name=op.f("uq_places_service_id_label")),
        sa.UniqueConstraint("service_id", "number", name=op.f("uq_places_service_id_number")),
        comment="Beds and homes.",
    )


def _claims() -> None:
    op.create_table(
        "claims",
        sa.Column("handoff_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offer_hours", sa.Integer(), nullable=False),
        sa.Column("promoted", sa.Boolean(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'queued') <= (place_id IS NULL)"
            " AND (state IN ('held', 'taken', 'lapsed')) <= (place_id IS NOT NULL)",
            name=op.f("ck_claims_place"),
        ),
        sa.CheckConstraint(
            "(state IN ('released', 'lapsed')) = (ended_at IS NOT NULL AND end_reason IS NOT NULL)",
            name=op.f("ck_claims_ended"),
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'held', 'taken', 'released', 'lapsed')",
            name=op.f("ck_claims_state"),
        ),
        sa.ForeignKeyConstraint(
            ["service_id", "place_id"],
            ["places.service_id", "places.id"],
            name=op.f("fk_claims_service_id_place_id"),
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["ledgers.service_id"], name=op.f("fk_claims_service_id")
        ),
        sa.PrimaryKeyConstraint("handoff_id", "attempt", name=op.f("pk_claims")),
        comment="Who has, waits for, or had a place; closed, never deleted.",
    )
    op.create_index(
        "ix_claims_open",
        "claims",
        ["service_id"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'held', 'taken')"),
    )
    op.create_index(op.f("ix_claims_place_id"), "claims", ["place_id"], unique=False)
    op.create_index(
        "uq_claims_one_per_handoff",
        "claims",
        ["handoff_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('queued', 'held', 'taken')"),
    )
    op.create_index(
        "uq_claims_one_per_place",
        "claims",
        ["place_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('held', 'taken')"),
    )
