"""Webhooks as a receiver gets them: signed, small, again after a failure, never where they must not go."""

import base64
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, cast

import pytest
from flask.testing import FlaskClient
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from onward.clock import ManualClock
from onward.contracts import referral
from onward.contracts.directory import PartnerQueueChanged
from onward.service import RunningService
from services.notification.timers import webhooks
from services.notification.timers.lanes import FOR_HEALTHY
from services.notification.timers.webhooks import BATCH, lanes_of, send_webhooks
from tests.integration.notification.conftest import As, Deliver, Hear, Rows, World
from tests.integration.notification.story import (
    CRM,
    EVE,
    LEE,
    MORNING,
    PERSON,
    RESPONSE,
    accepted,
    requested,
    sides,
)
from tests.support.receiver import Receiver
from tests.support.waiting import eventually

STATE = "SELECT status, attempts, code FROM messages WHERE channel = 'webhook' ORDER BY created_at"
Add = Callable[..., dict[str, Any]]


@pytest.fixture
def add(client: FlaskClient, proof: As, receiver: Receiver) -> Add:
    """Add a webhook of Response's and return it with its secret."""

    def post(url: str = receiver.url, events: tuple[str, ...] = ("*",)) -> dict[str, Any]:
        body = {"url": url, "events": list(events)}
        answer = client.post("/api/v1/webhooks", json=body, headers=proof(CRM))
        assert answer.status_code == 201, answer.json
        return cast("dict[str, Any]", answer.json)

    return post


def test_a_receiver_can_verify_what_it_is_told_with_the_reference_library(
    add: Add, hear: Hear, deliver: Deliver, receiver: Receiver
) -> None:
    webhook = add()
    request = requested()
    (event,) = hear(request)
    deliver()
    (call,) = receiver.calls
    told = Webhook(webhook["secret"]).verify(call.body, call.headers)
    assert told["type"] == "referral.handoff-requested.v1"
    assert told["data"]["handoff_id"] == str(request.handoff_id)
    assert told["links"]["page"] == f"http://127.0.0.1:8080/referrals/{request.referral_id}"
    assert call.id == str(event.id)
    assert call.headers["content-type"] == "application/json"
    with pytest.raises(WebhookVerificationError):
        Webhook(webhook["secret"]).verify(call.body + b" ", call.headers)


@pytest.mark.parametrize("together", [webhooks.TOGETHER, 0.0])
def test_what_happened_at_one_moment_is_told_in_its_order(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, together: float
) -> None:
    """One transaction's events occurred at one time: their identifiers tell which was first."""
    monkeypatch.setattr(webhooks, "TOGETHER", together)
    world.add_webhook()
    told = [str(world.hear(requested())[0].id) for _ in range(12)]
    world.deliver()
    assert [call.id for call in receiver.calls] == told
    assert world.rows(STATE) == [("delivered", 1, None)] * 12


def test_what_was_taken_before_a_failure_stays_taken_and_the_rest_keeps_its_order(
    world: World, receiver: Receiver
) -> None:
    world.add_webhook()
    told = [str(world.hear(requested())[0].id) for _ in range(5)]
    receiver.answer = lambda call: 500 if call.id == told[2] else 204
    world.deliver()
    assert [call.id for call in receiver.calls] == told[:3]
    assert sorted(world.rows(STATE)) == [
        *[("delivered", 1, None)] * 2,
        *[("waiting", 0, None)] * 2,
        ("waiting", 1, "http-500"),
    ]
    world.deliver()
    assert [call.id for call in receiver.calls] == told


def test_no_webhook_says_anything_about_a_person(
    add: Add, hear: Hear, deliver: Deliver, receiver: Receiver
) -> None:
    add()
    hear(
        requested(),
        referral.PackDisclosed(**sides(), fields=("housing.history",), lawful_basis="consent"),
    )
    deliver()
    assert len(receiver.calls) == 2
    for call in receiver.calls:
        assert len(call.body) < 20_000
        for canary in (str(PERSON).encode(), b"housing", b"consent", b"direct-care"):
            assert canary not in call.body


