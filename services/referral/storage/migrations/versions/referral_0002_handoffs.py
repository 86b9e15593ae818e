"""Handoffs, what was told with them, their moves and their deadlines."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "referral_0002"
down_revision = "referral_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    _handoffs()
    _packs()
    _disclosures()
    _steps()
    _deadlines()


def downgrade() -> None:
    """Remove them."""
    for table in (
        "deadlines",
        "steps",
        "disclosures",
        "packs",
        "handoffs",
    ):
        op.drop_table(table)


def _handoffs() -> None:
    op.create_table(
        "handoffs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("sender", sa.Uuid(), nullable=False),
        sa.Column("recipient", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("intent", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("urgency_rank", sa.SmallInteger(), nullable=False),
        sa.Column("needs", postgresql.ARRAY(sa.Text(), as_tuple=True), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("lawful_basis", sa.Text(), nullable=True),
        sa.Column("agreement_id", sa.Uuid(), nullable=True),
        sa.Column("based_on", sa.Uuid(), nullable=True),
        sa.Column("acknowledge_hours", sa.Integer(), nullable=False),
        sa.Column("answer_hours", sa.Integer(), nullable=False),
        sa.Column("offer_hours", sa.Integer(), nullable=False),
        sa.Column("expire_days", sa.Integer(), nullable=False),
        sa.Column("review_day", sa.Integer(), nullable=True),
        sa.Column("maximum_stay_days", sa.Integer(), nullable=True),
        sa.Column("acknowledge_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("review_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stay_ends", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sort_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("needs_place", sa.Boolean(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ("
            "'draft', 'requested', 'acknowledged', 'info_requested', "
            "'accepted', 'waitlisted', 'offered', 'in_progress', "
            "'on_hold', 'rejected', 'cancelled', 'expired', "
            "'completed', 'failed', 'entered_in_error'"
            ")",
            name=op.f("ck_handoffs_status"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_handoffs_person_id")),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referrals.id"], name=op.f("fk_handoffs_referral_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoffs")),
        sa.UniqueConstraint("referral_id", "number", name=op.f("uq_handoffs_referral_id_number")),
        comment="What was asked of whom, and where that stands.",
    )
    op.create_index(
        "ix_handoffs_inbox",
        "handoffs",
        ["recipient", "urgency_rank", "sort_at", "id"],
        unique=False,
        postgresql_where=sa.text(
            "status IN ("
            "'accepted', 'acknowledged', 'in_progress', 'info_requested', "
            "'offered', 'on_hold', 'requested', 'waitlisted'"
            ")"
        ),
    )
    op.create_index(
        "ix_handoffs_received", "handoffs", ["recipient", "created_at", "id"], unique=False
    )
    op.create_index("ix_handoffs_sent", "handoffs", ["sender", "created_at", "id"], unique=False)
    op.create_index(
        "uq_handoffs_one_at_a_time",
        "handoffs",
        ["referral_id"],
        unique=True,
        postgresql_where=sa.text(
            "status IN ("
            "'accepted', 'acknowledged', 'draft', 'in_progress', "
            "'info_requested', 'offered', 'on_hold', 'requested', "
            "'waitlisted'"
            ")"
        ),
    )


def _packs() -> None:
    op.create_table(
        "packs",
        sa.Column("handoff_id", sa.Uuid(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("sealed_fields", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoffs.id"], name=op.f("fk_packs_handoff_id")),
        sa.PrimaryKeyConstraint("handoff_id", "section", name=op.f("pk_packs")),
        comment="What a recipient may read, frozen when it was sent.",
    )


def _disclosures() -> None:
    op.create_table(
        "disclosures",
        sa.Column("handoff_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("recipient", sa.Uuid(), nullable=False),
        sa.Column("lawful_basis", sa.Text(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=True),
        sa.Column("disclosed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["handoff_id"], ["handoffs.id"], name=op.f("fk_disclosures_handoff_id")
        ),
        sa.PrimaryKeyConstraint("handoff_id", "field", name=op.f("pk_disclosures")),
        comment="The ledger of what was told to whom, when and on which basis; never what it said.",
    )
    op.create_index(
        op.f("ix_disclosures_referral_id"), "disclosures", ["referral_id"], unique=False
    )


def _steps() -> None:
    op.create_table(
        "steps",
        sa.Column("handoff_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=True),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("sealed_sentence", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoffs.id"], name=op.f("fk_steps_handoff_id")),
        sa.PrimaryKeyConstraint("handoff_id", "version", name=op.f("pk_steps")),
        comment="Every move of every handoff, with what was said about it.",
    )
    op.create_index(op.f("ix_steps_referral_id_at"), "steps", ["referral_id", "at"], unique=False)


def _deadlines() -> None:
    op.create_table(
        "deadlines",
        sa.Column("handoff_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ladder", postgresql.ARRAY(sa.SmallInteger(), as_tuple=True), nullable=False),
        sa.Column("rung", sa.SmallInteger(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("running", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["handoff_id"], ["handoffs.id"], name=op.f("fk_deadlines_handoff_id")
        ),
        sa.PrimaryKeyConstraint("handoff_id", "kind", name=op.f("pk_deadlines")),
        sa.UniqueConstraint("id", name=op.f("uq_deadlines_id")),
        comment="What is due when, how often that was told already, and when it is told next.",
    )
    op.create_index(
        "ix_deadlines_next_at",
        "deadlines",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("running AND next_at IS NOT NULL"),
    )
