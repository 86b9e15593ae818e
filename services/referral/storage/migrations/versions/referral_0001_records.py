"""The referral service's first tables: copies of the directory, people, referrals."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "referral_0001"
down_revision = None
branch_labels = ("referral",)
depends_on = None


def upgrade() -> None:
    """Create them."""
    _organisations()
    _services()
    _agreements()
    _claims()
    _persons()
    _referrals()
    _sections()


def downgrade() -> None:
    """Remove them."""
    for table in (
        "sections",
        "referrals",
        "persons",
        "claims",
        "agreements",
        "services",
        "organisations",
    ):
        op.drop_table(table)


def _organisations() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        comment="Who there is, as the directory last published it.",
    )


def _services() -> None:
    op.create_table(
        "services",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Uuid(), nullable=False),
        sa.Column("providers", postgresql.ARRAY(sa.Uuid(), as_tuple=True), nullable=False),
        sa.Column("capacity_kind", sa.Text(), nullable=False),
        sa.Column("has_ledger", sa.Boolean(), nullable=False),
        sa.Column("nation", sa.Text(), nullable=False),
        sa.Column("asks_for", postgresql.ARRAY(sa.Text(), as_tuple=True), nullable=False),
        sa.Column("acknowledge_hours", sa.Integer(), nullable=False),
        sa.Column("answer_hours", sa.Integer(), nullable=False),
        sa.Column("offer_hours", sa.Integer(), nullable=False),
        sa.Column("expire_days", sa.Integer(), nullable=False),
        sa.Column("review_day", sa.Integer(), nullable=True),
        sa.Column("maximum_stay_days", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_services")),
        comment="What is offered, as the directory last published it.",
    )


def _agreements() -> None:
    op.create_table(
        "agreements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_organisation", sa.Uuid(), nullable=False),
        sa.Column("to_organisation", sa.Uuid(), nullable=False),
        sa.Column("purposes", postgresql.ARRAY(sa.Text(), as_tuple=True), nullable=False),
        sa.Column("sections", postgresql.ARRAY(sa.Text(), as_tuple=True), nullable=False),
        sa.Column("lawful_basis", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreements")),
        comment="Who may share what with whom, as the directory last published it.",
    )
    op.create_index(
        op.f("ix_agreements_from_organisation_to_organisation"),
        "agreements",
        ["from_organisation", "to_organisation"],
        unique=False,
    )


def _claims() -> None:
    op.create_table(
        "claims",
        sa.Column("handoff_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('held', 'queued', 'taken', 'released', 'refused')",
            name=op.f("ck_claims_state"),
        ),
        sa.PrimaryKeyConstraint("handoff_id", name=op.f("pk_claims")),
        comment="What the directory's place ledger last said about a handoff's place.",
    )


def _persons() -> None:
    op.create_table(
        "persons",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_names", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_birth_date", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_nhs_number", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_contact", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_language", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_persons")),
        comment="Who referrals are about; a key of their own, itself wrapped, opens all about them.",
    )
    op.create_index(op.f("ix_persons_organisation"), "persons", ["organisation"], unique=False)


def _referrals() -> None:
    op.create_table(
        "referrals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sender", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("intent", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("needs", postgresql.ARRAY(sa.Text(), as_tuple=True), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("lawful_basis", sa.Text(), nullable=True),
        sa.Column("sealed_basis_note", sa.LargeBinary(), nullable=True),
        sa.Column("consent_given", sa.Boolean(), nullable=False),
        sa.Column("consent_withheld", postgresql.ARRAY(sa.Text(), as_tuple=True), nullable=False),
        sa.Column("based_on", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "standing IN ('draft', 'active', 'completed', 'cancelled', 'entered_in_error')",
            name=op.f("ck_referrals_standing"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_referrals_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referrals")),
        comment="What senders recorded: one person's need each.",
    )
    op.create_index(op.f("ix_referrals_person_id"), "referrals", ["person_id"], unique=False)
    op.create_index(
        op.f("ix_referrals_sender_created_at_id"),
        "referrals",
        ["sender", "created_at", "id"],
        unique=False,
    )


def _sections() -> None:
    op.create_table(
        "sections",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("sealed_fields", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referrals.id"], name=op.f("fk_sections_referral_id")
        ),
        sa.PrimaryKeyConstraint("referral_id", "section", name=op.f("pk_sections")),
        comment="What the sender has to tell, before it is known to whom.",
    )
