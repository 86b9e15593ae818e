"""Tables of outcomes: how people are, and what they want to reach."""

import sqlalchemy as sa

from onward.tables import Moment
from services.referral.domain.conversation import Visibility
from services.referral.domain.goals import Progress
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

goals = sa.Table(
    "goals",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("handoff_id", sa.ForeignKey("handoffs.id"), nullable=False),
    sa.Column("referral_id", sa.Uuid, nullable=False),
    sa.Column("set_on", sa.Date, nullable=False),
    sa.Column("visibility", sa.Text, nullable=False),
    sa.Column("sealed_goal", Sealed, nullable=False),
    sa.Column("at", Moment, nullable=False),
    one_of("visibility", Visibility),
    sa.Index(None, "handoff_id"),
    comment="What the person of a handoff wants to reach; their words are sealed.",
)

goal_reviews = sa.Table(
    "goal_reviews",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("goal_id", sa.ForeignKey("goals.id"), nullable=False),
    sa.Column("reviewed_on", sa.Date, nullable=False),
    sa.Column("progress", sa.Text, nullable=False),
    sa.Column("sealed_review", Sealed, nullable=False),
    sa.Column("at", Moment, nullable=False),
    one_of("progress", Progress),
    sa.Index(None, "goal_id"),
    comment="How a goal stood each time it was looked at again.",
)
