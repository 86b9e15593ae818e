"""Tables of advice that is asked without a referral."""

import sqlalchemy as sa

from onward.tables import Moment
from services.referral.domain.advice import Stage
from services.referral.storage.tables import Sealed, metadata, one_of

advice = sa.Table(
    "advice",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("service_id", sa.Uuid, nullable=False),
    sa.Column("sender", sa.Uuid, nullable=False),
    sa.Column("recipient", sa.Uuid, nullable=False),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
    sa.Column("asked_at", Moment, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.Column("referral_id", sa.ForeignKey("referrals.id")),
    one_of("stage", Stage),
    sa.Index(None, "sender", "changed_at", "id"),
    sa.Index(None, "recipient", "changed_at", "id"),
    sa.Index(
        "ix_advice_waiting", "recipient", postgresql_where=sa.text(f"stage = '{Stage.ASKED}'")
    ),
    sa.Index(None, "referral_id"),
    comment="Questions from one organisation to another, about nobody by name.",
)

words = sa.Table(
    "advice_words",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("advice_id", sa.ForeignKey("advice.id"), nullable=False),
    sa.Column("organisation", sa.Uuid, nullable=False),
    sa.Column("principal", sa.Text, nullable=False),
    sa.Column("sealed_text", Sealed, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Index(None, "advice_id", "at"),
    comment="What was asked and answered; sealed, although it is to name nobody.",
)
