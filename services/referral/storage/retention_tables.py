"""Tables of what must be kept, and of what was disposed of."""

import sqlalchemy as sa

from onward.tables import Moment
from services.referral.storage.tables import Sealed, metadata

holds = sa.Table(
    "holds",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("person_id", sa.ForeignKey("persons.id"), nullable=False),
    sa.Column("referral_id", sa.ForeignKey("referrals.id")),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("sealed_sentence", Sealed, nullable=False),
    sa.Column("until", sa.Date),
    sa.Column("placed_at", Moment, nullable=False),
    sa.Column("placed_by", sa.Text, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("ended_by", sa.Text),
    sa.Index("ix_holds_in_force", "person_id", postgresql_where=sa.text("ended_at IS NULL")),
    comment="What is kept whatever its age, on whose word and why; all about the person, or one referral.",
)

disposals = sa.Table(
    "disposals",
    metadata,
    sa.Column("handoff_id", sa.ForeignKey("handoffs.id"), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    comment="Handoffs whose recipient's copy was deleted because its time was over.",
)
