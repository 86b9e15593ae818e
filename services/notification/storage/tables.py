"""The notification service's own tables."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from onward.tables import NAMING, Moment

metadata = sa.MetaData(naming_convention=NAMING)

URGENCIES = "('routine', 'urgent', 'emergency')"

organisations = sa.Table(
    "organisations",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("mailbox", sa.Text),
    comment="Copy of the directory's organisations, as far as telling them needs it.",
)

services = sa.Table(
    "services",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("recipient", sa.Uuid, nullable=False),
    sa.Column("mailbox", sa.Text),
    comment="Copy of the directory's services: their names, and who answers for them.",
)

watchers = sa.Table(
    "watchers",
    metadata,
    sa.Column("organisation", sa.Uuid, primary_key=True),
    sa.Column("seen_at", Moment, nullable=False),
    comment="Organisations one of whose auditors or operators has signed in: they hear the alarm.",
)

subscriptions = sa.Table(
    "subscriptions",
    metadata,
    sa.Column("organisation", sa.Uuid, primary_key=True),
    sa.Column("mailbox", sa.Text),
    sa.Column("mail_for", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("language", sa.Text, nullable=False, server_default="en"),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    comment="What an organisation chose to be told by e-mail; without a row, everything.",
)

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("principal", sa.Text, primary_key=True),
    sa.Column("organisation", sa.Uuid, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("open", sa.Boolean, nullable=False),
    sa.Index(None, "organisation"),
    comment="Copy of the directory's accounts: who signs in for whom; no name.",
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
    sa.Index(None, "principal"),
    sa.Index(None, "host"),
    comment="Copy of the directory's placements: in whose teams workers of others sit.",
)

preferences = sa.Table(
    "preferences",
    metadata,
    sa.Column("principal", sa.Text, primary_key=True),
    sa.Column("organisation", sa.Uuid, nullable=False),
    sa.Column("called", sa.Text),
    sa.Column("email", sa.Text),
    sa.Column("phone", sa.Text),
    sa.Column("mail_for", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("text_for", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("follow", sa.Boolean, nullable=False),
    sa.Column("days", pg.ARRAY(sa.SmallInteger), nullable=False),
    sa.Column("begins", sa.Time),
    sa.Column("ends", sa.Time),
    sa.Column("digest_at", sa.Time),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("away_from", Moment),
    sa.Column("away_until", Moment),
    sa.Column("cover", sa.Text),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.CheckConstraint("(begins IS NULL) = (ends IS NULL)", name="hours"),
    sa.CheckConstraint("(cover IS NULL) = (away_from IS NULL)", name="cover"),
    sa.CheckConstraint("away_until > away_from", name="away"),
    sa.Index(None, "organisation"),
    comment="What each worker chose for themself: where, when and in which language they are told.",
)

calendars = sa.Table(
    "calendars",
    metadata,
    sa.Column("principal", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("open", sa.Boolean, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    comment="Whose calendars can be subscribed to, and which of their addresses still leads there.",
)

dates = sa.Table(
    "dates",
    metadata,
    sa.Column("item", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("handoff_id", sa.Uuid, nullable=False),
    sa.Column("about", sa.Uuid, nullable=False),
    sa.Column("service_id", sa.Uuid, nullable=False),
    sa.Column("recipient", sa.Uuid, nullable=False),
    sa.Column("sender", sa.Uuid),
    sa.Column("at", Moment, nullable=False),
    sa.Column("minutes", sa.Integer, nullable=False),
    sa.Index(None, "handoff_id"),
    sa.Index(None, "recipient", "at"),
    sa.Index(None, "sender", "at"),
    comment="What stands in calendars: who has to do what by when, and when people meet.",
)

teams = sa.Table(
    "teams",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("organisation", sa.Uuid, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("members", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.UniqueConstraint("organisation", "name"),
    comment="Workers that an organisation tells together.",
)

telling_rules = sa.Table(
    "telling_rules",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("organisation", sa.Uuid, nullable=False),
    sa.Column("whom", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("templates", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("service_id", sa.Uuid),
    sa.Column("urgencies", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.CheckConstraint("whom IN ('role', 'team', 'person')", name="whom"),
    sa.Index(None, "organisation"),
    comment="Whom of its people an organisation wants told of what, beside its own mailbox.",
)

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("position", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column(
        "id", sa.Uuid, nullable=False, unique=True, server_default=sa.func.gen_random_uuid()
    ),
    sa.Column("event_id", sa.Uuid, nullable=False),
    sa.Column("organisation", sa.Uuid, nullable=False),
    sa.Column("counterpart", sa.Uuid),
    sa.Column("template", sa.Text, nullable=False),
    sa.Column("urgency", sa.Text, nullable=False),
    sa.Column("roles", pg.ARRAY(sa.Text)),
    sa.Column("about", sa.Uuid, nullable=False),
    sa.Column("handoff_id", sa.Uuid),
    sa.Column("service_id", sa.Uuid),
    sa.Column("moment", Moment),
    sa.Column("occurred_at", Moment, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.UniqueConstraint("organisation", "event_id"),
    sa.CheckConstraint(f"urgency IN {URGENCIES}", name="urgency"),
    sa.Index(None, "organisation", "position"),
    comment="The inbox in the application. Positions become visible in their order.",
)

stand_ins = sa.Table(
    "stand_ins",
    metadata,
    sa.Column("event_id", sa.Uuid, primary_key=True),
    sa.Column("organisation", sa.Uuid, primary_key=True),
    sa.Column("principal", sa.Text, primary_key=True),
    sa.Column("covers", sa.Text, nullable=False),
    comment="Who was told of something because they cover for somebody who is away.",
)

reads = sa.Table(
    "reads",
    metadata,
    sa.Column("principal", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, sa.ForeignKey("notices.position"), primary_key=True),
    sa.Column("read_at", Moment, nullable=False),
    comment="Which notices each worker has read.",
)

read_marks = sa.Table(
    "read_marks",
    metadata,
    sa.Column("principal", sa.Text, primary_key=True),
    sa.Column("organisation", sa.Uuid, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
    comment="How far a worker has marked everything as read.",
)

endpoints = sa.Table(
    "endpoints",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("organisation", sa.Uuid, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("events", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("disabled_code", sa.Text),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("secret", sa.LargeBinary),
    sa.Column("old_secret", sa.LargeBinary),
    sa.Column("rotated_at", Moment),
    sa.Column("created_at", Moment, nullable=False),
    sa.CheckConstraint("status IN ('enabled', 'disabled', 'deleted')", name="status"),
    sa.CheckConstraint("(secret IS NULL) = (status = 'deleted')", name="secret"),
    sa.Index(None, "organisation"),
    sa.Index(
        "uq_endpoints_url",
        "organisation",
        "url",
        unique=True,
        postgresql_where=sa.text("status <> 'deleted'"),
    ),
    comment="Where partners' systems are told; secrets are encrypted.",
)

partner_queues = sa.Table(
    "partner_queues",
    metadata,
    sa.Column("organisation", sa.Uuid, primary_key=True),
    sa.Column("opened_at", Moment, nullable=False),
    comment="Organisations whose systems are told on a queue of the broker.",
)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True, server_default=sa.func.gen_random_uuid()),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("event_id", sa.Uuid, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("correlation_id", sa.Uuid, nullable=False),
    sa.Column("organisation", sa.Uuid, nullable=False),
    sa.Column("endpoint_id", sa.Uuid, sa.ForeignKey("endpoints.id")),
    sa.Column("principal", sa.Text),
    sa.Column("digest", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("counterpart", sa.Uuid),
    sa.Column("template", sa.Text, nullable=False),
    sa.Column("urgency", sa.Text, nullable=False),
    sa.Column("about", sa.Uuid, nullable=False),
    sa.Column("handoff_id", sa.Uuid),
    sa.Column("service_id", sa.Uuid),
    sa.Column("moment", Moment),
    sa.Column("facts", sa.LargeBinary),
    sa.Column("occurred_at", Moment, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("status", sa.Text, nullable=False, server_default="waiting"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due_at", Moment),
    sa.Column("code", sa.Text),
    sa.Column("settled_at", Moment),
    sa.CheckConstraint("channel IN ('email', 'sms', 'webhook', 'queue')", name="channel"),
    sa.CheckConstraint("status IN ('waiting', 'delivered', 'given_up', 'skipped')", name="status"),
    sa.CheckConstraint(f"urgency IN {URGENCIES}", name="urgency"),
    sa.CheckConstraint("(status = 'waiting') = (due_at IS NOT NULL)", name="due"),
    sa.CheckConstraint(
        "(channel = 'webhook') = (endpoint_id IS NOT NULL)"
        " AND (channel IN ('webhook', 'queue')) = (facts IS NOT NULL)",
        name="webhook",
    ),
    sa.CheckConstraint(
        "CASE channel WHEN 'sms' THEN principal IS NOT NULL"
        " WHEN 'email' THEN true ELSE principal IS NULL END",
        name="principal",
    ),
    sa.CheckConstraint(
        "NOT digest OR (channel = 'email' AND principal IS NOT NULL)", name="digest"
    ),
    sa.Index(
        "uq_messages_email",
        "event_id",
        "organisation",
        unique=True,
        postgresql_where=sa.text("channel = 'email' AND principal IS NULL"),
    ),
    sa.Index(
        "uq_messages_person",
        "event_id",
        "principal",
        "channel",
        unique=True,
        postgresql_where=sa.text("principal IS NOT NULL"),
    ),
    sa.Index(
        "ix_messages_due_sms",
        "due_at",
        postgresql_where=sa.text("status = 'waiting' AND channel = 'sms'"),
    ),
    sa.Index(
        "ix_messages_handoff_id",
        "handoff_id",
        "created_at",
        postgresql_where=sa.text("handoff_id IS NOT NULL"),
    ),
    sa.Index(
        "uq_messages_webhook",
        "event_id",
        "endpoint_id",
        unique=True,
        postgresql_where=sa.text("channel = 'webhook'"),
    ),
    sa.Index(
        "uq_messages_queue",
        "event_id",
        "organisation",
        unique=True,
        postgresql_where=sa.text("channel = 'queue'"),
    ),
    sa.Index(
        "ix_messages_due_queue",
        "due_at",
        postgresql_where=sa.text("status = 'waiting' AND channel = 'queue'"),
    ),
    sa.Index(
        "ix_messages_due_email",
        "due_at",
        postgresql_where=sa.text("status = 'waiting' AND channel = 'email'"),
    ),
    sa.Index(
        "ix_messages_due_webhook",
        "endpoint_id",
        "due_at",
        postgresql_where=sa.text("status = 'waiting' AND channel = 'webhook'"),
    ),
    sa.Index(
        "ix_messages_log",
        "endpoint_id",
        "created_at",
        "id",
        postgresql_where=sa.text("channel = 'webhook'"),
    ),
    comment="What is sent outside: ids and codes, rendered at sending. Claimed by moving due_at on.",
)

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("message_id", sa.Uuid, sa.ForeignKey("messages.id"), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("milliseconds", sa.Integer, nullable=False),
    sa.Column("status_code", sa.SmallInteger),
    sa.Column("code", sa.Text),
    sa.Index(None, "message_id", "number"),
    comment="Every attempt to deliver a message: how it ended, never what was said.",
)
