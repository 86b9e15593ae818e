"""The table of outcomes."""

import sqlalchemy as sa

from onward.tables import Moment
from services.referral.domain.conversation import Visibility
from services.referral.domain.outcomes import Occasion
from services.referral.storage.tables import Sealed, metadata, one_of

outcomes = sa.Table(
    "outcomes",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("handoff_id", sa.ForeignKey("handoffs.id"), nullable=False),
    sa.Column("referral_id", sa.Uuid, nullable=False),
    sa.Column("instrument", sa.Text, nullable=False),
    sa.Column("occasion", sa.Text, nullable=False),
    sa.Column("taken_on", sa.Date, nullable=False),
    sa.Column("visibility", sa.Text, nullable=False),
    sa.Column("sealed_answers", Sealed, nullable=False),
    sa.Column("at", Moment, nullable=False),
    one_of("occasion", Occasion),
    one_of("visibility", Visibility),
    sa.Index(None, "handoff_id"),
    comment="Instruments used with the person of a handoff; what was answered is sealed.",
)
