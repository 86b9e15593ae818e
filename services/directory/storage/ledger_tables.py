"""Tables of places and of who has them: the ledger's rules stand here once more, as constraints."""

import sqlalchemy as sa

from onward.tables import Moment
from services.directory.domain.claims import ClaimState, Urgency
from services.directory.domain.places import Opening
from services.directory.storage.columns import Coded
from services.directory.storage.tables import metadata

ledgers = sa.Table(
    "ledgers",
    metadata,
    sa.Column("service_id", sa.Uuid, sa.ForeignKey("services.id"), primary_key=True),
    comment="One row per service that gives out places: whoever changes them locks it first.",
)

places = sa.Table(
    "places",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("service_id", sa.Uuid, sa.ForeignKey("ledgers.service_id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("opening", Coded(Opening), nullable=False),
    sa.Column("seats", sa.Integer, nullable=False, server_default="1"),
    sa.Column("opens_on", sa.Date),
    sa.Column("enrols_until", sa.Date),
    sa.Column("starts_on", sa.Date),
    sa.Column("ends_on", sa.Date),
    sa.UniqueConstraint("service_id", "number"),
    sa.UniqueConstraint("service_id", "label"),
    sa.UniqueConstraint("service_id", "id"),
    sa.CheckConstraint("opening IN ('pipeline', 'available', 'closed')", name="opening"),
    sa.CheckConstraint("seats >= 1", name="seats"),
    sa.CheckConstraint("(starts_on IS NULL) = (ends_on IS NULL)", name="dated_whole"),
    sa.CheckConstraint("ends_on >= starts_on AND enrols_until <= ends_on", name="dates_in_order"),
    sa.Index("ix_places_due", "opens_on", postgresql_where=sa.text("opening = 'pipeline'")),
    comment="Beds, homes, runs of courses, caseloads: seats that are given out.",
)

place_changes = sa.Table(
    "place_changes",
    metadata,
    sa.Column("place_id", sa.Uuid, sa.ForeignKey("places.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("opening", Coded(Opening), nullable=False),
    sa.Column("seats", sa.Integer, nullable=False),
    comment="How each place came to be as it is: opened, resized, closed; never changed.",
)

claims = sa.Table(
    "claims",
    metadata,
    sa.Column("handoff_id", sa.Uuid, primary_key=True),
    sa.Column("attempt", sa.Integer, primary_key=True),
    sa.Column("referral_id", sa.Uuid, nullable=False),
    sa.Column("service_id", sa.Uuid, sa.ForeignKey("services.id"), nullable=False),
    sa.Column("place_id", sa.Uuid),
    sa.Column("seat", sa.Integer),
    sa.Column("state", Coded(ClaimState), nullable=False),
    sa.Column("urgency", Coded(Urgency), nullable=False),
    sa.Column("requested_at", Moment, nullable=False),
    sa.Column("waiting_since", Moment, nullable=False),
    sa.Column("offer_hours", sa.Integer, nullable=False),
    sa.Column("promoted", sa.Boolean, nullable=False),
    sa.Column("held_at", Moment),
    sa.Column("held_until", Moment),
    sa.Column("taken_at", Moment),
    sa.Column("ended_at", Moment),
    sa.Column("end_reason", sa.Text),
    sa.Column("sessions", sa.Integer, nullable=False, server_default="0"),
    sa.ForeignKeyConstraint(["service_id", "place_id"], ["places.service_id", "places.id"]),
    sa.CheckConstraint(
        "state IN ('queued', 'held', 'taken', 'accepted', 'started', 'released', 'lapsed')",
        name="state",
    ),
    sa.CheckConstraint(
        "(state IN ('queued', 'accepted', 'started')) <= (place_id IS NULL)"
        " AND (state IN ('held', 'taken', 'lapsed')) <= (place_id IS NOT NULL)"
        " AND (place_id IS NULL) = (seat IS NULL)",
        name="place",
    ),
    sa.CheckConstraint("seat >= 1", name="seat"),
    sa.CheckConstraint(
        "(state IN ('released', 'lapsed')) = (ended_at IS NOT NULL AND end_reason IS NOT NULL)",
        name="ended",
    ),
    sa.Index(
        "uq_claims_one_per_seat",
        "place_id",
        "seat",
        unique=True,
        postgresql_where=sa.text("state IN ('held', 'taken')"),
    ),
    sa.Index(
        "uq_claims_one_per_handoff",
        "handoff_id",
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
    sa.Index("ix_claims_open", "service_id", postgresql_where=sa.text("ended_at IS NULL")),
    sa.Index(None, "place_id"),
    comment="Who has, waits for, or had a place; closed, never deleted.",
)

headcounts = sa.Table(
    "headcounts",
    metadata,
    sa.Column("service_id", sa.Uuid, sa.ForeignKey("services.id"), primary_key=True),
    sa.Column("on", sa.Date, primary_key=True),
    sa.Column("people", sa.Integer, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.CheckConstraint("people >= 0", name="people"),
    comment="How many came to what takes whoever comes; nobody's name.",
)
