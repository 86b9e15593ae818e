"""Tables of entries: who there is, what they offer, who may share what, and how it became so."""

from typing import Any

import sqlalchemy as sa

from onward.identity import Role
from onward.tables import NAMING, Moment
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
from services.directory.domain.places import CapacityKind
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
    sa.Column("closed_at", Moment),
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
