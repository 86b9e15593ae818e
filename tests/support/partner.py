"""A partner's system at the broker: a client that none of us wrote, with a user of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from secrets import token_hex
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit
from uuid import UUID, uuid4

import orjson
import pika
from flask import Flask

from onward.broker_users import BrokerUsers
from onward.intake.listening import Listener
from onward.intake.taking import Intake
from onward.service import RunningService
from onward.topology import partner_queue
from tests.support import queues
from tests.support.backends import Backend
from tests.support.waiting import eventually


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """One system that was let in."""

    uri: str
    client_id: str
    organisation: UUID

    def sends(self, name: str, data: object = None, **attributes: Any) -> str:
        """Send an event; return its id."""
        id_: str = attributes.pop("id", str(uuid4()))
        event = {
            "specversion": "1.0",
            "id": id_,
            "source": "ward-records",
            "type": f"uk.onward.{name}",
            "data": data,
            **attributes,
        }
        self.sends_bytes(name, orjson.dumps(event))
        return id_

    def sends_bytes(self, name: str, body: bytes, **properties: Any) -> None:
        """Send whatever a partner might; the broker says whether it took it."""
        user = properties.pop("user_id", self.client_id)
        organisation = properties.pop("organisation", self.organisation)
        with queues.channel(self.uri) as channel:
            channel.confirm_delivery()
            channel.basic_publish(
                "onward.intake",
                f"{organisation}.{name}",
                body,
                pika.BasicProperties(user_id=user, content_type="application/cloudevents+json"),
                mandatory=True,
            )

    def hears(self, number: int = 1, *, within: float = 20) -> list[dict[str, Any]]:
        """Return the next events on its queue, once there are as many."""
        found: list[dict[str, Any]] = []

        def look() -> bool:
            with queues.channel(self.uri) as channel:
                while len(found) < number:
                    method, _, body = channel.basic_get(
                        partner_queue(self.organisation).name, auto_ack=True
                    )
                    if method is None:
                        return False
                    found.append(orjson.loads(body))
            return True

        eventually(look, within=within)
        return found

    def refused(self) -> dict[str, Any]:
        """Return the problem that the next answer holds."""
        (answer,) = self.hears()
        assert answer["type"] == "uk.onward.intake.refused.v1", answer
        problem: dict[str, Any] = answer["data"]["problem"]
        return problem


@contextmanager
def listening(amqp_uri: str, running: RunningService, app: Flask) -> Iterator[None]:
    """Let the service listen to partners until the block ends."""
    service, over = running.service.name, threading.Event()
    listener = Listener(amqp_uri, service, Intake(running, app), over.is_set)
    thread = threading.Thread(target=listener.run)
    thread.start()
    try:
        eventually(lambda: queues.consumers(amqp_uri, f"intake.{service}"), within=30)
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def let_in(backend: Backend, amqp_uri: str, organisation: UUID) -> Iterator[Partner]:
    """Let a system of *organisation* in at the broker, and shut it out in the end."""
    assert backend.management_uri
    client_id, password = f"test-{token_hex(8)}", token_hex(16)
    with BrokerUsers(backend.management_uri, amqp_uri) as users:
        users.let_in(client_id, password, organisation)
        address = urlsplit(amqp_uri)
        netloc = f"{client_id}:{quote(password)}@{address.hostname}:{address.port}"
        yield Partner(
            uri=urlunsplit(address._replace(netloc=netloc)),
            client_id=client_id,
            organisation=organisation,
        )
        users.shut_out(client_id)
        users.shut_out(client_id)  # safe to repeat
    with queues.channel(amqp_uri) as channel:
        # What a client was answered and never acknowledged would be heard by the next one.
        channel.queue_delete(partner_queue(organisation).name)
