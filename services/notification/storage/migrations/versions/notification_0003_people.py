"""Workers beside their organisations: who there is, what they chose, and whom a rule names."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "notification_0003"
down_revision = "notification_0002"
branch_labels = None
depends_on = None

_EMAIL = sa.text("channel = 'email'")
_OF_ORGANISATION = sa.text("channel = 'email' AND principal IS NULL")
_OF_PERSON = sa.text("principal IS NOT NULL")
_DUE_SMS = sa.text("status = 'waiting' AND channel = 'sms'")
_OF_HANDOFF = sa.text("handoff_id IS NOT NULL")


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """Keep workers and what they chose; let messages be for one of them."""
    _create_copies()
    _create_preferences()
    _create_rules()
    _open_messages()
    op.add_column(
        "subscriptions", sa.Column("language", sa.Text(), server_default="en", nullable=False)
    )


def downgrade() -> None:
    """Forget them, and what was told to them alone."""
    op.drop_column("subscriptions", "language")
    op.execute(
        "DELETE FROM attempts USING messages"
        " WHERE messages.id = attempts.message_id AND messages.principal IS NOT NULL"
    )
    op.execute("DELETE FROM messages WHERE principal IS NOT NULL")
    for name, where in (
        ("ix_messages_handoff_id", _OF_HANDOFF),
        ("ix_messages_due_sms", _DUE_SMS),
        ("uq_messages_person", _OF_PERSON),
        ("uq_messages_email", _OF_ORGANISATION),
    ):
        op.drop_index(name, "messages", postgresql_where=where)
    for rule in ("digest", "principal", "channel"):
        op.drop_constraint(op.f(f"ck_messages_{rule}"), "messages", type_="check")
    op.create_check_constraint(
        op.f("ck_messages_channel"), "messages", "channel IN ('email', 'webhook', 'queue')"
    )
    op.drop_column("messages", "digest")
    op.drop_column("messages", "principal")
    op.create_index(
        "uq_messages_email",
        "messages",
        ["event_id", "organisation"],
        unique=True,
        postgresql_where=_EMAIL,
    )
    for table in ("telling_rules", "teams", "preferences", "placements", "workers"):
        op.drop_table(table)


def _create_copies() -> None:
    op.create_table(
        "workers",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("principal", name=op.f("pk_workers")),
        comment="Copy of the directory's accounts: who signs in for whom; no name.",
    )
    op.create_index(op.f("ix_workers_organisation"), "workers", ["organisation"])
    op.create_table(
        "placements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("employer", sa.Uuid(), nullable=False),
        sa.Column("host", sa.Uuid(), nullable=False),
        _moment("starts_at"),
        _moment("ends_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placements")),
        comment="Copy of the directory's placements: in whose teams workers of others sit.",
    )
    op.create_index(op.f("ix_placements_principal"), "placements", ["principal"])
    op.create_index(op.f("ix_placements_host"), "placements", ["host"])


def _create_preferences() -> None:
    op.create_table(
        "preferences",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("called", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("mail_for", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("text_for", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("follow", sa.Boolean(), nullable=False),
        sa.Column("days", pg.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("begins", sa.Time(), nullable=True),
        sa.Column("ends", sa.Time(), nullable=True),
        sa.Column("digest_at", sa.Time(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        _moment("away_from", nullable=True),
        _moment("away_until", nullable=True),
        sa.Column("cover", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _moment("changed_at"),
        sa.CheckConstraint("(begins IS NULL) = (ends IS NULL)", name=op.f("ck_preferences_hours")),
        sa.CheckConstraint(
            "(cover IS NULL) = (away_from IS NULL)", name=op.f("ck_preferences_cover")
        ),
        sa.CheckConstraint("away_until > away_from", name=op.f("ck_preferences_away")),
        sa.PrimaryKeyConstraint("principal", name=op.f("pk_preferences")),
        comment="What each worker chose for themself: where, when and in which language they are told.",
    )
    op.create_index(op.f("ix_preferences_organisation"), "preferences", ["organisation"])


def _create_rules() -> None:
    op.create_table(
        "teams",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("members", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _moment("changed_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams")),
        sa.UniqueConstraint("organisation", "name", name=op.f("uq_teams_organisation_name")),
        comment="Workers that an organisation tells together.",
    )
    op.create_table(
        "telling_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("whom", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("templates", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=True),
        sa.Column("urgencies", pg.ARRAY(sa.Text()), nullable=False),
        _moment("created_at"),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "whom IN ('role', 'team', 'person')", name=op.f("ck_telling_rules_whom")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_telling_rules")),
        comment="Whom of its people an organisation wants told of what, beside its own mailbox.",
    )
    op.create_index(op.f("ix_telling_rules_organisation"), "telling_rules", ["organisation"])


def _open_messages() -> None:
    op.add_column("messages", sa.Column("principal", sa.Text(), nullable=True))
    op.add_column(
        "messages", sa.Column("digest", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.drop_constraint(op.f("ck_messages_channel"), "messages", type_="check")
    for name, rule in (
        ("channel", "channel IN ('email', 'sms', 'webhook', 'queue')"),
        (
            "principal",
            (
                "CASE channel WHEN 'sms' THEN principal IS NOT NULL"
                " WHEN 'email' THEN true ELSE principal IS NULL END"
            ),
        ),
        ("digest", "NOT digest OR (channel = 'email' AND principal IS NOT NULL)"),
    ):
        op.create_check_constraint(op.f(f"ck_messages_{name}"), "messages", rule)
    op.drop_index("uq_messages_email", "messages", postgresql_where=_EMAIL)
    for index, columns, where, unique in (
        ("uq_messages_email", ["event_id", "organisation"], _OF_ORGANISATION, True),
        ("uq_messages_person", ["event_id", "principal", "channel"], _OF_PERSON, True),
        ("ix_messages_due_sms", ["due_at"], _DUE_SMS, False),
        ("ix_messages_handoff_id", ["handoff_id", "created_at"], _OF_HANDOFF, False),
    ):
        op.create_index(index, "messages", columns, unique=unique, postgresql_where=where)
