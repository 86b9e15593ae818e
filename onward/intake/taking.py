"""Take one message of a partner to its end: done once and answered, or refused and answered."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Final

import orjson
import structlog
from flask import Flask

from onward.broker import Incoming, Outgoing
from onward.codec import TYPE_PREFIX, UndecodableError
from onward.contracts.intake import INTAKE, PartnerEvent, taken_by
from onward.errors import FieldError, ForbiddenError, InvalidError, Refused, Retryable
from onward.identity import Actor, Role
from onward.ids import new_id
from onward.intake import answering
from onward.intake.answering import Received
from onward.intake.asking import Outcome, ask
from onward.intake.reading import Heard, data_of, document_in, id_in, read, sender_of
from onward.intake.systems import PREFIX, is_known
from onward.parking import park_unreadable
from onward.service import RunningService
from onward.web.idempotency import LONGEST_KEY
from onward.web.problems import problem_for

FAILED: Final = "intake-failed"
"""Under this code `onward parked` lists what our own application broke on."""

KEY_REUSED: Final = "idempotency-key-reused"
"""What our own application says of an id that was used before for something else."""

log = structlog.get_logger(__name__)


class AwayError(Retryable):
    """Something this needs is away: the same message may be taken later."""


class Intake:
    """What one service does with partners' events."""

    def __init__(self, running: RunningService, app: Flask) -> None:
        """Put what is asked to *app*."""
        self._running = running
        self._app = app
        self._events: Mapping[str, PartnerEvent] = {
            event.name: event for event in taken_by(running.service.name)
        }

    def take(self, message: Incoming) -> Outgoing | None:
        """Return the answer to *message*, None where nobody can be answered.

        Raises `AwayError` or `DatabaseAwayError` when it has to be taken again.
        """
        sender = sender_of(message)
        if sender is None:
            log.warning("intake-unanswerable", size=len(message.body))
            return None
        received = Received(message=message, sender=sender)
        try:
            document = document_in(message.body)
            received = replace(received, event_id=id_in(document))
            heard = read(document, sender.name)
            event = self._event(received)
            data = data_of(heard, event, self._running.settings.secret_key)
            actor = self._actor(received)
            outcome = ask(self._app, event, data, by=actor, once=_once(actor, heard))
            return self._answer(received, event, outcome)
        except Refused as refusal:
            problem = problem_for(refusal)
            origin = self._running.settings.public_url
            document = problem.document(public_url=origin, correlation_id=new_id())
            return self._refuse(received, document)

    def _event(self, received: Received) -> PartnerEvent:
        event = self._events.get(received.sender.name)
        if event is None:
            names = ", ".join(TYPE_PREFIX + known.name for known in INTAKE)
            wrong = FieldError(pointer="/type", detail=f"Send one of: {names}.")
            raise InvalidError(
                "event-unknown",
                "Nobody takes an event of this name: see /docs#partners.",
                errors=[wrong],
            )
        return event

    def _actor(self, received: Received) -> Actor:
        """Return whom the broker saw. Raises `ForbiddenError` where that proves nobody."""
        sender = received.sender
        if not sender.client_id:
            raise ForbiddenError(
                "sender-missing", "Set the property user-id to your user name on the broker."
            )
        with self._running.database.transaction() as uow:
            if not is_known(uow.connection, sender.client_id, sender.organisation):
                raise ForbiddenError(
                    "system-unknown",
                    "This system may not act for the organisation in the routing key."
                    " One that was just added is known after a moment.",
                )
        return Actor(
            principal=PREFIX + sender.client_id,
            organisation=sender.organisation,
            role=Role.PARTNER_SYSTEM,
        )

    def _answer(self, received: Received, event: PartnerEvent, outcome: Outcome) -> Outgoing:
        if outcome.accepted:
            clock, settings = self._running.clock, self._running.settings
            return answering.accepted(
                received, event, outcome, origin=settings.public_url, at=clock.now()
            )
        if outcome.status == HTTPStatus.SERVICE_UNAVAILABLE:
            raise AwayError(str(outcome.document.get("code")))
        if outcome.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            # Its sender can send it again under its id; here it stays for whoever mends the cause.
            body = received.message.body
            park_unreadable(self._running.database, body, UndecodableError(FAILED))
        if outcome.document.get("code") == KEY_REUSED:
            wrong = FieldError(pointer="/id", detail="Give each event an id of its own.")
            raise InvalidError(
                "event-id-reused",
                "Another event with this id and source was taken already.",
                errors=[wrong],
            )
        return self._refuse(received, answering.about_data(outcome.document))

    def _refuse(self, received: Received, problem: Mapping[str, object]) -> Outgoing:
        log.info("intake-refused", name=received.sender.name, code=problem.get("code"))
        return answering.refused(
            received,
            problem,
            origin=self._running.settings.public_url,
            at=self._running.clock.now(),
        )


def _once(actor: Actor, heard: Heard) -> str:
    """Return the idempotency key of an event: no two events of an organisation share it."""
    key = f"event:{actor.principal}:{heard.source}:{heard.id}"
    if ":" not in heard.id and len(key) <= LONGEST_KEY:
        return key  # a source may hold colons: what follows the last one is the id
    told_apart = orjson.dumps([actor.principal, heard.source, heard.id])
    return f"event:{hashlib.sha256(told_apart).hexdigest()}"
