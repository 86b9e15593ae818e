"""The referral service's own tables. Columns named ``sealed_…`` hold personal details, encrypted."""

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from onward.tables import NAMING, Moment
from services.referral.domain.moves import OPEN, Status
from services.referral.domain.referral import Standing

metadata = sa.MetaData(naming_convention=NAMING)

Words = pg.ARRAY(sa.Text, as_tuple=True)
Sealed = sa.LargeBinary
"""A nonce and what AES-256-GCM made of JSON, see `services.referral.storage.vault`."""


def one_of(column: str, values: type[StrEnum]) -> sa.CheckConstraint:
    """Return the constraint that *column* holds one of *values*."""
    words = ", ".join(f"'{value.value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({words})", name=column)


def is_any_of(column: str, values: frozenset[Status]) -> sa.TextClause:
    """Return the condition that *column* holds one of *values*."""
    words = ", ".join(f"'{value}'" for value in sorted(values))
    return sa.text(f"{column} IN ({words})")


organisations = sa.Table(
    "organisations",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("phone", sa.Text),
    sa.Column("sandbox", sa.Uuid),
    comment="Who there is, as the directory last published it.",
)

services = sa.Table(
    "services",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("recipient", sa.Uuid, nullable=False),
    sa.Column("providers", pg.ARRAY(sa.Uuid, as_tuple=True), nullable=False),
    sa.Column("capacity_kind", sa.Text, nullable=False),
    sa.Column("has_ledger", sa.Boolean, nullable=False),
    sa.Column("nation", sa.Text, nullable=False),
    sa.Column("asks_for", Words, nullable=False),
    sa.Column("acknowledge_hours", sa.Integer, nullable=False),
    sa.Column("answer_hours", sa.Integer, nullable=False),
    sa.Column("offer_hours", sa.Integer, nullable=False),
    sa.Column("expire_days", sa.Integer, nullable=False),
    sa.Column("review_day", sa.Integer),
    sa.Column("maximum_stay_days", sa.Integer),
    sa.Column("working_hours", sa.Text),
    sa.Column("sessions_per_person", sa.Integer),
    comment="What is offered, as the directory last published it.",
)

agreements = sa.Table(
    "agreements",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("from_organisation", sa.Uuid, nullable=False),
    sa.Column("to_organisation", sa.Uuid, nullable=False),
    sa.Column("purposes", Words, nullable=False),
    sa.Column("sections", Words, nullable=False),
    sa.Column("lawful_basis", sa.Text, nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date),
    sa.Index(None, "from_organisation", "to_organisation"),
    comment="Who may share what with whom, as the directory last published it.",
)

placements = sa.Table(
    "placements",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("principal", sa.Text, nullable=False),
    sa.Column("employer", sa.Uuid, nullable=False),
    sa.Column("host", sa.Uuid, nullable=False),
    sa.Column("starts_at", Moment, nullable=False),
    sa.Column("ends_at", Moment),
    sa.Index(None, "principal", "host"),
    comment="In whose teams workers of others sit, as the directory last published it.",
)

