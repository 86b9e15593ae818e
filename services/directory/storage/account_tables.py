"""Tables of people and systems that sign in, and of what they tried."""

import sqlalchemy as sa

from onward.identity import Role
from onward.tables import Moment
from services.directory.storage.columns import Coded
from services.directory.storage.tables import metadata

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
