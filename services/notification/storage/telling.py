"""Tell a whole batch: notices, e-mails, webhooks and partners' queues in one planned statement."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from onward.ids import new_id
from onward.planned import later, planned
from onward.rows import Statement
from services.notification.domain.messages import Told
from services.notification.domain.people import Reached, Way
from services.notification.domain.retries import DEAD_AFTER
from services.notification.storage.notices import CHANNEL

_LOCK = 0x6F6E776E
"""Held from writing to commit, so that positions become visible in their order: a stream that has seen
one position has seen all before it."""
_TAKE_TURN = sa.text("SELECT pg_advisory_xact_lock(:lock), pg_notify(:channel, '')")

# Nobody acts for an organisation that is no longer active, so nothing is told to it.
# Whoever is known to have no mailbox, or chose not to be written to, gets no e-mail. An organisation the
# directory has not told of yet does: its mailbox is looked up again when the e-mail is sent. Whose webhook
# is dead gets e-mail whatever it chose: it may rely on the webhook alone.
_TELL = Statement(
    """
    WITH told AS MATERIALIZED (
        SELECT * FROM {rows} WHERE NOT EXISTS (
            SELECT FROM organisations o WHERE o.id = rows.organisation AND NOT o.active)
    ), mail AS (
        INSERT INTO messages (channel, event_id, key, correlation_id, organisation, counterpart, template,
                              urgency, about, handoff_id, service_id, moment, occurred_at, created_at,
                              due_at)
        SELECT 'email', t.event_id, t.key, t.correlation_id, t.organisation, t.counterpart, t.template,
               t.urgency, t.about, t.handoff_id, t.service_id, t.moment, t.occurred_at, t.created_at,
               t.created_at
        FROM told t
        LEFT JOIN organisations o ON o.id = t.organisation
        LEFT JOIN services v ON v.id = t.service_id AND v.recipient = t.organisation
        LEFT JOIN subscriptions s ON s.organisation = t.organisation
        WHERE (t.outside OR t.regardless) AND t.template IS NOT NULL
          AND (s.organisation IS NULL OR t.urgency = ANY(s.mail_for) OR t.regardless
               OR EXISTS (SELECT FROM endpoints e WHERE e.organisation = t.organisation AND (
                              e.status = 'enabled' AND e.failures >= t.dead_after
                              OR e.status = 'disabled' AND e.disabled_code = 'gone')))
          AND (o.id IS NULL OR (o.active AND coalesce(s.mailbox, v.mailbox, o.mailbox) IS NOT NULL))
        ON CONFLICT DO NOTHING
    ), hooks AS (
        INSERT INTO messages (channel, event_id, key, correlation_id, organisation, endpoint_id, counterpart,
                              template, urgency, about, handoff_id, service_id, facts, occurred_at,
                              created_at, due_at)
        SELECT 'webhook', t.event_id, t.key, t.correlation_id, t.organisation, e.id, t.other, t.key,
               'routine', t.about, t.handoff_id, t.service_id, t.facts, t.occurred_at, t.created_at,
               t.created_at
        FROM told t
        JOIN endpoints e ON e.organisation = t.organisation AND e.status = 'enabled'
                        AND e.events && ARRAY[t.key, '*']
        WHERE t.outside
        ON CONFLICT DO NOTHING
    ), queues AS (
        INSERT INTO messages (channel, event_id, key, correlation_id, organisation, counterpart, template,
                              urgency, about, handoff_id, service_id, facts, occurred_at, created_at,
                              due_at)
        SELECT 'queue', t.event_id, t.key, t.correlation_id, t.organisation, t.other, t.key, 'routine',
               t.about, t.handoff_id, t.service_id, t.facts, t.occurred_at, t.created_at, t.created_at
        FROM told t
        JOIN partner_queues q ON q.organisation = t.organisation
        WHERE t.outside
        ON CONFLICT DO NOTHING
    )
    INSERT INTO notices (id, event_id, organisation, counterpart, template, urgency, roles, about, handoff_id,
                         service_id, moment, occurred_at, created_at)
    SELECT id, event_id, organisation, counterpart, template, urgency, roles, about, handoff_id,
           service_id, moment, occurred_at, created_at
    FROM told WHERE template IS NOT NULL ORDER BY number
    ON CONFLICT (organisation, event_id) DO NOTHING
    """,
    number="integer",
    id="uuid",
    event_id="uuid",
    key="text",
    correlation_id="uuid",
    organisation="uuid",
    outside="boolean",
    regardless="boolean",
    dead_after="integer",
    other="uuid",
    counterpart="uuid",
    template="text",
    urgency="text",
    roles="text[]",
    about="uuid",
    handoff_id="uuid",
    service_id="uuid",
    moment="timestamptz",
    facts="bytea",
    occurred_at="timestamptz",
    created_at="timestamptz",
)
_TELL_PEOPLE = Statement(
    """
    INSERT INTO messages (channel, event_id, key, correlation_id, organisation, principal, digest,
                          counterpart, template, urgency, about, handoff_id, service_id, moment,
                          occurred_at, created_at, due_at)
    SELECT channel, event_id, key, correlation_id, organisation, principal, digest,
           counterpart, template, urgency, about, handoff_id, service_id, moment,
           occurred_at, created_at, due_at
    FROM {rows} ON CONFLICT DO NOTHING
    """,
    channel="text",
    event_id="uuid",
    key="text",
    correlation_id="uuid",
    organisation="uuid",
    principal="text",
    digest="boolean",
    counterpart="uuid",
    template="text",
    urgency="text",
    about="uuid",
    handoff_id="uuid",
    service_id="uuid",
    moment="timestamptz",
    occurred_at="timestamptz",
    created_at="timestamptz",
    due_at="timestamptz",
)
_STAND_IN = Statement(
    """
    INSERT INTO stand_ins (event_id, organisation, principal, covers)
    SELECT event_id, organisation, principal, covers FROM {rows} ON CONFLICT DO NOTHING
    """,
    event_id="uuid",
    organisation="uuid",
    principal="text",
    covers="text",
)
_LISTENING = planned(
    sa.text(
        """
        SELECT organisation, 'queue' AS system FROM partner_queues
        WHERE organisation = ANY(CAST(:organisations AS uuid[]))
        UNION
        SELECT organisation, 'webhook' FROM endpoints
        WHERE organisation = ANY(CAST(:organisations AS uuid[])) AND status = 'enabled'
              AND events && (ARRAY['*'] || CAST(:keys AS text[]))
        UNION
        SELECT organisation, NULL FROM telling_rules
        WHERE organisation = ANY(CAST(:organisations AS uuid[]))
        UNION
        SELECT unnest(ARRAY[c.organisation, p.host]), NULL
        FROM preferences c LEFT JOIN placements p USING (principal)
        WHERE c.follow AND (c.organisation = ANY(CAST(:organisations AS uuid[]))
                            OR p.host = ANY(CAST(:organisations AS uuid[])))
        """
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Who of some organisations listens beside their inbox and mailbox."""

    systems: frozenset[str]
    """The channels on which systems of some of them may be told."""
    workers: frozenset[UUID]
    """Those some of whose workers are told themselves."""


