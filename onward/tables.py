"""The tables every service has beside its own: outbox, inbox, parked events, answers given."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names of constraints, so that a migration can drop what another made."""

KERNEL = sa.MetaData(naming_convention=NAMING)

Moment = sa.DateTime(timezone=True)

outbox = sa.Table(
    "outbox",
    KERNEL,
    sa.Column("position", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("id", sa.Uuid, nullable=False),
    sa.Column("stream", sa.Text, nullable=False),
    sa.Column("subject", sa.Uuid, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("correlation_id", sa.Uuid, nullable=False),
    sa.Column("created_at", Moment, nullable=False, server_default=sa.func.clock_timestamp()),
    sa.Column("sent_at", Moment),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("problem", sa.Text),
    sa.Index("ix_outbox_unsent", "position", postgresql_where=sa.text("sent_at IS NULL")),
    sa.Index(None, "subject"),
    sa.Index(None, "correlation_id"),
    sa.Index("ix_outbox_sent_at", "sent_at"),
    comment="What this service will tell: written with the change it tells of, sent by the relay.",
)

outbox_lines = sa.Table(
    "outbox_lines",
    KERNEL,
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("subject", sa.Uuid, primary_key=True),
    sa.Column("last", sa.BigInteger, nullable=False),
    comment="The last sequence number given out per line; its row lock keeps a line in order.",
)

inbox = sa.Table(
    "inbox",
    KERNEL,
    sa.Column("event_id", sa.Uuid, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("received_at", Moment, nullable=False, server_default=sa.func.clock_timestamp()),
    sa.Index(None, "received_at"),
    comment="Events this service has taken over from the broker, each once.",
)

inbox_lines = sa.Table(
    "inbox_lines",
    KERNEL,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("subject", sa.Uuid, primary_key=True),
    sa.Column("last", sa.BigInteger, nullable=False),
    comment="The last sequence number handled per line; an event that is not the next one waits.",
)

parked = sa.Table(
    "parked",
    KERNEL,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("event_id", sa.Uuid, unique=True),
    sa.Column("source", sa.Text),
    sa.Column("stream", sa.Text),
    sa.Column("subject", sa.Uuid),
    sa.Column("sequence", sa.BigInteger),
    sa.Column("key", sa.Text),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("sha256", sa.LargeBinary, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due_at", Moment),
    sa.Column("parked_at", Moment, nullable=False, server_default=sa.func.clock_timestamp()),
    sa.Column("decided_at", Moment),
    sa.Column("decided_by", sa.Text),
    sa.Column("reason", sa.Text),
    sa.CheckConstraint(
        "status IN ('waiting', 'retrying', 'parked', 'resolved', 'discarded')", name="status"
    ),
    sa.Index(
        "ix_parked_open_line",
        "source",
        "stream",
        "subject",
        "sequence",
        postgresql_where=sa.text("status IN ('waiting', 'retrying', 'parked')"),
    ),
    sa.Index(
        "uq_parked_raw",
        "sha256",
        unique=True,
        postgresql_where=sa.text("event_id IS NULL AND status IN ('retrying', 'parked')"),
    ),
    comment="Events that failed, or that wait behind one that did or is still on its way.",
)

idempotency = sa.Table(
    "idempotency",
    KERNEL,
    sa.Column("organisation", sa.Uuid, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False),
    sa.Column("status", sa.SmallInteger),
    sa.Column("headers", pg.JSONB),
    sa.Column("body", sa.LargeBinary),
    sa.Column("created_at", Moment, nullable=False, server_default=sa.func.clock_timestamp()),
    sa.Index(None, "created_at"),
    comment="Answers already given to a POST, so that the same request again changes nothing.",
)

known_systems = sa.Table(
    "known_systems",
    KERNEL,
    sa.Column("client_id", sa.Text, primary_key=True),
    sa.Column("organisation", sa.Uuid, nullable=False),
    comment="Partners' systems that may act, as the directory tells it; for what comes by the broker.",
)

ended_sessions = sa.Table(
    "ended_sessions",
    KERNEL,
    sa.Column("session_id", sa.Uuid, primary_key=True),
    sa.Column("expires_at", Moment, nullable=False),
    comment="Sessions that ended before their cookie expires.",
)
