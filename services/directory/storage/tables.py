"""The directory's own tables. The rules of the place ledger stand here once more, as constraints."""

from typing import Any

import sqlalchemy as sa

from onward.identity import Role
from onward.tables import NAMING, Moment
from services.directory.domain.claims import ClaimState, Urgency
from services.directory.domain.facts import (
    Area,
    By,
    Course,
    Funder,
    Host,
    Mode,
    Need,
    Position,
    Post,
    Related,
    WayIn,
)
from services.directory.domain.history import Kind
from services.directory.domain.organisations import OrganisationKind
from services.directory.domain.places import CapacityKind, Opening
from services.directory.domain.services import CountedIn, Nation, ServiceStatus
from services.directory.storage.columns import Coded, CodedWords, Document, Parts, Words

metadata = sa.MetaData(naming_convention=NAMING)
STATUS = "status IN ('planned', 'active', 'paused', 'closed')"


def _provenance() -> tuple[sa.Column[Any], ...]:
    """Return the columns that say how well an entry is known."""
    return (
        sa.Column("source", sa.Text),
        sa.Column("unstated", Words, nullable=False, server_default="{}"),
        sa.Column("inferred", Words, nullable=False, server_default="{}"),
    )


organisations = sa.Table(
    "organisations",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", Coded(OrganisationKind), nullable=False),
    sa.Column("incorporated", sa.Boolean, nullable=False),
    sa.Column("ods_code", sa.Text, unique=True),
    sa.Column("charity_number", sa.Text, unique=True),
    sa.Column("summary", sa.Text),
    sa.Column("website", sa.Text),
    sa.Column("phone", sa.Text),
    sa.Column("part_of", sa.Uuid, sa.ForeignKey("organisations.id")),
    sa.Column("mailbox", sa.Text),
    sa.Column("active", sa.Boolean, nullable=False),
    *_provenance(),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.Index("ix_organisations_name", sa.text("lower(name)"), "id"),
    comment="Who there is.",
)