class TellingOut:
    """Writes what is told; `services.notification.storage.notices` and the senders read it."""

    def __init__(self, connection: sa.Connection) -> None:
        """Write through *connection*."""
        self._connection = connection

    def all(self, told: Sequence[Told], now: datetime) -> None:
        """Tell each in this order, and wake the live streams on commit. What was told before stays once."""
        if any(each.telling for each in told):
            later(self._connection, _TAKE_TURN, {"lock": _LOCK, "channel": CHANNEL})
        if told:
            _TELL.later(self._connection, [_row(n, each, now) for n, each in enumerate(told)])

    def listening(self, organisations: Collection[UUID], keys: Collection[str]) -> Listening:
        """Return who of *organisations* listens to events of these *keys*."""
        asked = {"organisations": list(organisations), "keys": list(keys)}
        found = self._connection.execute(_LISTENING, asked).all()
        return Listening(
            systems=frozenset(row.system for row in found if row.system),
            workers=frozenset(row.organisation for row in found if not row.system)
            & set(organisations),
        )

    def people(self, told: Sequence[tuple[Told, Reached]], now: datetime) -> None:
        """Send each worker what is for them, once on each way, and note for whom they stand in."""
        found = [_personal(each, one, way, now) for each, one in told for way in one.ways]
        if found:
            _TELL_PEOPLE.later(self._connection, found)
        if covering := [_standing_in(each, one) for each, one in told if one.covers]:
            _STAND_IN.later(self._connection, covering)


def _personal(told: Told, one: Reached, way: Way, now: datetime) -> dict[str, Any]:
    whole = _row(0, told, now)
    kept = (
        "event_id",
        "key",
        "correlation_id",
        "organisation",
        "counterpart",
        "template",
        "urgency",
    )
    about = ("about", "handoff_id", "service_id", "moment", "occurred_at", "created_at")
    own = {
        "channel": way.channel.value,
        "principal": one.principal,
        "digest": way.digest,
        "due_at": way.due_at,
    }
    return {name: whole[name] for name in kept + about} | own


def _standing_in(told: Told, one: Reached) -> dict[str, Any]:
    return {
        "event_id": told.subject.event_id,
        "organisation": told.organisation,
        "principal": one.principal,
        "covers": one.covers,
    }


def _row(number: int, told: Told, now: datetime) -> dict[str, Any]:
    subject, telling = told.subject, told.telling
    return {
        "number": number,
        "id": new_id(),
        "event_id": subject.event_id,
        "key": subject.key,
        "correlation_id": subject.correlation_id,
        "organisation": told.organisation,
        "outside": told.outside,
        "regardless": told.regardless,
        "dead_after": DEAD_AFTER,
        "other": told.other,
        "counterpart": telling and telling.counterpart,
        "template": telling and telling.template,
        "urgency": telling and telling.urgency.value,
        "roles": (telling and telling.roles) or None,
        "about": subject.about,
        "handoff_id": subject.handoff_id,
        "service_id": subject.service_id,
        "moment": telling and telling.moment,
        "facts": subject.facts,
        "occurred_at": subject.occurred_at,
        "created_at": now,
    }
