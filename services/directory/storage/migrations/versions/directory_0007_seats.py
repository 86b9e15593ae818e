"""Seats: every kind of capacity is given out one seat at a time; how each place came to be as it is."""

import sqlalchemy as sa
from alembic import op

revision = "directory_0007"
down_revision = "directory_0006"
branch_labels = None
depends_on = None

ENDED = sa.text("ended_at IS NULL")
SEATED = sa.text("state IN ('held', 'taken')")
# A seat has a number: that two have one seat, an index refuses; that a seat is not there, these do.
FITS = """
CREATE FUNCTION claims_fit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seat > (SELECT seats FROM places WHERE id = NEW.place_id FOR SHARE) THEN
        RAISE EXCEPTION 'the place has no such seat' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""
FITS_WHEN = """
CREATE TRIGGER claims_fit BEFORE INSERT OR UPDATE OF place_id, seat, state ON claims
FOR EACH ROW WHEN (NEW.state IN ('held', 'taken')) EXECUTE FUNCTION claims_fit()
"""
HOLDS = """
CREATE FUNCTION places_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM claims WHERE place_id = NEW.id AND state IN ('held', 'taken')
            AND (seat > NEW.seats OR NEW.opening <> 'available')) THEN
        RAISE EXCEPTION 'somebody has, or is offered, a seat there' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""
HOLDS_WHEN = """
CREATE TRIGGER places_hold BEFORE UPDATE OF seats, opening ON places
FOR EACH ROW EXECUTE FUNCTION places_hold()
"""
# Of places that are there already it is known since when somebody had them, if anybody did.
REMEMBER = """
    INSERT INTO place_changes (place_id, number, at, opening, seats)
    SELECT id, 1, coalesce((SELECT min(held_at) FROM claims WHERE place_id = places.id), now()),
        opening, 1
    FROM places
"""


def upgrade() -> None:
    """Create them."""
    _places()
    _claims()
    _changes()
    for statement in (FITS, FITS_WHEN, HOLDS, HOLDS_WHEN, REMEMBER):
        op.execute(statement)


def _places() -> None:
    op.add_column("places", sa.Column("seats", sa.Integer(), server_default="1", nullable=False))
    for name in ("opens_on", "enrols_until", "starts_on", "ends_on"):
        op.add_column("places", sa.Column(name, sa.Date(), nullable=True))
    checks = {
        "seats": "seats >= 1",
        "dated_whole": "(starts_on IS NULL) = (ends_on IS NULL)",
        "dates_in_order": "ends_on >= starts_on AND enrols_until <= ends_on",
    }
    for name, condition in checks.items():
        op.create_check_constraint(op.f(f"ck_places_{name}"), "places", condition)
    op.create_index(
        "ix_places_due",
        "places",
        ["opens_on"],
        postgresql_where=sa.text("opening = 'pipeline'"),
    )
    op.create_table_comment(
        "places",
        "Beds, homes, runs of courses, caseloads: seats that are given out.",
        existing_comment="Beds and homes.",
    )


def _claims() -> None:
    op.add_column("claims", sa.Column("seat", sa.Integer(), nullable=True))
    op.execute("UPDATE claims SET seat = 1 WHERE place_id IS NOT NULL")
    for name in ("ck_claims_place", "ck_claims_state", "fk_claims_service_id"):
        op.drop_constraint(op.f(name), "claims")
    op.create_foreign_key(
        op.f("fk_claims_service_id"), "claims", "services", ["service_id"], ["id"]
    )
    checks = {
        "state": "state IN"
        " ('queued', 'held', 'taken', 'accepted', 'started', 'released', 'lapsed')",
        "place": "(state IN ('queued', 'accepted', 'started')) <= (place_id IS NULL)"
        " AND (state IN ('held', 'taken', 'lapsed')) <= (place_id IS NOT NULL)"
        " AND (place_id IS NULL) = (seat IS NULL)",
        "seat": "seat >= 1",
    }
    for name, condition in checks.items():
        op.create_check_constraint(op.f(f"ck_claims_{name}"), "claims", condition)
    for name in ("ix_claims_open", "uq_claims_one_per_handoff", "uq_claims_one_per_place"):
        op.drop_index(name, "claims")
    op.create_index("ix_claims_open", "claims", ["service_id"], postgresql_where=ENDED)
    op.create_index(
        "uq_claims_one_per_handoff", "claims", ["handoff_id"], unique=True, postgresql_where=ENDED
    )
    op.create_index(
        "uq_claims_one_per_seat",
        "claims",
        ["place_id", "seat"],
        unique=True,
        postgresql_where=SEATED,
    )


def _changes() -> None:
    op.create_table(
        "place_changes",
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opening", sa.Text(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["place_id"], ["places.id"], name=op.f("fk_place_changes_place_id")
        ),
        sa.PrimaryKeyConstraint("place_id", "number", name=op.f("pk_place_changes")),
        comment="How each place came to be as it is: opened, resized, closed; never changed.",
    )


def downgrade() -> None:
    """Remove them, and claims that only seats and uncounted services can have."""
    op.drop_table("place_changes")
    for table, name in (("places", "places_hold"), ("claims", "claims_fit")):
        op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute(f"DROP FUNCTION {name}()")
    for name in ("ix_claims_open", "uq_claims_one_per_handoff", "uq_claims_one_per_seat"):
        op.drop_index(name, "claims")
    for name in ("ck_claims_place", "ck_claims_state", "ck_claims_seat", "fk_claims_service_id"):
        op.drop_constraint(op.f(name), "claims")
    op.execute("ALTER TABLE claims DISABLE TRIGGER keep_claims")
    op.execute(
        "DELETE FROM claims WHERE seat > 1"
        " OR NOT EXISTS (SELECT FROM ledgers WHERE ledgers.service_id = claims.service_id)"
    )
    op.execute("ALTER TABLE claims ENABLE TRIGGER keep_claims")
    op.drop_column("claims", "seat")
    _claims_before()
    op.drop_index("ix_places_due", "places")
    for name in ("seats", "opens_on", "enrols_until", "starts_on", "ends_on"):
        op.drop_column("places", name)
    op.create_table_comment("places", "Beds and homes.")


def _claims_before() -> None:
    op.create_foreign_key(
        op.f("fk_claims_service_id"), "claims", "ledgers", ["service_id"], ["service_id"]
    )
    checks = {
        "state": "state IN ('queued', 'held', 'taken', 'released', 'lapsed')",
        "place": "(state = 'queued') <= (place_id IS NULL)"
        " AND (state IN ('held', 'taken', 'lapsed')) <= (place_id IS NOT NULL)",
    }
    for name, condition in checks.items():
        op.create_check_constraint(op.f(f"ck_claims_{name}"), "claims", condition)
    open_ = sa.text("state IN ('queued', 'held', 'taken')")
    op.create_index("ix_claims_open", "claims", ["service_id"], postgresql_where=open_)
    op.create_index(
        "uq_claims_one_per_handoff", "claims", ["handoff_id"], unique=True, postgresql_where=open_
    )
    op.create_index(
        "uq_claims_one_per_place",
        "claims",
        ["place_id"],
        unique=True,
        postgresql_where=SEATED,
    )