def test_systems_of_both_sides_hear_every_step_and_strangers_nothing(
    add: Add, client: FlaskClient, proof: As, hear: Hear, deliver: Deliver, receiver: Receiver
) -> None:
    add()
    other = {"url": receiver.origin + "/strangers", "events": ["*"]}
    assert client.post("/api/v1/webhooks", json=other, headers=proof(EVE)).status_code == 201
    request = requested()
    hear(request, referral.HandoffAcknowledged(**sides()), accepted(request))
    deliver()
    assert {call.path for call in receiver.calls} == {"/hooks"}
    assert len(receiver.calls) == 3


def test_only_what_a_system_is_told_starts_its_sender_before_its_time(
    add: Add, hear: Hear, running: RunningService
) -> None:
    hear(asked := requested())
    nobody = running.inbox.take_news()
    hear(PartnerQueueChanged(organisation_id=RESPONSE, change="opened"))
    add(events=("referral.handoff-accepted.v1",))
    hear(requested())
    only_the_queue = running.inbox.take_news()
    hear(accepted(asked))
    assert (nobody, only_the_queue) == (set(), {"queue"})
    assert running.inbox.take_news() == {"queue", "webhook"}


def test_an_endpoint_hears_only_what_it_subscribed_to(
    add: Add, hear: Hear, deliver: Deliver, receiver: Receiver
) -> None:
    add(events=("referral.handoff-accepted.v1",))
    request = requested()
    hear(request, accepted(request))
    deliver()
    assert [call.said["type"] for call in receiver.calls] == ["referral.handoff-accepted.v1"]


def test_a_failure_is_tried_again_on_the_published_schedule_under_the_same_id(
    add: Add, hear: Hear, deliver: Deliver, receiver: Receiver, clock: ManualClock, rows: Rows
) -> None:
    add()
    receiver.answer = lambda _: 500
    hear(requested())
    for pause in (0, 5, 5 * 60, 30 * 60):
        clock.advance(timedelta(seconds=pause - 1))
        deliver()
        clock.advance(timedelta(seconds=1))
        deliver()
    assert rows(STATE) == [("waiting", 4, "http-500")]
    receiver.answer = lambda _: 200
    clock.advance(timedelta(hours=2))
    deliver()
    assert rows(STATE) == [("delivered", 5, None)]
    assert len({call.id for call in receiver.calls}) == 1
    assert len({call.body for call in receiver.calls}) == 1


def test_after_the_last_attempt_it_is_given_up_and_said_so(
    add: Add, hear: Hear, deliver: Deliver, receiver: Receiver, clock: ManualClock, rows: Rows
) -> None:
    add()
    receiver.answer = lambda _: 503
    hear(requested())
    for _ in range(12):
        deliver()
        clock.advance(timedelta(hours=24))
    assert len(receiver.calls) == 10
    assert rows(STATE) == [("given_up", 10, "http-503")]
    assert rows("SELECT key FROM outbox WHERE key LIKE 'notification.given%'")


def test_a_receiver_that_is_gone_is_switched_off_and_its_owner_told(
    add: Add, hear: Hear, deliver: Deliver, receiver: Receiver, rows: Rows
) -> None:
    add()
    receiver.answer = lambda _: 410
    hear(requested(), requested(), requested())
    deliver()
    assert len(receiver.calls) == 1
    assert rows("SELECT status, disabled_code FROM endpoints") == [("disabled", "gone")]
    assert sorted(code for _, _, code in rows(STATE)) == [
        "endpoint-disabled",
        "endpoint-disabled",
        "gone",
    ]
    assert rows("SELECT organisation FROM notices WHERE template = 'webhook-disabled'") == [
        (RESPONSE,)
    ]
    hear(requested())
    deliver()
    assert len(receiver.calls) == 1


