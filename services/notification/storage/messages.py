"""Messages: claimed by moving their due time on, settled after each attempt."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from onward.identity import Role
from onward.planned import planned
from onward.rows import Statement
from services.notification.domain.messages import Channel, Letter, Message, Settled, Subject
from services.notification.domain.retries import DEAD_AFTER, Status
from services.notification.domain.rules import Urgency
from services.notification.storage import tables

_t = tables.messages
FIELDS = [field.name for field in fields(Message)]
_RETURNED = ", ".join(f"m.{name}" for name in FIELDS)
CLAIMED = ", ".join(f"claimed.{name}" for name in FIELDS)
"""What a statement returns of what it has claimed."""

_ADDRESSED = """
    LEFT JOIN organisations o ON o.id = claimed.organisation
    LEFT JOIN organisations other ON other.id = claimed.other
    LEFT JOIN services v ON v.id = claimed.service_id
    LEFT JOIN subscriptions s ON s.organisation = claimed.organisation
    LEFT JOIN preferences p ON p.principal = claimed.principal
    LEFT JOIN workers w ON w.principal = claimed.principal
"""
_NAMED = """
    o.id IS NOT NULL OR claimed.principal IS NOT NULL AS known, v.name AS service,
    other.name AS counterpart, coalesce(p.language, s.language, 'en') AS language, w.role,
    EXISTS (SELECT FROM stand_ins c
            WHERE c.event_id = claimed.event_id AND c.organisation = claimed.organisation
              AND c.principal = claimed.principal) AS covering
