"""The baseline's tables: what our services keep of a handoff, without what only we promise."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import DeclarativeBase, mapped_column

from onward.tables import Moment


class Model(DeclarativeBase):
    """Base of the models; each service creates all of them in its own database and uses its own."""


def _id(*, key: bool = False) -> Any:
    return mapped_column(sa.Uuid, primary_key=key, nullable=False)


class Outgoing(Model):
    """An event to be told: written with the change it tells of, sent by the relay."""

    __tablename__ = "outgoing"
    id = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    name = mapped_column(sa.Text, nullable=False)
    document = mapped_column(pg.JSONB, nullable=False)
    sent_at = mapped_column(Moment)
    __table_args__ = (
        sa.Index("ix_outgoing_unsent", "id", postgresql_where=sa.text("sent_at IS NULL")),
    )


class Handoff(Model):
    """Referral: a handoff as it stands."""

    __tablename__ = "handoffs"
    id = _id(key=True)
    referral_id = _id()
    person_id = _id()
    service_id = _id()
    sender = _id()
    recipient = _id()
    status = mapped_column(sa.Text, nullable=False)
    version = mapped_column(sa.Integer, nullable=False)
    intent = mapped_column(sa.Text, nullable=False)
    urgency = mapped_column(sa.Text, nullable=False)
    place_id = mapped_column(sa.Uuid)
    lapses_at = mapped_column(Moment)
    requested_at = mapped_column(Moment, nullable=False)
    __table_args__ = (sa.Index("ix_handoffs_recipient", "recipient", "status"),)


class PlaceCopy(Model):
    """Referral: what the ledger last said about a handoff's place."""

    __tablename__ = "place_copies"
    handoff_id = _id(key=True)
    state = mapped_column(sa.Text, nullable=False)
    place_id = mapped_column(sa.Uuid)
    changed_at = mapped_column(Moment, nullable=False)


class Step(Model):
    """Referral: a move of a handoff."""

    __tablename__ = "steps"
    handoff_id = _id(key=True)
    version = mapped_column(sa.Integer, primary_key=True)
    action = mapped_column(sa.Text, nullable=False)
    to_status = mapped_column(sa.Text, nullable=False)
    at = mapped_column(Moment, nullable=False)


class Deadline(Model):
    """Referral: a moment by which something must have happened."""

    __tablename__ = "deadlines"
    handoff_id = _id(key=True)
    kind = mapped_column(sa.Text, primary_key=True)
    due_at = mapped_column(Moment, nullable=False)
    running = mapped_column(sa.Boolean, nullable=False)


class Ledger(Model):
    """Directory: the row that is locked while a service's places are given out."""

    __tablename__ = "ledgers"
    service_id = _id(key=True)


class Place(Model):
    """Directory: a bed."""

    __tablename__ = "places"
    id = _id(key=True)
    service_id = mapped_column(sa.Uuid, sa.ForeignKey("ledgers.service_id"), index=True)
    number = mapped_column(sa.Integer, nullable=False)


class Claim(Model):
    """Directory: who has which place."""

    __tablename__ = "claims"
    handoff_id = _id(key=True)
    referral_id = _id()
    service_id = mapped_column(sa.Uuid, sa.ForeignKey("ledgers.service_id"), index=True)
    place_id = mapped_column(sa.Uuid, sa.ForeignKey("places.id"), index=True)
    state = mapped_column(sa.Text, nullable=False)
    urgency = mapped_column(sa.Text, nullable=False)
    requested_at = mapped_column(Moment, nullable=False)
    held_at = mapped_column(Moment)
    held_until = mapped_column(Moment)
    __table_args__ = (
        sa.Index(
            "uq_claims_place",
            "place_id",
            unique=True,
            postgresql_where=sa.text("state IN ('held', 'taken')"),
        ),
    )


class Organisation(Model):
    """Notification: who there is, and where they read mail."""

    __tablename__ = "organisations"
    id = _id(key=True)
    name = mapped_column(sa.Text, nullable=False)
    mailbox = mapped_column(sa.Text)


class Notice(Model):
    """Notification: one organisation told of one event."""

    __tablename__ = "notices"
    id = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    event_id = _id()
    organisation = _id()
    counterpart = _id()
    template = mapped_column(sa.Text, nullable=False)
    urgency = mapped_column(sa.Text, nullable=False)
    about = _id()
    handoff_id = _id()
    service_id = _id()
    occurred_at = mapped_column(Moment, nullable=False)
    __table_args__ = (sa.UniqueConstraint("organisation", "event_id"),)


class Tree(Model):
    """Audit: how far the log has grown; locked to append."""

    __tablename__ = "tree"
    id = mapped_column(sa.Integer, primary_key=True)
    size = mapped_column(sa.BigInteger, nullable=False)
    edge = mapped_column(sa.LargeBinary, nullable=False)


class Leaf(Model):
    """Audit: one event."""

    __tablename__ = "leaves"
    number = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    event_id = mapped_column(sa.Uuid, unique=True, nullable=False)
    hash = mapped_column(sa.LargeBinary, nullable=False)
    body = mapped_column(sa.LargeBinary, nullable=False)
    action = mapped_column(sa.Text, nullable=False)
    occurred = mapped_column(Moment, nullable=False)
    principal = mapped_column(sa.Text, nullable=False)
    referral = mapped_column(sa.Uuid, index=True)


class Node(Model):
    """Audit: a completed subtree."""

    __tablename__ = "nodes"
    level = mapped_column(sa.SmallInteger, primary_key=True)
    number = mapped_column(sa.BigInteger, primary_key=True)
    hash = mapped_column(sa.LargeBinary, nullable=False)


class Party(Model):
    """Audit: who may read a referral's trail."""

    __tablename__ = "parties"
    referral_id = _id(key=True)
    organisation = _id(key=True)