def test_both_secrets_sign_for_a_day_after_a_rotation(world: World, receiver: Receiver) -> None:
    webhook = world.add_webhook()
    answer = world.client.post(
        f"/api/v1/webhooks/{webhook['id']}/rotate", headers=world.proof(LEE)
    )
    assert answer.json
    old, new = Webhook(webhook["secret"]), Webhook(answer.json["secret"])
    world.hear(requested())
    world.deliver()
    assert old.verify(receiver.calls[0].body, receiver.calls[0].headers)
    assert new.verify(receiver.calls[0].body, receiver.calls[0].headers)
    world.clock.advance(timedelta(hours=24))
    world.hear(requested())
    world.deliver()
    assert new.verify(receiver.calls[1].body, receiver.calls[1].headers)
    with pytest.raises(WebhookVerificationError):
        old.verify(receiver.calls[1].body, receiver.calls[1].headers)


def test_a_second_rotation_never_ends_the_secret_that_a_receiver_still_checks_by(
    world: World, receiver: Receiver
) -> None:
    webhook = world.add_webhook()
    rotate = partial(world.client.post, f"/api/v1/webhooks/{webhook['id']}/rotate")
    assert rotate(headers=world.proof(LEE)).status_code == 200
    world.clock.advance(timedelta(hours=23, minutes=59))
    refused = rotate(headers=world.proof(LEE))
    assert refused.json
    assert refused.json["code"] == "secret-just-rotated"
    assert f"{MORNING + timedelta(hours=24):%Y-%m-%dT%H:%M:%SZ}" in refused.json["detail"]
    world.hear(requested())
    world.deliver()
    assert Webhook(webhook["secret"]).verify(receiver.calls[0].body, receiver.calls[0].headers)
    world.clock.advance(timedelta(minutes=1))
    assert rotate(headers=world.proof(LEE)).status_code == 200


def test_a_slow_receiver_never_delays_another(
    add: Add, running: RunningService, hear: Hear, receiver: Receiver
) -> None:
    released = threading.Event()

    def answer(call: Any) -> int:
        if call.path == "/slow":
            released.wait(10)
        return 204

    receiver.answer = answer
    add(url=receiver.origin + "/slow")
    add(url=receiver.origin + "/quick")
    hear(*[requested() for _ in range(5)])

    def calls_of_the_quick_one() -> int:
        send_webhooks(running)  # again and again, as the clock does
        return [call.path for call in receiver.calls].count("/quick")

    try:
        eventually(lambda: calls_of_the_quick_one() == 5)
        hear(requested())
        eventually(lambda: calls_of_the_quick_one() == 6)
        assert [call.path for call in receiver.calls].count("/slow") == 1
    finally:
        released.set()
    assert lanes_of(running).wait(within=10)


def test_many_dead_receivers_leave_a_lane_for_one_that_answers(
    add: Add, running: RunningService, hear: Hear, receiver: Receiver, rows: Rows, deliver: Deliver
) -> None:
    released = threading.Event()
    released.set()

    def answer(call: Any) -> int:
        released.wait(10)
        return 204 if call.path == "/well" else 500

    receiver.answer = answer
    for number in range(16):
        add(url=f"{receiver.origin}/dead/{number}")
    hear(requested())
    for _ in range(4):  # until each has failed once
        deliver()
    assert rows("SELECT count(*) FROM endpoints WHERE failures > 0") == [(16,)]
    add(url=receiver.origin + "/well")
    released.clear()
    hear(requested())
    try:
        send_webhooks(running)
        eventually(lambda: [call.path for call in receiver.calls].count("/well") == 1)
    finally:
        released.set()
    assert lanes_of(running).wait(within=10)


def test_what_comes_while_its_receiver_answers_is_sent_without_another_look(
    add: Add, running: RunningService, hear: Hear, receiver: Receiver
) -> None:
    heard = [requested(), requested()]

    def answer(_: Any) -> int:
        if heard:
            hear(heard.pop())
            send_webhooks(running)  # the lane is in use: it is told to look once more
        return 204

    receiver.answer = answer
    add()
    hear(requested())
    send_webhooks(running)
    eventually(lambda: len(receiver.calls) == 3)
    assert lanes_of(running).wait(within=10)
    assert len({call.id for call in receiver.calls}) == 3