"""

# Events of one transaction occurred at one time: their identifiers tell which was first.
_CLAIM_MAIL = planned(
    sa.text(
        f"""
    WITH due AS (
        SELECT id FROM messages
        WHERE channel = 'email' AND status = 'waiting' AND due_at <= :now AND digest = :digest
        ORDER BY urgency = 'routine', due_at, principal, event_id LIMIT :limit FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE messages m SET due_at = :until FROM due WHERE m.id = due.id
        RETURNING {_RETURNED}, m.counterpart AS other, m.service_id
    )
    SELECT {CLAIMED}, {_NAMED},
           CASE WHEN claimed.principal IS NOT NULL THEN CASE WHEN w.open THEN p.email END
                WHEN o.active THEN coalesce(
               s.mailbox, CASE WHEN v.recipient = o.id THEN v.mailbox END, o.mailbox) END AS mailbox
    FROM claimed {_ADDRESSED}
    ORDER BY claimed.urgency = 'routine', claimed.occurred_at, claimed.event_id
    """  # noqa: S608 - the parts are column names of ours
    )
)
_CLAIM_TEXTS = planned(
    sa.text(
        f"""
    WITH due AS (
        SELECT id FROM messages
        WHERE channel = 'sms' AND status = 'waiting' AND due_at <= :now
        ORDER BY urgency = 'routine', due_at, event_id LIMIT :limit FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE messages m SET due_at = :until FROM due WHERE m.id = due.id
        RETURNING {_RETURNED}, m.counterpart AS other, m.service_id
    )
    SELECT {CLAIMED}, {_NAMED}, CASE WHEN w.open THEN p.phone END AS mailbox
    FROM claimed {_ADDRESSED}
    ORDER BY claimed.urgency = 'routine', claimed.occurred_at, claimed.event_id
    """  # noqa: S608 - the parts are column names of ours
    )
)
_MAIL_INSTEAD = sa.text(
    """
    INSERT INTO messages (channel, event_id, key, correlation_id, organisation, principal, counterpart,
                          template, urgency, about, handoff_id, service_id, moment, occurred_at,
                          created_at, due_at)
    SELECT 'email', m.event_id, m.key, m.correlation_id, m.organisation, m.principal, m.counterpart,
           m.template, m.urgency, m.about, m.handoff_id, m.service_id, m.moment, m.occurred_at, :now, :now
    FROM messages m JOIN preferences p ON p.principal = m.principal AND p.email IS NOT NULL
    WHERE m.id = :id
    ON CONFLICT DO NOTHING
    """
)
# As is told to a mailbox, see `services.notification.storage.telling`: in the words of the notice, and once.
_MAIL_MISSED = sa.text(
    """
    INSERT INTO messages (channel, event_id, key, correlation_id, organisation, counterpart, template,
                          urgency, about, handoff_id, service_id, moment, occurred_at, created_at, due_at)
    SELECT 'email', n.event_id, m.key, m.correlation_id, n.organisation, n.counterpart, n.template,
           n.urgency, n.about, n.handoff_id, n.service_id, n.moment, n.occurred_at, :now, :now
    FROM messages m
    LEFT JOIN endpoints e ON e.id = m.endpoint_id
    JOIN notices n ON n.event_id = m.event_id AND n.organisation = m.organisation
    LEFT JOIN organisations o ON o.id = n.organisation
    LEFT JOIN services v ON v.id = n.service_id AND v.recipient = n.organisation
    LEFT JOIN subscriptions s ON s.organisation = n.organisation
    WHERE m.id = ANY(CAST(:ids AS uuid[]))
      AND (m.attempts >= :dead_after
           OR e.status = 'enabled' AND e.failures >= :dead_after
           OR e.status = 'disabled' AND e.disabled_code = 'gone')
      AND (e.url IS NULL OR e.url NOT LIKE 'pull:%')
      AND (o.id IS NULL OR (o.active AND coalesce(s.mailbox, v.mailbox, o.mailbox) IS NOT NULL))
    ON CONFLICT DO NOTHING
    """
)
_CLAIM_QUEUED = planned(
    sa.text(
        f"""
    WITH due AS (
        SELECT id FROM messages
        WHERE channel = 'queue' AND status = 'waiting' AND due_at <= :now
        ORDER BY due_at, event_id LIMIT :limit FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE messages m SET due_at = :until FROM due WHERE m.id = due.id RETURNING {_RETURNED}
    )
    SELECT {CLAIMED} FROM claimed ORDER BY occurred_at, event_id
    """  # noqa: S608 - the parts are column names of ours
    )
)
_SKIP_QUEUED = sa.text(
    """
    UPDATE messages SET status = 'skipped', due_at = NULL, code = 'queue-closed', settled_at = :now
    WHERE channel = 'queue' AND status = 'waiting' AND organisation = ANY(CAST(:organisations AS uuid[]))
    """
)


_SETTLE = Statement(
    """
    WITH ended AS MATERIALIZED (
        SELECT * FROM {rows}
    ), settled AS (
        UPDATE messages m
        SET status = ended.status, due_at = ended.due_at, attempts = m.attempts + 1, code = ended.code,
            settled_at = CASE WHEN ended.due_at IS NULL THEN ended.at END
        FROM ended
        WHERE m.id = ended.id AND m.status = 'waiting' AND m.attempts = ended.attempts
        RETURNING m.id
    ), tried AS (
        INSERT INTO attempts (message_id, at, milliseconds, status_code, code)
        SELECT id, at, milliseconds, status_code, code FROM ended JOIN settled USING (id)
    )
    SELECT id FROM settled
    """,
    id="uuid",
    status="text",
    due_at="timestamptz",
    attempts="integer",
    code="text",
    at="timestamptz",
    milliseconds="integer",
    status_code="smallint",
)


class Messages:
    """What is sent outside."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def queue_test(self, endpoint_id: UUID, *, organisation: UUID, subject: Subject) -> UUID:
        """Queue a test event for one endpoint, whatever it subscribed to; return the message's id."""
        values = {
            "channel": Channel.WEBHOOK.value,
            "organisation": organisation,
            "endpoint_id": endpoint_id,
            "template": subject.key,
            "urgency": Urgency.ROUTINE.value,
            "created_at": subject.occurred_at,
            "due_at": subject.occurred_at,
        }
        values |= {field.name: getattr(subject, field.name) for field in fields(Subject)}
        insert = sa.insert(_t).values(values).returning(_t.c.id)
        made: UUID = self._connection.execute(insert).scalar_one()
        return made

    def claim_mail(
        self, *, now: datetime, until: datetime, limit: int, digest: bool = False
    ) -> list[Letter]:
        """Take up to *limit* due e-mails, the urgent first; until *until* nobody else takes them.

        With *digest* those that are gathered into one, without it all others.
        """
        asked = {"now": now, "until": until, "limit": limit, "digest": digest}
        return [_letter(row) for row in self._connection.execute(_CLAIM_MAIL, asked).mappings()]

    def claim_texts(self, *, now: datetime, until: datetime, limit: int) -> list[Letter]:
        """Take up to *limit* due text messages; until *until* nobody else takes them."""
        asked = {"now": now, "until": until, "limit": limit}
        return [_letter(row) for row in self._connection.execute(_CLAIM_TEXTS, asked).mappings()]

    def mail_instead(self, message: Message, now: datetime) -> None:
        """Send a text message that could not be delivered by e-mail, where its worker gave an address."""
        self._connection.execute(_MAIL_INSTEAD, {"id": message.id, "now": now})

    def mail_missed(self, ids: Sequence[UUID], now: datetime) -> None:
        """Send those of *ids* that failed too often, or whose webhook is dead, to the mailbox, too."""
        asked = {"ids": [str(id_) for id_ in ids], "now": now, "dead_after": DEAD_AFTER}
        self._connection.execute(_MAIL_MISSED, asked)

    def waiting_among(self, endpoint_id: UUID, ids: Sequence[UUID]) -> list[Message]:
        """Return those of *ids* that wait for the endpoint."""
        wanted = sa.select(*(_t.c[name] for name in FIELDS)).where(
            _t.c.endpoint_id == endpoint_id,
            _t.c.id.in_(ids),
            _t.c.status == Status.WAITING.value,
        )
        found = self._connection.execute(wanted.order_by(_t.c.occurred_at, _t.c.event_id))
        return [message_of(row) for row in found.mappings()]

    def waiting_for(self, endpoint_id: UUID) -> list[UUID]:
        """Return the messages that wait for the endpoint."""
        waits = _t.c.status == Status.WAITING.value
        wanted = sa.select(_t.c.id).where(_t.c.endpoint_id == endpoint_id, waits)
        return list(self._connection.scalars(wanted))

    def claim_queued(self, *, now: datetime, until: datetime, limit: int) -> list[Message]:
        """Take up to *limit* due messages to partners' queues; until *until* nobody else takes them."""
        asked = {"now": now, "until": until, "limit": limit}
        return [
            message_of(row) for row in self._connection.execute(_CLAIM_QUEUED, asked).mappings()
        ]

    def skip_queued(self, organisations: Sequence[UUID], now: datetime) -> None:
        """Send nothing more to the queues of these organisations: they are gone."""
        ids = [str(id_) for id_ in organisations]
        self._connection.execute(_SKIP_QUEUED, {"organisations": ids, "now": now})

    def release(self, ids: Sequence[UUID], now: datetime) -> None:
        """Give claimed messages back unsent; those that were never tried keep their place in the order."""
        if ids:
            waiting = sa.update(_t).where(_t.c.id.in_(ids), _t.c.status == Status.WAITING.value)
            place = sa.case((_t.c.attempts == 0, sa.func.least(_t.c.created_at, now)), else_=now)
            self._connection.execute(waiting.values(due_at=place))

    def settle(self, attempts: Sequence[Settled], now: datetime) -> list[Settled]:
        """Record *attempts*, of a message each, and what follows; return those nobody else had settled."""
        if not attempts:
            return []
        settled = {
            id_ for (id_,) in _SETTLE(self._connection, [_ended(one, now) for one in attempts])
        }
        return [one for one in attempts if one.message.id in settled]

    def skip_gathered(self, principal: str, now: datetime) -> None:
        """Send nothing of what waits for a worker's digest: they do not want it any more."""
        gathered = sa.update(_t).where(
            _t.c.principal == principal, _t.c.digest, _t.c.status == Status.WAITING.value
        )
        self._connection.execute(
            gathered.values(
                status=Status.SKIPPED.value, due_at=None, code="unsubscribed", settled_at=now
            )
        )

    def skip(self, ids: Sequence[UUID], *, code: str, now: datetime) -> None:
        """Send these to nobody, because of *code*."""
        waiting = sa.update(_t).where(_t.c.id.in_(ids), _t.c.status == Status.WAITING.value)
        self._connection.execute(
            waiting.values(status=Status.SKIPPED.value, due_at=None, code=code, settled_at=now)
        )

    def give_up_all(self, endpoint_id: UUID, *, code: str, now: datetime) -> list[Message]:
        """Give up whatever waits for the endpoint, because of *code*; return it."""
        columns = [_t.c[name] for name in FIELDS]
        change = (
            sa.update(_t)
            .where(_t.c.endpoint_id == endpoint_id, _t.c.status == Status.WAITING.value)
            .values(status=Status.GIVEN_UP.value, due_at=None, code=code, settled_at=now)
            .returning(*columns)
        )
        return [message_of(row) for row in self._connection.execute(change).mappings()]


def _ended(one: Settled, now: datetime) -> dict[str, Any]:
    return {
        "id": one.message.id,
        "status": one.verdict.status.value,
        "due_at": one.verdict.due_at,
        "attempts": one.message.attempts,
        "code": one.outcome.code,
        "at": now,
        "milliseconds": one.outcome.milliseconds,
        "status_code": one.outcome.status_code,
    }


def _letter(row: Any) -> Letter:
    names = ("mailbox", "known", "service", "counterpart", "language", "covering")
    role = Role(row["role"]) if row["role"] else None
    return Letter(message=message_of(row), role=role, **{name: row[name] for name in names})


def message_of(row: Any) -> Message:
    """Return what *row*, a mapping of `FIELDS`, says."""
    values = {name: row[name] for name in FIELDS}
    return Message(
        **{
            **values,
            "channel": Channel(row["channel"]),
            "urgency": Urgency(row["urgency"]),
            "facts": bytes(row["facts"]) if row["facts"] is not None else None,
        }
    )
