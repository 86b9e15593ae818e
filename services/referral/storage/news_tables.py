"""The tables of news for the people referrals are about. Neither holds a number, a mailbox or a word."""

import sqlalchemy as sa

from onward.tables import Moment
from services.referral.domain.news import Kind, Times, Way
from services.referral.storage.tables import metadata, one_of

news = sa.Table(
    "news",
    metadata,
    sa.Column("person_id", sa.ForeignKey("persons.id"), primary_key=True),
    sa.Column("way", sa.Text),
    sa.Column("times", sa.Text, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("asked_at", Moment, nullable=False),
    sa.Column("referral_id", sa.ForeignKey("referrals.id")),
    sa.Column("kind", sa.Text),
    sa.Column("message_id", sa.Uuid),
    sa.Column("due_at", Moment),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("tried_at", Moment),
    one_of("way", Way),
    one_of("times", Times),
    one_of("kind", Kind),
    sa.Index(None, "due_at", postgresql_where=sa.text("due_at IS NOT NULL")),
    comment="How people want to be told that there is news, and whether some waits to be told.",
)

news_receipts = sa.Table(
    "news_receipts",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("referral_id", sa.ForeignKey("referrals.id"), nullable=False),
    sa.Column("way", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("code", sa.Text),
    one_of("way", Way),
    one_of("kind", Kind),
    sa.Index(None, "referral_id", "at"),
    comment="What became of the messages to people; without a code they were told.",
)
