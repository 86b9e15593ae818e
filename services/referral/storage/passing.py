"""Bring nearer what is still to come for the handoffs of a sandbox; what has been stays when it was."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from services.referral.storage.conversation_tables import appointments
from services.referral.storage.tables import deadlines, handoffs, openings, own_pages

_OF_HANDOFFS = (
    "acknowledge_by",
    "answer_by",
    "expires_at",
    "lapses_at",
    "review_due",
    "stay_ends",
)


def let_pass(connection: sa.Connection, organisations: Sequence[UUID], by: timedelta) -> None:
    """Bring every deadline, appointment and end that handoffs from *organisations* wait for nearer."""
    own = handoffs.c.sender.in_(organisations)
    ids = sa.select(handoffs.c.id).where(own)
    referrals = sa.select(handoffs.c.referral_id).where(own)
    for table, names, whose in (
        (handoffs, (*_OF_HANDOFFS, "next_due"), own),
        (deadlines, ("due_at", "next_at"), deadlines.c.handoff_id.in_(ids)),
        (appointments, ("starts_at",), appointments.c.handoff_id.in_(ids)),
        (openings, ("ends_at",), openings.c.referral_id.in_(referrals)),
        (own_pages, ("ends_at",), own_pages.c.referral_id.in_(referrals)),
    ):
        nearer = {name: table.c[name] - by for name in names}
        connection.execute(sa.update(table).where(whose).values(nearer))