programmes = sa.Table(
    "programmes",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("status", Coded(ServiceStatus), nullable=False),
    sa.Column("pilot", sa.Boolean, nullable=False),
    sa.Column("lead", sa.Uuid, sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column("part_of", sa.Uuid, sa.ForeignKey("programmes.id")),
    sa.Column("funders", Parts(Funder), nullable=False),
    sa.Column("areas", Parts(Area), nullable=False),
    sa.Column("eligibility", Document),
    sa.Column("began", sa.Text),
    sa.Column("website", sa.Text),
    *_provenance(),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.CheckConstraint(STATUS, name="status"),
    sa.CheckConstraint("part_of <> id", name="no_circle"),
    sa.Index("ix_programmes_name", sa.text("lower(name)"), "id"),
    comment="What several services belong to.",
)

services = sa.Table(
    "services",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("status", Coded(ServiceStatus), nullable=False),
    sa.Column("recipient", sa.Uuid, sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column("capacity_kind", Coded(CapacityKind), nullable=False),
    sa.Column("nation", Coded(Nation), nullable=False),
    sa.Column("maximum_stay_days", sa.Integer),
    sa.Column("review_day", sa.Integer),
    sa.Column("sessions_per_person", sa.Integer),
    sa.Column("course_weeks", sa.Integer),
    sa.Column("course_places", sa.Integer),
    sa.Column("people_per_worker", sa.Integer),
    sa.Column("ends_with", sa.Text),
    sa.Column("acknowledge_hours", sa.Integer, nullable=False),
    sa.Column("answer_hours", sa.Integer, nullable=False),
    sa.Column("offer_hours", sa.Integer, nullable=False),
    sa.Column("expire_days", sa.Integer, nullable=False),
    sa.Column(
        "counted_in", Coded(CountedIn), nullable=False, server_default=CountedIn.ELAPSED.value
    ),
    sa.Column("asks_for", Words, nullable=False),
    sa.Column("needs", CodedWords(Need), nullable=False, server_default="{}"),
    sa.Column("programme", sa.Uuid, sa.ForeignKey("programmes.id")),
    sa.Column("modes", CodedWords(Mode), nullable=False, server_default="{}"),
    sa.Column("ways_in", CodedWords(WayIn), nullable=False, server_default="{}"),
    sa.Column("languages", Words, nullable=False, server_default="{}"),
    sa.Column("eligibility", Document),
    sa.Column("opening", Document),
    sa.Column("hosts", Parts(Host), nullable=False, server_default="[]"),
    sa.Column("posts", Parts(Post), nullable=False, server_default="[]"),
    sa.Column("funders", Parts(Funder), nullable=False, server_default="[]"),
    sa.Column("related", Parts(Related), nullable=False, server_default="[]"),
    sa.Column("courses", Parts(Course), nullable=False, server_default="[]"),
    sa.Column("began", sa.Text),
    sa.Column("website", sa.Text),
    sa.Column("mailbox", sa.Text),
    *_provenance(),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.CheckConstraint(STATUS, name="status"),
    sa.Index("ix_services_name", sa.text("lower(name)"), "id"),
    sa.Index(None, "programme"),
    sa.Index(None, "needs", postgresql_using="gin"),
    comment="What is offered.",
)

providers = sa.Table(
    "providers",
    metadata,
    sa.Column("service_id", sa.Uuid, sa.ForeignKey("services.id"), primary_key=True),
    sa.Column("organisation_id", sa.Uuid, sa.ForeignKey("organisations.id"), primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Index(None, "organisation_id"),
    comment="Who provides each service, in the order in which they are named.",
)

sites = sa.Table(
    "sites",
    metadata,
    sa.Column("service_id", sa.Uuid, sa.ForeignKey("services.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("locality", sa.Text, nullable=False),
    sa.Column("postcode", sa.Text),
    sa.Column("latitude", sa.Double),
    sa.Column("longitude", sa.Double),
    sa.Column("position", Coded(Position)),
    sa.CheckConstraint(
        "(position IS NULL) = (latitude IS NULL) AND (position IS NULL) = (longitude IS NULL)",
        name="position_whole",
    ),
    sa.CheckConstraint(
        "latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name="position_on_earth"
    ),
    comment="Where each service is found.",
)

areas = sa.Table(
    "areas",
    metadata,
    sa.Column("service_id", sa.Uuid, sa.ForeignKey("services.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("by", Coded(By), nullable=False),
    sa.Column("code", sa.Text),
    sa.Column("outcodes", Words, nullable=False),
    sa.Index(None, "outcodes", postgresql_using="gin"),
    sa.Index(None, "code"),
    comment="Whose people each service is for.",
)

agreements = sa.Table(
    "agreements",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("from_organisation", sa.Uuid, sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column("to_organisation", sa.Uuid, sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column("purposes", Words, nullable=False),
    sa.Column("sections", Words, nullable=False),
    sa.Column("lawful_basis", sa.Text, nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.CheckConstraint("from_organisation <> to_organisation", name="two_parties"),
    sa.Index(None, "from_organisation"),
    sa.Index(None, "to_organisation"),
    comment="Who may share what with whom, one way each.",
)

sandboxes = sa.Table(
    "sandboxes",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("owner", sa.Uuid, sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("hours_passed", sa.Integer, nullable=False),
    sa.Index(None, "owner"),
    comment="Where partners try their systems out, among organisations made up for it.",
)

sandboxed = sa.Table(
    "sandboxed",
    metadata,
    sa.Column("organisation_id", sa.Uuid, sa.ForeignKey("organisations.id"), primary_key=True),
    sa.Column("sandbox_id", sa.Uuid, sa.ForeignKey("sandboxes.id"), nullable=False),
    sa.Index(None, "sandbox_id"),
    comment="Organisations made up for a sandbox; no list shows them to anybody else.",
)

entry_versions = sa.Table(
    "entry_versions",
    metadata,
    sa.Column("entry_id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("kind", Coded(Kind), nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.Column("role", Coded(Role), nullable=False),
    sa.Column("organisation", sa.Uuid),
    sa.Column("restores", sa.Integer),
    sa.Column("before", Document),
    sa.CheckConstraint("restores < version", name="restores_earlier"),
    comment="How entries became what they are: who made each version, and what stood before it.",
)

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

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("organisation_id", sa.Uuid, sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column("username", sa.Text, nullable=False, unique=True),
    sa.Column("display_name", sa.Text, nullable=False),
    sa.Column("role", Coded(Role), nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.Index(None, "organisation_id"),
    comment="People who sign in.",
)

placements = sa.Table(
    "placements",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("worker_id", sa.Uuid, sa.ForeignKey("workers.id"), nullable=False),
    sa.Column("employer", sa.Uuid, sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column("host", sa.Uuid, sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column("starts_at", Moment, nullable=False),
    sa.Column("ends_at", Moment),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.CheckConstraint("employer <> host", name="two_organisations"),
    sa.CheckConstraint("ends_at >= starts_at", name="moments_in_order"),
    sa.Index(None, "worker_id"),
    sa.Index(
        "uq_placements_one_without_end",
        "worker_id",
        "host",
        unique=True,
        postgresql_where=sa.text("ends_at IS NULL"),
    ),
    comment="In whose teams workers of others sit, from when to when.",
)

sign_ins = sa.Table(
    "sign_ins",
    metadata,
    sa.Column("session_id", sa.Uuid, primary_key=True),
    sa.Column("worker_id", sa.Uuid, sa.ForeignKey("workers.id"), nullable=False),
    sa.Column("organisation_id", sa.Uuid, nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("ends_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Index("ix_sign_ins_open", "worker_id", postgresql_where=sa.text("ended_at IS NULL")),
    sa.Index(None, "ends_at"),
    comment="Sessions that began here, so that all of a worker's can be ended at once.",
)

partner_systems = sa.Table(
    "partner_systems",
    metadata,
    sa.Column("client_id", sa.Text, primary_key=True),
    sa.Column("organisation_id", sa.Uuid, sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("secret_hash", sa.LargeBinary),
    sa.Column("jwks", sa.Text),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.CheckConstraint("(secret_hash IS NULL) <> (jwks IS NULL)", name="one_proof"),
    sa.Index(None, "organisation_id"),
    comment="Partners' computer systems.",
)

used_assertions = sa.Table(
    "used_assertions",
    metadata,
    sa.Column("client_id", sa.Text, primary_key=True),
    sa.Column("jti", sa.Text, primary_key=True),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Index(None, "expires_at"),
    comment="Signed assertions that were used, each once.",
)

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("key", sa.LargeBinary, primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("since", Moment, nullable=False),
    sa.Index(None, "since"),
    comment="How often somebody tried to prove who they are; keys are digests of name or address.",
)