def test_more_than_is_taken_at_once_is_sent_without_another_look(
    add: Add, running: RunningService, hear: Hear, receiver: Receiver
) -> None:
    add()
    hear(*[requested() for _ in range(BATCH + 1)])
    send_webhooks(running)
    eventually(lambda: len(receiver.calls) == BATCH + 1)
    assert lanes_of(running).wait(within=10)


def test_where_no_lane_is_free_nothing_is_taken(
    add: Add, running: RunningService, hear: Hear, receiver: Receiver, rows: Rows
) -> None:
    released = threading.Event()
    receiver.answer = lambda _: 204 if released.wait(10) else 500
    for number in range(FOR_HEALTHY + 1):
        add(url=f"{receiver.origin}/{number}")
    hear(requested())
    send_webhooks(running)
    send_webhooks(running)
    try:
        eventually(lambda: len(receiver.calls) == FOR_HEALTHY)
        due = "SELECT count(*) FROM messages WHERE channel = 'webhook' AND due_at <= created_at"
        assert rows(due) == [(1,)], "the one that nobody serves is free for another process"
    finally:
        released.set()
    assert lanes_of(running).wait(within=10)


def test_a_message_claimed_by_a_sender_that_died_comes_back_after_its_lease(
    add: Add,
    hear: Hear,
    running: RunningService,
    deliver: Deliver,
    receiver: Receiver,
    clock: ManualClock,
) -> None:
    webhook = add()
    hear(requested())
    with running.database.transaction() as uow:
        claimed = uow.store.claims.of(
            webhook["id"], now=uow.now, until=uow.now + timedelta(seconds=90), limit=20
        )
    deliver()
    assert receiver.calls == []
    clock.advance(timedelta(seconds=90))
    deliver()
    assert [call.id for call in receiver.calls] == [
        str(message.event_id) for message in claimed.messages
    ]


def test_a_redirect_is_a_failure_and_not_followed(world: World, receiver: Receiver) -> None:
    receiver.location = f"{receiver.origin}/elsewhere"
    receiver.answer = lambda _: 307
    world.add_webhook()
    world.hear(requested())
    world.deliver()
    assert [call.path for call in receiver.calls] == ["/hooks"]
    assert world.rows(STATE) == [("waiting", 1, "redirect")]


def test_a_receiver_that_hangs_up_is_named_so(world: World, receiver: Receiver) -> None:
    receiver.answer = lambda _: _hang_up()
    world.add_webhook()
    world.hear(requested())
    world.deliver()
    assert world.rows(STATE) == [("waiting", 1, "connection-broken")]


def test_a_receiver_that_is_not_there_is_named_so(
    world: World, allow: Callable[[str], None]
) -> None:
    allow("http://127.0.0.1:9")
    world.add_webhook("http://127.0.0.1:9/hooks")
    world.hear(requested())
    world.deliver()
    assert world.rows(STATE) == [("waiting", 1, "connection-refused")]


def _hang_up() -> int:
    raise ConnectionAbortedError


def test_an_endpoint_whose_exemption_ends_is_not_reached_any_more(
    add: Add, hear: Hear, deliver: Deliver, receiver: Receiver, rows: Rows, running: RunningService
) -> None:
    add()
    hear(requested())
    running.settings = replace(running.settings, webhook_allow=())
    deliver()
    assert receiver.calls == []
    assert rows(STATE) == [("waiting", 1, "webhook-not-https")]


def test_secrets_are_stored_sealed(add: Add, rows: Rows) -> None:
    webhook = add()
    plain = base64.b64decode(webhook["secret"].removeprefix("whsec_"))
    ((sealed,),) = rows("SELECT secret FROM endpoints")
    assert plain not in bytes(sealed)
