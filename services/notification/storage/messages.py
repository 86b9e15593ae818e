"""Messages: claimed by moving their due time on, settled after each attempt."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.notification.domain.messages import Channel, Letter, Message, Subject
from services.notification.domain.retries import Outcome, Status, Verdict
from services.notification.domain.rules import Urgency
from services.notification.storage import tables

_t = tables.messages
_FIELDS = [field.name for field in fields(Message)]
_RETURNED = ", ".join(f"m.{name}" for name in _FIELDS)
_CLAIMED = ", ".join(f"claimed.{name}" for name in _FIELDS)

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
    other.name AS counterpart, coalesce(p.language, s.language, 'en') AS language
"""

# Events of one transaction occurred at one time: their identifiers tell which was first.
_CLAIM_MAIL = sa.text(
    f"""
    WITH due AS (
        SELECT id FROM messages
        WHERE channel = 'email' AND status = 'waiting' AND due_at <= :now AND digest = :digest
        ORDER BY urgency = 'routine', due_at, principal, event_id LIMIT :limit FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE messages m SET due_at = :until FROM due WHERE m.id = due.id
        RETURNING {_RETURNED}, m.counterpart AS other, m.service_id
    )
    SELECT {_CLAIMED}, {_NAMED},
           CASE WHEN claimed.principal IS NOT NULL THEN CASE WHEN w.open THEN p.email END
                WHEN o.active THEN coalesce(
               s.mailbox, CASE WHEN v.recipient = o.id THEN v.mailbox END, o.mailbox) END AS mailbox
    FROM claimed {_ADDRESSED}
    ORDER BY claimed.urgency = 'routine', claimed.occurred_at, claimed.event_id
    """  # noqa: S608 - the parts are column names of ours
)
_CLAIM_TEXTS = sa.text(
    f"""
    WITH due AS (
        SELECT id FROM messages
        WHERE channel = 'sms' AND status = 'waiting' AND due_at <= :now
        ORDER BY urgency = 'routine', due_at, event_id LIMIT :limit FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE messages m SET due_at = :until FROM due WHERE m.id = due.id
        RETURNING {_RETURNED}, m.counterpart AS other, m.service_id
    )
    SELECT {_CLAIMED}, {_NAMED}, CASE WHEN w.open THEN p.phone END AS mailbox
    FROM claimed {_ADDRESSED}
    ORDER BY claimed.urgency = 'routine', claimed.occurred_at, claimed.event_id
    """  # noqa: S608 - the parts are column names of ours
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
_CLAIM_WEBHOOKS = sa.text(
    f"""
    WITH due AS (
        SELECT id FROM messages
        WHERE endpoint_id = :endpoint AND channel = 'webhook' AND status = 'waiting' AND due_at <= :now
        ORDER BY due_at, event_id LIMIT :limit FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE messages m SET due_at = :until FROM due WHERE m.id = due.id RETURNING {_RETURNED}
    )
    SELECT {_CLAIMED} FROM claimed ORDER BY occurred_at, event_id
    """  # noqa: S608 - the parts are column names of ours
)
_CLAIM_QUEUED = sa.text(
    f"""
    WITH due AS (
        SELECT id FROM messages
        WHERE channel = 'queue' AND status = 'waiting' AND due_at <= :now
        ORDER BY due_at, event_id LIMIT :limit FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE messages m SET due_at = :until FROM due WHERE m.id = due.id RETURNING {_RETURNED}
    )
    SELECT {_CLAIMED} FROM claimed ORDER BY occurred_at, event_id
    """  # noqa: S608 - the parts are column names of ours
)
_SKIP_QUEUED = sa.text(
    """
    UPDATE messages SET status = 'skipped', due_at = NULL, code = 'queue-closed', settled_at = :now
    WHERE channel = 'queue' AND status = 'waiting' AND organisation = ANY(CAST(:organisations AS uuid[]))
    """
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

    def claim_webhooks(
        self, endpoint_id: UUID, *, now: datetime, until: datetime, limit: int
    ) -> list[Message]:
        """Take up to *limit* due messages to one endpoint; until *until* nobody else takes them."""
        asked = {"endpoint": endpoint_id, "now": now, "until": until, "limit": limit}
        return [
            _message(row) for row in self._connection.execute(_CLAIM_WEBHOOKS, asked).mappings()
        ]

    def waiting_among(self, endpoint_id: UUID, ids: Sequence[UUID]) -> list[Message]:
        """Return those of *ids* that wait for the endpoint."""
        wanted = sa.select(*(_t.c[name] for name in _FIELDS)).where(
            _t.c.endpoint_id == endpoint_id,
            _t.c.id.in_(ids),
            _t.c.status == Status.WAITING.value,
        )
        return [_message(row) for row in self._connection.execute(wanted).mappings()]

    def claim_queued(self, *, now: datetime, until: datetime, limit: int) -> list[Message]:
        """Take up to *limit* due messages to partners' queues; until *until* nobody else takes them."""
        asked = {"now": now, "until": until, "limit": limit}
        return [_message(row) for row in self._connection.execute(_CLAIM_QUEUED, asked).mappings()]

    def skip_queued(self, organisations: Sequence[UUID], now: datetime) -> None:
        """Send nothing more to the queues of these organisations: they are gone."""
        ids = [str(id_) for id_ in organisations]
        self._connection.execute(_SKIP_QUEUED, {"organisations": ids, "now": now})

    def release(self, ids: Sequence[UUID], now: datetime) -> None:
        """Give claimed messages back unsent."""
        waiting = sa.update(_t).where(_t.c.id.in_(ids), _t.c.status == Status.WAITING.value)
        self._connection.execute(waiting.values(due_at=now))

    def settle(self, message: Message, verdict: Verdict, outcome: Outcome, now: datetime) -> bool:
        """Record an attempt and what follows from it; tell whether nobody else had done so meanwhile."""
        change = (
            sa.update(_t)
            .where(
                _t.c.id == message.id,
                _t.c.status == Status.WAITING.value,
                _t.c.attempts == message.attempts,
            )
            .values(
                status=verdict.status.value,
                due_at=verdict.due_at,
                attempts=message.attempts + 1,
                code=outcome.code,
                settled_at=None if verdict.due_at else now,
            )
            .returning(_t.c.id)
        )
        if self._connection.execute(change).first() is None:
            return False
        self._connection.execute(
            sa.insert(tables.attempts).values(
                message_id=message.id,
                at=now,
                milliseconds=outcome.milliseconds,
                status_code=outcome.status_code,
                code=outcome.code,
            )
        )
        return True

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
        columns = [_t.c[name] for name in _FIELDS]
        change = (
            sa.update(_t)
            .where(_t.c.endpoint_id == endpoint_id, _t.c.status == Status.WAITING.value)
            .values(status=Status.GIVEN_UP.value, due_at=None, code=code, settled_at=now)
            .returning(*columns)
        )
        return [_message(row) for row in self._connection.execute(change).mappings()]


def _letter(row: Any) -> Letter:
    names = ("mailbox", "known", "service", "counterpart", "language")
    return Letter(message=_message(row), **{name: row[name] for name in names})


def _message(row: Any) -> Message:
    values = {name: row[name] for name in _FIELDS}
    return Message(
        **{
            **values,
            "channel": Channel(row["channel"]),
            "urgency": Urgency(row["urgency"]),
            "facts": bytes(row["facts"]) if row["facts"] is not None else None,
        }
    )
