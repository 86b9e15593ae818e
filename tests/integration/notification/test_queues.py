"""Partners' systems are told on their own queues: each event once, in ids, codes and links."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from onward.broker_users import BrokerUsers
from onward.contracts.directory import PartnerQueueChanged
from onward.contracts.intake import INTAKE
from onward.service import RunningService
from services.notification.storage import tables
from services.notification.timers.mail import send_mail
from services.notification.timers.queues import publisher_of, send_to_queues
from tests.integration.notification.conftest import Ask, World
from tests.integration.notification.story import LEE, PERSON, RESPONSE, accepted, requested
from tests.support.backends import Backend
from tests.support.partner import Partner, let_in, listening
from tests.support.smtp import MailServer


@pytest.fixture
def sender(world: World, amqp_uri: str) -> Iterator[RunningService]:
    """Lend the service on a real broker."""
    settings = replace(world.running.settings, amqp_uri=amqp_uri)
    running = RunningService(service=world.running.service, settings=settings, clock=world.clock)
    yield running
    publisher_of(running).close()
    running.close()


def queue(change: str) -> PartnerQueueChanged:
    return PartnerQueueChanged(organisation_id=RESPONSE, change=change)


def outcomes(world: World) -> list[tuple[Any, ...]]:
    columns = (tables.messages.c.status, tables.messages.c.code)
    wanted = sa.select(*columns).where(tables.messages.c.channel == "queue")
    with world.running.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(wanted)]


def test_a_partner_is_told_every_step_of_its_handoffs_in_ids_codes_and_links(
    world: World, sender: RunningService, backend: Backend, amqp_uri: str
) -> None:
    with let_in(backend, amqp_uri, RESPONSE) as partner:
        asked = requested("urgent")
        world.hear(queue("opened"))
        (told,) = world.hear(asked)
        world.hear(accepted(asked))
        send_to_queues(sender)
        send_to_queues(sender)
        second, first = sorted(partner.hears(2), key=lambda heard: str(heard["type"]))
        assert first["id"] == str(told.id)
        assert [first["type"], second["type"]] == [
            "uk.onward.referral.handoff-requested.v1",
            "uk.onward.referral.handoff-accepted.v1",
        ]
        assert first["data"]["facts"]["urgency"] == "urgent"
        page = f"{sender.settings.public_url}/referrals/{asked.referral_id}"
        assert first["data"]["links"]["page"] == page
        assert str(PERSON) not in str([first, second])
        assert outcomes(world) == [("delivered", None)] * 2
        assert nothing_waits(partner)


def nothing_waits(partner: Partner) -> bool:
    with pytest.raises(AssertionError):
        partner.hears(1, within=0.1)
    return True


def test_what_a_queue_cannot_take_is_tried_again_and_told_later(
    world: World, sender: RunningService, backend: Backend, amqp_uri: str
) -> None:
    assert backend.management_uri
    with let_in(backend, amqp_uri, RESPONSE) as partner:
        with BrokerUsers(backend.management_uri, amqp_uri) as users:
            users.take_queue_away(RESPONSE)
            world.hear(queue("opened"), requested())
            send_to_queues(sender)
            assert outcomes(world) == [("waiting", "queue-full-or-gone")]
            users.let_in(partner.client_id, "another-password", RESPONSE)
        world.clock.advance(timedelta(seconds=5))
        send_to_queues(sender)
        assert outcomes(world) == [("delivered", None)]


@pytest.fixture
def no_mail(directory: None, ask: Ask) -> None:
    """Let Response choose no e-mail at all."""
    choice: dict[str, Any] = {"mailbox": None, "mail_for": []}
    ask(LEE, "PUT", "/api/v1/subscriptions", json=choice, headers={"If-Match": '"0"'})


def test_what_a_queue_goes_on_refusing_is_mailed_once_though_its_owner_chose_no_mail(
    world: World,
    no_mail: None,
    sender: RunningService,
    backend: Backend,
    amqp_uri: str,
    mail_server: MailServer,
) -> None:
    assert backend.management_uri
    with (
        let_in(backend, amqp_uri, RESPONSE),
        BrokerUsers(backend.management_uri, amqp_uri) as users,
    ):
        users.take_queue_away(RESPONSE)
        world.hear(queue("opened"), requested())
        for pause in (0, 5, 301, 1801):
            send_mail(world.running)
            assert mail_server.mails == []
            world.clock.advance(timedelta(seconds=pause))
            send_to_queues(sender)
        for _ in range(2):
            send_mail(world.running)
            (mail,) = mail_server.mails
            assert "New referral for Stepdown House" in str(mail.message["Subject"])
            world.clock.advance(timedelta(days=1))
            send_to_queues(sender)


def test_a_closed_queue_is_told_nothing_more(world: World) -> None:
    world.hear(queue("opened"))
    world.hear(requested())
    world.hear(queue("closed"))
    world.hear(requested())
    assert outcomes(world) == [("skipped", "queue-closed")]


@pytest.fixture
def answering(
    sender: RunningService, world: World, amqp_uri: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Let the service answer what nobody takes until the test is over."""
    monkeypatch.setattr("onward.intake.listening.LISTEN", 0.05)
    with listening(amqp_uri, sender, world.client.application):
        yield


def test_who_sends_a_name_that_nobody_takes_reads_which_there_are(
    answering: None, backend: Backend, amqp_uri: str
) -> None:
    with let_in(backend, amqp_uri, RESPONSE) as partner:
        id_ = partner.sends("place-mooved.v1", {})
        (answer,) = partner.hears()
    assert answer["data"]["event_id"] == id_
    problem = answer["data"]["problem"]
    assert problem["code"] == "event-unknown"
    (wrong,) = problem["errors"]
    assert wrong["pointer"] == "/type"
    assert all(f"uk.onward.{event.name}" in wrong["detail"] for event in INTAKE)
