"""Messages: queued in batches, claimed by moving their due time on, settled after each attempt."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.notification.domain.messages import Channel, Letter, Message, Subject, Told
from services.notification.domain.retries import Outcome, Status, Verdict
from services.notification.domain.rules import Urgency
from services.notification.storage import tables
from services.notification.storage.notices import text

_t = tables.messages
_FIELDS = [field.name for field in fields(Message)]
_RETURNED = ", ".join(f"m.{name}" for name in _FIELDS)
_CLAIMED = ", ".join(f"claimed.{name}" for name in _FIELDS)

# Whoever is known to have no mailbox, or chose not to be written to, gets no message. An organisation the
# directory has not told of yet does: its mailbox is looked up again when the message is sent.
_MAIL = sa.text(
    """
    INSERT INTO messages (channel, event_id, key, correlation_id, organisation, counterpart, template,
                          urgency, about, handoff_id, service_id, moment, occurred_at, created_at, due_at)
    SELECT 'email', told.event_id, told.key, told.correlation_id, told.organisation, told.counterpart,
           told.template, told.urgency, told.about, told.handoff_id, told.service_id, told.moment,
           told.occurred_at, :now, :now
    FROM unnest(
        CAST(:event_id AS uuid[]), CAST(:key AS text[]), CAST(:correlation_id AS uuid[]),
        CAST(:organisation AS uuid[]), CAST(:counterpart AS uuid[]), CAST(:template AS text[]),
        CAST(:urgency AS text[]), CAST(:about AS uuid[]), CAST(:handoff_id AS uuid[]),
        CAST(:service_id AS uuid[]), CAST(:moment AS timestamptz[]), CAST(:occurred_at AS timestamptz[])
    ) AS told (event_id, key, correlation_id, organisation, counterpart, template, urgency, about,
               handoff_id, service_id, moment, occurred_at)
    LEFT JOIN organisations o ON o.id = told.organisation
    LEFT JOIN services v ON v.id = told.service_id AND v.recipient = told.organisation
    LEFT JOIN subscriptions s ON s.organisation = told.organisation
    WHERE (s.organisation IS NULL OR told.urgency = ANY(s.mail_for))
      AND (o.id IS NULL OR (o.active AND coalesce(s.mailbox, v.mailbox, o.mailbox) IS NOT NULL))
    ON CONFLICT DO NOTHING
    """
)
_WEBHOOKS = sa.text(
    """
    INSERT INTO messages (channel, event_id, key, correlation_id, organisation, endpoint_id, template,
                          urgency, about, handoff_id, service_id, facts, occurred_at, created_at, due_at)
    SELECT 'webhook', told.event_id, told.key, told.correlation_id, told.organisation, e.id, told.key,
           'routine', told.about, told.handoff_id, told.service_id, told.facts, told.occurred_at,
           :now, :now
    FROM unnest(
        CAST(:event_id AS uuid[]), CAST(:key AS text[]), CAST(:correlation_id AS uuid[]),
        CAST(:organisation AS uuid[]), CAST(:about AS uuid[]), CAST(:handoff_id AS uuid[]),
        CAST(:service_id AS uuid[]), CAST(:facts AS bytea[]), CAST(:occurred_at AS timestamptz[])
    ) AS told (event_id, key, correlation_id, organisation, about, handoff_id, service_id, facts,
               occurred_at)
    JOIN endpoints e ON e.organisation = told.organisation AND e.status = 'enabled'
                    AND e.events && ARRAY[told.key, '*']
    ON CONFLICT DO NOTHING
    """
)
_CLAIM_MAIL = sa.text(
    f"""
    WITH due AS (
        SELECT id FROM messages
        WHERE channel = 'email' AND status = 'waiting' AND due_at <= :now
        ORDER BY urgency = 'routine', due_at LIMIT :limit FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE messages m SET due_at = :until FROM due WHERE m.id = due.id
        RETURNING {_RETURNED}, m.counterpart AS other, m.service_id
    )
    SELECT {_CLAIMED}, o.id IS NOT NULL AS known, v.name AS service, other.name AS counterpart,
           CASE WHEN o.active THEN coalesce(
               s.mailbox, CASE WHEN v.recipient = o.id THEN v.mailbox END, o.mailbox) END AS mailbox
    FROM claimed
    LEFT JOIN organisations o ON o.id = claimed.organisation
    LEFT JOIN organisations other ON other.id = claimed.other
    LEFT JOIN services v ON v.id = claimed.service_id
    LEFT JOIN subscriptions s ON s.organisation = claimed.organisation
    ORDER BY claimed.urgency = 'routine', claimed.occurred_at
    """  # noqa: S608 - the parts are column names of ours
)
_CLAIM_WEBHOOKS = sa.text(
    f"""
    WITH due AS (
        SELECT id FROM messages
        WHERE endpoint_id = :endpoint AND channel = 'webhook' AND status = 'waiting' AND due_at <= :now
        ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE messages m SET due_at = :until FROM due WHERE m.id = due.id RETURNING {_RETURNED}
    )
    SELECT {_CLAIMED} FROM claimed ORDER BY occurred_at, id
    """  # noqa: S608 - the parts are column names of ours
)


class Messages:
    """What is sent outside."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def queue_mail(self, told: Sequence[Told], now: datetime) -> None:
        """Queue an e-mail for each organisation in *told* that has a mailbox and wants it."""
        if not told:
            return
        columns = _subjects([each.subject for each in told]) | {
            "organisation": [str(each.telling.organisation) for each in told],
            "counterpart": [text(each.telling.counterpart) for each in told],
            "template": [each.telling.template for each in told],
            "urgency": [each.telling.urgency.value for each in told],
            "moment": [each.telling.moment for each in told],
        }
        self._connection.execute(_MAIL, {**columns, "now": now})

    def queue_webhooks(self, told: Sequence[tuple[UUID, Subject]], now: datetime) -> None:
        """Queue a webhook for each endpoint of each organisation that subscribed to the event."""
        if not told:
            return
        columns = _subjects([subject for _, subject in told]) | {
            "organisation": [str(organisation) for organisation, _ in told],
            "facts": [subject.facts for _, subject in told],
        }
        self._connection.execute(_WEBHOOKS, {**columns, "now": now})

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

    def claim_mail(self, *, now: datetime, until: datetime, limit: int) -> list[Letter]:
        """Take up to *limit* due e-mails, the urgent first; until *until* nobody else takes them."""
        rows = self._connection.execute(
            _CLAIM_MAIL, {"now": now, "until": until, "limit": limit}
        ).mappings()
        return [
            Letter(
                message=_message(row),
                mailbox=row["mailbox"],
                known=row["known"],
                service=row["service"],
                counterpart=row["counterpart"],
            )
            for row in rows
        ]

    def claim_webhooks(
        self, endpoint_id: UUID, *, now: datetime, until: datetime, limit: int
    ) -> list[Message]:
        """Take up to *limit* due messages to one endpoint; until *until* nobody else takes them."""
        asked = {"endpoint": endpoint_id, "now": now, "until": until, "limit": limit}
        return [
            _message(row) for row in self._connection.execute(_CLAIM_WEBHOOKS, asked).mappings()
        ]

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


def _subjects(subjects: Sequence[Subject]) -> dict[str, list[Any]]:
    return {
        "event_id": [str(subject.event_id) for subject in subjects],
        "key": [subject.key for subject in subjects],
        "correlation_id": [str(subject.correlation_id) for subject in subjects],
        "about": [str(subject.about) for subject in subjects],
        "handoff_id": [text(subject.handoff_id) for subject in subjects],
        "service_id": [text(subject.service_id) for subject in subjects],
        "occurred_at": [subject.occurred_at for subject in subjects],
    }


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