claims = sa.Table(
    "claims",
    metadata,
    sa.Column("handoff_id", sa.Uuid, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("place_id", sa.Uuid),
    sa.Column("position", sa.Integer),
    sa.Column("code", sa.Text),
    sa.Column("changed_at", Moment, nullable=False),
    sa.CheckConstraint(
        "state IN ('held', 'queued', 'taken', 'released', 'refused')", name="state"
    ),
    comment="What the directory's place ledger last said about a handoff's place.",
)

persons = sa.Table(
    "persons",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("organisation", sa.Uuid, nullable=False),
    sa.Column("wrapped_key", sa.LargeBinary),
    sa.Column("sealed_names", Sealed, nullable=False),
    sa.Column("sealed_birth_date", Sealed),
    sa.Column("sealed_nhs_number", Sealed),
    sa.Column("sealed_contact", Sealed, nullable=False),
    sa.Column("sealed_language", Sealed, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("erased_at", Moment),
    sa.Column("erased_because", sa.Text),
    sa.Index(None, "organisation"),
    sa.Index("ix_persons_kept", "created_at", postgresql_where=sa.text("erased_at IS NULL")),
    comment="Who referrals are about; a key of their own, itself wrapped, opens all about them.",
)

traces = sa.Table(
    "traces",
    metadata,
    sa.Column("hash", sa.LargeBinary, primary_key=True),
    sa.Column("person_id", sa.ForeignKey("persons.id"), primary_key=True),
    sa.Index(None, "person_id"),
    comment="Keyed hashes of names with dates of birth, by which an organisation finds its own people.",
)

referrals = sa.Table(
    "referrals",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("sender", sa.Uuid, nullable=False),
    sa.Column("person_id", sa.ForeignKey("persons.id"), nullable=False),
    sa.Column("standing", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("intent", sa.Text, nullable=False),
    sa.Column("urgency", sa.Text, nullable=False),
    sa.Column("needs", Words, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("lawful_basis", sa.Text),
    sa.Column("sealed_basis_note", Sealed),
    sa.Column("consent_given", sa.Boolean, nullable=False),
    sa.Column("consent_withheld", Words, nullable=False),
    sa.Column("consent_until", sa.Date),
    sa.Column("consent_withdrawn", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("consent_lapsed", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("based_on", sa.Uuid),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    one_of("standing", Standing),
    sa.Index(None, "sender", "created_at", "id"),
    sa.Index(None, "person_id"),
    sa.Index(
        "ix_referrals_consent_until",
        "consent_until",
        postgresql_where=sa.text("consent_until IS NOT NULL AND NOT consent_lapsed"),
    ),
    comment="What senders recorded: one person's need each.",
)

sections = sa.Table(
    "sections",
    metadata,
    sa.Column("referral_id", sa.ForeignKey("referrals.id"), primary_key=True),
    sa.Column("section", sa.Text, primary_key=True),
    sa.Column("sealed_fields", Sealed, nullable=False),
    comment="What the sender has to tell, before it is known to whom.",
)

handoffs = sa.Table(
    "handoffs",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("referral_id", sa.ForeignKey("referrals.id"), nullable=False),
    sa.Column("number", sa.SmallInteger, nullable=False),
    sa.Column("person_id", sa.ForeignKey("persons.id"), nullable=False),
    sa.Column("service_id", sa.Uuid, nullable=False),
    sa.Column("sender", sa.Uuid, nullable=False),
    sa.Column("recipient", sa.Uuid, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("intent", sa.Text, nullable=False),
    sa.Column("urgency", sa.Text, nullable=False),
    sa.Column("urgency_rank", sa.SmallInteger, nullable=False),
    sa.Column("needs", Words, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("lawful_basis", sa.Text),
    sa.Column("agreement_id", sa.Uuid),
    sa.Column("based_on", sa.Uuid),
    sa.Column("acknowledge_hours", sa.Integer, nullable=False),
    sa.Column("answer_hours", sa.Integer, nullable=False),
    sa.Column("offer_hours", sa.Integer, nullable=False),
    sa.Column("expire_days", sa.Integer, nullable=False),
    sa.Column("review_day", sa.Integer),
    sa.Column("maximum_stay_days", sa.Integer),
    sa.Column("working_hours", sa.Text),
    sa.Column("acknowledge_by", Moment),
    sa.Column("answer_by", Moment),
    sa.Column("expires_at", Moment),
    sa.Column("lapses_at", Moment),
    sa.Column("review_due", Moment),
    sa.Column("stay_ends", Moment),
    sa.Column("next_due", Moment),
    sa.Column("sort_at", Moment, nullable=False),
    sa.Column("needs_place", sa.Boolean, nullable=False),
    sa.Column("place_id", sa.Uuid),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("requested_at", Moment),
    sa.Column("asked_at", Moment),
    sa.Column("started_at", Moment),
    sa.Column("ended_at", Moment),
    sa.Column("reason", sa.Text),
    sa.Column("outcome", sa.Text),
    sa.Column(
        "quoted", sa.LargeBinary, sa.Computed("substring(uuid_send(id) FROM 13)", persisted=True)
    ),
    one_of("status", Status),
    sa.UniqueConstraint("referral_id", "number"),
    sa.Index(None, "quoted"),
    sa.Index(
        "uq_handoffs_one_at_a_time",
        "referral_id",
        unique=True,
        postgresql_where=is_any_of("status", OPEN | {Status.DRAFT}),
    ),
    sa.Index(
        "ix_handoffs_inbox",
        "recipient",
        "urgency_rank",
        "sort_at",
        "id",
        postgresql_where=is_any_of("status", OPEN),
    ),
    sa.Index(None, "person_id"),
    sa.Index("ix_handoffs_received", "recipient", "created_at", "id"),
    sa.Index("ix_handoffs_sent", "sender", "created_at", "id"),
    sa.Index(
        "ix_handoffs_asked",
        "sender",
        postgresql_where=is_any_of("status", frozenset({Status.INFO_REQUESTED})),
    ),
    sa.Index(
        "ix_handoffs_requested_at_id",
        "requested_at",
        "id",
        postgresql_where=sa.text("requested_at IS NOT NULL"),
    ),
    sa.Index(
        "ix_handoffs_not_accepted",
        "ended_at",
        postgresql_where=is_any_of("status", frozenset({Status.REJECTED, Status.EXPIRED})),
    ),
    comment="What was asked of whom, and where that stands.",
)

stated = sa.Table(
    "stated",
    metadata,
    sa.Column("single", sa.Boolean, primary_key=True, server_default=sa.true()),
    sa.Column("through", Moment, nullable=False),
    sa.Column("handoff_id", sa.Uuid, nullable=False),
    sa.CheckConstraint("single", name="single"),
    comment="The last handoff that was stated to the audit log, in the order they were sent.",
)

packs = sa.Table(
    "packs",
    metadata,
    sa.Column("handoff_id", sa.ForeignKey("handoffs.id"), primary_key=True),
    sa.Column("section", sa.Text, primary_key=True),
    sa.Column("sealed_fields", Sealed, nullable=False),
    comment="What a recipient may read, frozen when it was sent or last corrected.",
)

earlier_packs = sa.Table(
    "earlier_packs",
    metadata,
    sa.Column("handoff_id", sa.ForeignKey("handoffs.id"), primary_key=True),
    sa.Column("section", sa.Text, primary_key=True),
    sa.Column("until", Moment, primary_key=True),
    sa.Column("sealed_fields", Sealed, nullable=False),
    comment="What packs said before they were corrected.",
)

disclosures = sa.Table(
    "disclosures",
    metadata,
    sa.Column("handoff_id", sa.ForeignKey("handoffs.id"), primary_key=True),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("referral_id", sa.Uuid, nullable=False),
    sa.Column("recipient", sa.Uuid, nullable=False),
    sa.Column("lawful_basis", sa.Text, nullable=False),
    sa.Column("agreement_id", sa.Uuid),
    sa.Column("disclosed_at", Moment, nullable=False),
    sa.Column("stopped_at", Moment),
    sa.Column("stopped_because", sa.Text),
    sa.Column("corrected_at", Moment),
    sa.Index(None, "referral_id"),
    comment="The ledger of what was told to whom, when and on which basis; never what it said.",
)

openings = sa.Table(
    "openings",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("referral_id", sa.ForeignKey("referrals.id"), nullable=False),
    sa.Column("organisation", sa.Uuid, nullable=False),
    sa.Column("principal", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("sealed_sentence", Sealed, nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("ends_at", Moment, nullable=False),
    sa.Index(None, "referral_id"),
    comment="Who broke the glass on what they were not told, why, and until when they may read.",
)

own_pages = sa.Table(
    "own_pages",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("referral_id", sa.ForeignKey("referrals.id"), nullable=False),
    sa.Column("organisation", sa.Uuid, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("sealed_token", Sealed, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("ends_at", Moment, nullable=False),
    sa.Column("closed_at", Moment),
    sa.Index(
        "uq_own_pages_one_at_a_time",
        "referral_id",
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    ),
    comment="Pages for the people referrals are about; found by a hash of what is in their address.",
)

unfinished = sa.Table(
    "unfinished",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("organisation", sa.Uuid, nullable=False),
    sa.Column("principal", sa.Text, nullable=False),
    sa.Column("service_id", sa.Uuid, nullable=False),
    sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
    sa.Column("sealed_form", Sealed, nullable=False),
    sa.Column("kept_at", Moment, nullable=False),
    sa.Index(None, "principal", "kept_at"),
    sa.Index(None, "kept_at"),
    comment="Forms that a worker has begun; theirs alone, and gone after some days.",
)

steps = sa.Table(
    "steps",
    metadata,
    sa.Column("handoff_id", sa.ForeignKey("handoffs.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("referral_id", sa.Uuid, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("to_status", sa.Text, nullable=False),
    sa.Column("party", sa.Text, nullable=False),
    sa.Column("organisation", sa.Uuid),
    sa.Column("principal", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("code", sa.Text),
    sa.Column("message_id", sa.Uuid),
    sa.Column("sealed_sentence", Sealed),
    sa.Index(None, "referral_id", "at"),
    comment="Every move of every handoff, with what was said about it.",
)

deadlines = sa.Table(
    "deadlines",
    metadata,
    sa.Column("handoff_id", sa.ForeignKey("handoffs.id"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("id", sa.Uuid, nullable=False, unique=True),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("ladder", pg.ARRAY(sa.SmallInteger, as_tuple=True), nullable=False),
    sa.Column("rung", sa.SmallInteger, nullable=False),
    sa.Column("next_at", Moment),
    sa.Column("running", sa.Boolean, nullable=False),
    sa.Index(
        "ix_deadlines_next_at",
        "next_at",
        postgresql_where=sa.text("running AND next_at IS NOT NULL"),
    ),
    comment="What is due when, how often that was told already, and when it is told next.",
)
