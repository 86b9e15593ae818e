"""The directory's first tables: organisations, services, agreements, accounts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "directory_0001"
down_revision = None
branch_labels = ("directory",)
depends_on = None


def upgrade() -> None:
    """Create them."""
    _organisations()
    _services()
    _workers()
    _systems()


def downgrade() -> None:
    """Remove them."""
    for table in (
        "attempts",
        "used_assertions",
        "partner_systems",
        "sign_ins",
        "workers",
        "sites",
        "providers",
        "services",
        "agreements",
        "organisations",
    ):
        op.drop_table(table)


def _organisations() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("incorporated", sa.Boolean(), nullable=False),
        sa.Column("ods_code", sa.Text(), nullable=True),
        sa.Column("charity_number", sa.Text(), nullable=True),
        sa.Column("mailbox", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("charity_number", name=op.f("uq_organisations_charity_number")),
        sa.UniqueConstraint("ods_code", name=op.f("uq_organisations_ods_code")),
        comment="Who there is.",
    )
    op.create_index(
        "ix_organisations_name",
        "organisations",
        [sa.literal_column("lower(name)"), "id"],
        unique=False,
    )
    op.create_table(
        "agreements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_organisation", sa.Uuid(), nullable=False),
        sa.Column("to_organisation", sa.Uuid(), nullable=False),
        sa.Column("purposes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("sections", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("lawful_basis", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "from_organisation <> to_organisation", name=op.f("ck_agreements_two_parties")
        ),
        sa.ForeignKeyConstraint(
            ["from_organisation"],
            ["organisations.id"],
            name=op.f("fk_agreements_from_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["to_organisation"], ["organisations.id"], name=op.f("fk_agreements_to_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreements")),
        comment="Who may share what with whom, one way each.",
    )
    op.create_index(
        op.f("ix_agreements_from_organisation"), "agreements", ["from_organisation"], unique=False
    )
    op.create_index(
        op.f("ix_agreements_to_organisation"), "agreements", ["to_organisation"], unique=False
    )


def _services() -> None:
    op.create_table(
        "services",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Uuid(), nullable=False),
        sa.Column("capacity_kind", sa.Text(), nullable=False),
        sa.Column("nation", sa.Text(), nullable=False),
        sa.Column("maximum_stay_days", sa.Integer(), nullable=True),
        sa.Column("review_day", sa.Integer(), nullable=True),
        sa.Column("sessions_per_person", sa.Integer(), nullable=True),
        sa.Column("acknowledge_hours", sa.Integer(), nullable=False),
        sa.Column("answer_hours", sa.Integer(), nullable=False),
        sa.Column("offer_hours", sa.Integer(), nullable=False),
        sa.Column("expire_days", sa.Integer(), nullable=False),
        sa.Column("asks_for", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('planned', 'active', 'paused', 'closed')", name=op.f("ck_services_status")
        ),
        sa.ForeignKeyConstraint(
            ["recipient"], ["organisations.id"], name=op.f("fk_services_recipient")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_services")),
        comment="What is offered.",
    )
    op.create_index(
        "ix_services_name", "services", [sa.literal_column("lower(name)"), "id"], unique=False
    )
    op.create_table(
        "providers",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_providers_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_providers_service_id")
        ),
        sa.PrimaryKeyConstraint("service_id", "organisation_id", name=op.f("pk_providers")),
        comment="Who provides each service, in the order in which they are named.",
    )
    op.create_index(
        op.f("ix_providers_organisation_id"), "providers", ["organisation_id"], unique=False
    )
    op.create_table(
        "sites",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("locality", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_sites_service_id")),
        sa.PrimaryKeyConstraint("service_id", "number", name=op.f("pk_sites")),
        comment="Where each service is found.",
    )


def _workers() -> None:
    op.create_table(
        "workers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_workers_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
        sa.UniqueConstraint("username", name=op.f("uq_workers_username")),
        comment="People who sign in.",
    )
    op.create_index(
        op.f("ix_workers_organisation_id"), "workers", ["organisation_id"], unique=False
    )
    op.create_table(
        "sign_ins",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.id"], name=op.f("fk_sign_ins_worker_id")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_sign_ins")),
        comment="Sessions that began here, so that all of a worker's can be ended at once.",
    )
    op.create_index(op.f("ix_sign_ins_ends_at"), "sign_ins", ["ends_at"], unique=False)
    op.create_index(
        "ix_sign_ins_open",
        "sign_ins",
        ["worker_id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _systems() -> None:
    op.create_table(
        "partner_systems",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=True),
        sa.Column("jwks", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(secret_hash IS NULL) <> (jwks IS NULL)", name=op.f("ck_partner_systems_one_proof")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_partner_systems_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_partner_systems")),
        comment="Partners' computer systems.",
    )
    op.create_index(
        op.f("ix_partner_systems_organisation_id"),
        "partner_systems",
        ["organisation_id"],
        unique=False,
    )
    op.create_table(
        "used_assertions",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "jti", name=op.f("pk_used_assertions")),
        comment="Signed assertions that were used, each once.",
    )
    op.create_index(
        op.f("ix_used_assertions_expires_at"), "used_assertions", ["expires_at"], unique=False
    )
    op.create_table(
        "attempts",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_attempts")),
        comment="How often somebody tried to prove who they are; keys are digests of name or address.",
    )
    op.create_index(op.f("ix_attempts_since"), "attempts", ["since"], unique=False)
