"""Tables of lists of people on their way to a service."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from onward.tables import Moment
from services.referral.storage.tables import Sealed, metadata

lists = sa.Table(
    "lists",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("principal", sa.Text, nullable=False),
    sa.Column("employer", sa.Uuid, nullable=False),
    sa.Column("organisation", sa.Uuid, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("service_id", sa.Uuid, nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("wrapped_key", sa.LargeBinary),
    sa.Column("sealed_text", Sealed),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("finished_at", Moment),
    sa.CheckConstraint("(finished_at IS NULL) = (sealed_text IS NOT NULL)", name="over"),
    sa.Index(
        "ix_lists_open", "tries", "created_at", postgresql_where=sa.text("finished_at IS NULL")
    ),
    sa.Index(None, "finished_at"),
    comment="Lists of people on their way to a service; what stands in them goes when they are through.",
)
list_lines = sa.Table(
    "list_lines",
    metadata,
    sa.Column("list_id", sa.Uuid, sa.ForeignKey("lists.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("referral_id", sa.Uuid),
    sa.Column("code", sa.Text),
    sa.Column("detail", sa.Text),
    sa.Column("errors", pg.JSONB, nullable=False),
    comment="What became of each line of a list; written with the referral itself.",
)
