"""The notification service's first tables: copies, notices, endpoints, messages and their attempts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "notification_0001"
down_revision = None
branch_labels = ("notification",)
depends_on = None

TABLES = (
    "attempts",
    "messages",
    "endpoints",
    "read_marks",
    "reads",
    "notices",
    "subscriptions",
    "watchers",
    "services",
    "organisations",
)


def upgrade() -> None:
    """Create them."""
    _create_copies()
    _create_inbox()
    _create_endpoints()
    _create_messages()


def downgrade() -> None:
    """Take them away, with everything in them."""
    for table in TABLES:
        op.drop_table(table)


def _create_copies() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        comment="Copy of the directory's organisations, as far as telling them needs it.",
    )
    op.create_table(
        "services",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Uuid(), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_services")),
        comment="Copy of the directory's services: their names, and who answers for them.",
    )
    op.create_table(
        "watchers",
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation", name=op.f("pk_watchers")),
        comment="Organisations one of whose auditors or operators has signed in: they hear the alarm.",
    )


def _create_inbox() -> None:
    op.create_table(
        "notices",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("counterpart", sa.Uuid(), nullable=True),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("about", sa.Uuid(), nullable=False),
        sa.Column("handoff_id", sa.Uuid(), nullable=True),
        sa.Column("service_id", sa.Uuid(), nullable=True),
        sa.Column("moment", sa.DateTime(timezone=True), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "urgency IN ('routine', 'urgent', 'emergency')", name=op.f("ck_notices_urgency")
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_notices")),
        sa.UniqueConstraint("id", name=op.f("uq_notices_id")),
        sa.UniqueConstraint(
            "organisation", "event_id", name=op.f("uq_notices_organisation_event_id")
        ),
        comment="The inbox in the application. Positions become visible in their order.",
    )
    op.create_index(
        op.f("ix_notices_organisation_position"),
        "notices",
        ["organisation", "position"],
        unique=False,
    )
    op.create_table(
        "reads",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["position"], ["notices.position"], name=op.f("fk_reads_position")
        ),
        sa.PrimaryKeyConstraint("principal", "position", name=op.f("pk_reads")),
        comment="Which notices each worker has read.",
    )
    op.create_table(
        "read_marks",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("principal", "organisation", name=op.f("pk_read_marks")),
        comment="How far a worker has marked everything as read.",
    )
    op.create_table(
        "subscriptions",
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=True),
        sa.Column("mail_for", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", name=op.f("pk_subscriptions")),
        comment="What an organisation chose to be told by e-mail; without a row, everything.",
    )


def _create_endpoints() -> None:
    op.create_table(
        "endpoints",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("disabled_code", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("old_secret", sa.LargeBinary(), nullable=True),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(secret IS NULL) = (status = 'deleted')", name=op.f("ck_endpoints_secret")
        ),
        sa.CheckConstraint(
            "status IN ('enabled', 'disabled', 'deleted')", name=op.f("ck_endpoints_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoints")),
        comment="Where partners' systems are told; secrets are encrypted.",
    )
    op.create_index(op.f("ix_endpoints_organisation"), "endpoints", ["organisation"], unique=False)
    op.create_index(
        "uq_endpoints_url",
        "endpoints",
        ["organisation", "url"],
        unique=True,
        postgresql_where=sa.text("status <> 'deleted'"),
    )


def _create_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=True),
        sa.Column("counterpart", sa.Uuid(), nullable=True),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("about", sa.Uuid(), nullable=False),
        sa.Column("handoff_id", sa.Uuid(), nullable=True),
        sa.Column("service_id", sa.Uuid(), nullable=True),
        sa.Column("moment", sa.DateTime(timezone=True), nullable=True),
        sa.Column("facts", sa.LargeBinary(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(channel = 'webhook') = (endpoint_id IS NOT NULL AND facts IS NOT NULL)",
            name=op.f("ck_messages_webhook"),
        ),
        sa.CheckConstraint(
            "(status = 'waiting') = (due_at IS NOT NULL)", name=op.f("ck_messages_due")
        ),
        sa.CheckConstraint("channel IN ('email', 'webhook')", name=op.f("ck_messages_channel")),
        sa.CheckConstraint(
            "status IN ('waiting', 'delivered', 'given_up', 'skipped')",
            name=op.f("ck_messages_status"),
        ),
        sa.CheckConstraint(
            "urgency IN ('routine', 'urgent', 'emergency')", name=op.f("ck_messages_urgency")
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoints.id"], name=op.f("fk_messages_endpoint_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        comment="What is sent outside: ids and codes, rendered at sending. Claimed by moving due_at on.",
    )
    op.create_index(
        "ix_messages_due_email",
        "messages",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("status = 'waiting' AND channel = 'email'"),
    )
    op.create_index(
        "ix_messages_due_webhook",
        "messages",
        ["endpoint_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("status = 'waiting' AND channel = 'webhook'"),
    )
    op.create_index(
        "ix_messages_log",
        "messages",
        ["endpoint_id", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("channel = 'webhook'"),
    )
    op.create_index(
        "uq_messages_email",
        "messages",
        ["event_id", "organisation"],
        unique=True,
        postgresql_where=sa.text("channel = 'email'"),
    )
    op.create_index(
        "uq_messages_webhook",
        "messages",
        ["event_id", "endpoint_id"],
        unique=True,
        postgresql_where=sa.text("channel = 'webhook'"),
    )
    op.create_table(
        "attempts",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("status_code", sa.SmallInteger(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_attempts_message_id")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_attempts")),
        comment="Every attempt to deliver a message: how it ended, never what was said.",
    )
    op.create_index(
        op.f("ix_attempts_message_id_number"), "attempts", ["message_id", "number"], unique=False
    )
