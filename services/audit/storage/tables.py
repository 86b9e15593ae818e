"""The audit service's tables. `leaves`, `nodes` and `checkpoints` only ever grow: see the migration."""

from typing import Final

import sqlalchemy as sa

from onward.tables import NAMING, Moment

metadata = sa.MetaData(naming_convention=NAMING)

WITHOUT_PURPOSE: Final = sa.text(
    r"""action = 'access.read.v1' AND (position('\x22707572706f7365223a'::bytea in body) = 0
    OR position('\x22707572706f7365223a2222'::bytea in body) > 0
    OR position('\x22707572706f7365223a22756e6b6e6f776e22'::bytea in body) > 0
    OR position('\x22707572706f7365223a22756e73706563696669656422'::bytea in body) > 0)"""
)
"""Reads that state no purpose, or an empty, ``unknown`` or ``unspecified`` one. Bytes are sought, for
only of those is an index: in a value the quotation marks would stand behind a backslash."""

leaves = sa.Table(
    "leaves",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("event_id", sa.Uuid, nullable=False, unique=True),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("occurred", Moment, nullable=False),
    sa.Column("principal", sa.Text, nullable=False),
    sa.Column("organisation", sa.Uuid),
    sa.Column("referral", sa.Uuid),
    sa.Index(None, "referral", "number"),
    sa.Index(None, "organisation", "number"),
    sa.Index(None, "principal", "number"),
    sa.Index(None, "action", "number"),
    sa.Index(None, "occurred"),
    sa.Index("ix_leaves_without_purpose", "number", postgresql_where=WITHOUT_PURPOSE),
    comment="The log: one leaf per event, numbered from 0. What counts is body; the rest finds it.",
)

nodes = sa.Table(
    "nodes",
    metadata,
    sa.Column("level", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    comment="Roots of the complete perfect subtrees of two leaves (level 1) and more.",
)

tree = sa.Table(
    "tree",
    metadata,
    sa.Column("single", sa.Boolean, primary_key=True, server_default=sa.true()),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("edge", sa.LargeBinary, nullable=False),
    sa.CheckConstraint("single", name="single"),
    comment="How far the log has grown; its one row is locked to append. All of it follows from leaves.",
)

checkpoints = sa.Table(
    "checkpoints",
    metadata,
    sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("root", sa.LargeBinary, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("signed_at", Moment, nullable=False),
    comment="What was signed, and so can never be taken back.",
)

self_check = sa.Table(
    "self_check",
    metadata,
    sa.Column("single", sa.Boolean, primary_key=True, server_default=sa.true()),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("edge", sa.LargeBinary, nullable=False),
    sa.Column("finished_at", Moment),
    sa.Column("finished_size", sa.BigInteger),
    sa.Column("finding", sa.Text),
    sa.Column("finding_leaf", sa.BigInteger),
    sa.Column("found_at", Moment),
    sa.CheckConstraint("single", name="single"),
    comment="How far the log's present check of itself has come, and what the last one found.",
)

names = sa.Table(
    "names",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    comment="Public names of organisations and services, as the directory last told them.",
)

parties = sa.Table(
    "parties",
    metadata,
    sa.Column("referral", sa.Uuid, primary_key=True),
    sa.Column("organisation", sa.Uuid, primary_key=True),
    comment="Who handed a referral over or was asked to take it: they may read its trail.",
)

witnesses = sa.Table(
    "witnesses",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("organisation", sa.Uuid),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("added_at", Moment, nullable=False),
    sa.Column("removed_at", Moment),
    comment="Who watches the log from outside, by the key they countersign with.",
)

cosignatures = sa.Table(
    "cosignatures",
    metadata,
    sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("witness", sa.Uuid, sa.ForeignKey(witnesses.c.id), primary_key=True),
    sa.Column("line", sa.Text, nullable=False),
    sa.Column("witnessed_at", Moment, nullable=False),
    sa.Column("received_at", Moment, nullable=False),
    sa.Index(None, "witness", "size"),
    comment="Checkpoints that witnesses countersigned: who has seen what.",
)

stated = sa.Table(
    "stated",
    metadata,
    sa.Column("handoff", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("referral", sa.Uuid, nullable=False),
    sa.Column("stated_at", Moment, nullable=False),
    sa.Column("leaf", sa.BigInteger),
    sa.Column("told_at", Moment),
    sa.Index("ix_stated_without_leaf", "stated_at", postgresql_where=sa.text("leaf IS NULL")),
    comment="What a service stated of its own records, and the leaf that the log has of it.",
)

books = sa.Table(
    "books",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("total", sa.BigInteger, nullable=False),
    sa.Column("sent", sa.BigInteger, nullable=False),
    sa.Column("stated_at", Moment, nullable=False),
    comment="How many handoffs a service said it holds, and how many it named so far.",
)

persons = sa.Table(
    "persons",
    metadata,
    sa.Column("person", sa.Uuid, primary_key=True),
    sa.Column("referral", sa.Uuid, primary_key=True),
    comment="Which referrals are about which person; only the referral service knows who that is.",
)

exports = sa.Table(
    "exports",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("referral", sa.Uuid, nullable=False),
    sa.Column("organisation", sa.Uuid),
    sa.Column("requested_by", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("leaves", sa.Integer, nullable=False),
    sa.Column("sha256", sa.LargeBinary, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("witnessed", sa.Text),
    sa.Column("document", sa.LargeBinary),
    sa.Index(None, "made_at", "id"),
    sa.Index(None, "organisation", "made_at", "id"),
    comment="Which bundles were made for whom. A bundle itself is made again from the log.",
)

cases = sa.Table(
    "cases",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("organisation", sa.Uuid),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("looked_at", Moment, nullable=False),
    sa.Column("sealed_title", sa.LargeBinary, nullable=False),
    sa.Column("has_search", sa.Boolean, nullable=False),
    sa.Column("search_referral", sa.Uuid),
    sa.Column("search_organisation", sa.Uuid),
    sa.Column("search_principal", sa.Text),
    sa.Column("search_action", sa.Text),
    sa.Column("search_since", Moment),
    sa.Column("search_until", Moment),
    sa.Index(None, "organisation", "made_at"),
    comment="What auditors look into, and the size of the log that they saw it under.",
)

case_referrals = sa.Table(
    "case_referrals",
    metadata,
    sa.Column("case_id", sa.ForeignKey(cases.c.id), primary_key=True),
    sa.Column("referral", sa.Uuid, primary_key=True),
    sa.Column("added_at", Moment, nullable=False),
    comment="Referrals in case files.",
)

case_notes = sa.Table(
    "case_notes",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("case_id", sa.ForeignKey(cases.c.id), nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("sealed_text", sa.LargeBinary, nullable=False),
    sa.Index(None, "case_id", "at"),
    comment="What auditors wrote into case files, sealed.",
)
