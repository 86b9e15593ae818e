"""Tables of what is said, and of when people meet."""

import sqlalchemy as sa

from onward.tables import Moment
from services.referral.domain.appointments import Mode, State
from services.referral.domain.conversation import Visibility
from services.referral.storage.tables import Sealed, metadata, one_of

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("handoff_id", sa.ForeignKey("handoffs.id"), nullable=False),
    sa.Column("referral_id", sa.Uuid, nullable=False),
    sa.Column("organisation", sa.Uuid, nullable=False),
    sa.Column("principal", sa.Text, nullable=False),
    sa.Column("visibility", sa.Text, nullable=False),
    sa.Column("sealed_text", Sealed, nullable=False),
    sa.Column("at", Moment, nullable=False),
    one_of("visibility", Visibility),
    sa.Index(None, "handoff_id", "at"),
    comment="What the two sides of a handoff said, and what each noted for itself.",
)

appointments = sa.Table(
    "appointments",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("handoff_id", sa.ForeignKey("handoffs.id"), nullable=False),
    sa.Column("referral_id", sa.Uuid, nullable=False),
    sa.Column("organisation", sa.Uuid, nullable=False),
    sa.Column("starts_at", Moment, nullable=False),
    sa.Column("minutes", sa.Integer, nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("sealed_place", Sealed),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    one_of("mode", Mode),
    one_of("state", State),
    sa.Index(None, "handoff_id", "starts_at"),
    comment="When the person meets the service, and whether they came.",
)

attachments = sa.Table(
    "attachments",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("handoff_id", sa.ForeignKey("handoffs.id"), nullable=False),
    sa.Column("referral_id", sa.Uuid, nullable=False),
    sa.Column("organisation", sa.Uuid, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("sealed_name", Sealed, nullable=False),
    sa.Column("sealed_content", Sealed, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Index(None, "handoff_id", "at"),
    comment="Files that travel with a handoff; their names say as much as what is in them.",
)
