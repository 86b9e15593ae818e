"""No call on the broker waits longer than it may, wherever in a conversation the other side falls silent."""

import time
from collections.abc import Callable, Iterable, Iterator
from threading import Thread
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from onward import link
from onward.broker import BrokerAwayError, Outgoing, Publisher, Subscription
from tests.support import queues
from tests.support.events import told
from tests.support.proxy import Mode, Proxy
from tests.support.waiting import eventually

CHANNEL_OPEN = b"\x00\x14\x00\x0a"
"""Class 20, method 10: what a client says after it has been let in."""
QUEUE_DECLARE = b"\x00\x32\x00\x0a"
CONFIRM_SELECT = b"\x00\x55\x00\x0a"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "PATIENCE", 1.0)


@pytest.fixture
def proxy(amqp_uri: str) -> Iterator[Proxy]:
    with Proxy(urlsplit(amqp_uri).port or 0) as proxy:
        yield proxy


def outgoing() -> Outgoing:
    return Outgoing(id=str(uuid4()), key="referral.note.v1", body=b"{}")


def ends(within: float, call: Callable[[], object]) -> BaseException | None:
    """See *call* end in time; return what it raised."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            call()
        except BrokerAwayError as error:
            raised.append(error)

    thread = Thread(target=run, daemon=True)
    begun = time.monotonic()
    thread.start()
    thread.join(within)
    assert not thread.is_alive(), f"still waiting after {time.monotonic() - begun:.1f} s"
    return raised[0] if raised else None


@pytest.mark.parametrize("mode", [Mode.TO_CLIENT, Mode.TO_SERVER])
@pytest.mark.parametrize("words", [CHANNEL_OPEN, QUEUE_DECLARE, CONFIRM_SELECT])
def test_a_broker_that_falls_silent_while_we_introduce_ourselves_is_given_up(
    amqp_uri: str, proxy: Proxy, words: bytes, mode: Mode
) -> None:
    proxy.fail_at(words, mode)
    publisher = Publisher(proxy.in_front_of(amqp_uri))
    assert ends(4, lambda: publisher.publish([outgoing()])) is not None
    proxy.heal()
    assert ends(4, lambda: publisher.publish([outgoing()])) is None
    publisher.close()


def test_half_a_frame_before_a_publication_is_no_reason_to_spin(
    amqp_uri: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "HEARTBEAT", 1)
    publisher = Publisher(proxy.in_front_of(amqp_uri))
    publisher.publish([outgoing()])
    proxy.crumb = 7  # all of a frame but its end
    eventually(lambda: not proxy.crumb, why="the broker's heartbeat is cut in two")
    used = time.process_time()
    assert ends(4, lambda: publisher.publish([outgoing()])) is not None
    assert time.process_time() - used < 0.5
    proxy.resume()
    assert ends(4, lambda: publisher.publish([outgoing()])) is None
    publisher.close()


def test_taking_leave_of_a_silent_broker_is_short(amqp_uri: str, proxy: Proxy) -> None:
    uri = proxy.in_front_of(amqp_uri)
    publisher = Publisher(uri)
    publisher.publish([outgoing()])
    subscription = Subscription(uri, "referral")
    proxy.fail(Mode.TO_SERVER)
    assert ends(2.5, publisher.close) is None
    assert ends(2.5, lambda: subscription.close(politely=True)) is None


@pytest.mark.parametrize("order", [list, reversed])
def test_an_address_that_is_silent_does_not_keep_us_from_the_others(
    amqp_uri: str, proxy: Proxy, order: Callable[[list[str]], Iterable[str]]
) -> None:
    proxy.fail(Mode.TO_CLIENT)
    publisher = Publisher(";".join(order([proxy.in_front_of(amqp_uri), amqp_uri])))

    def sent() -> bool:
        try:
            return publisher.publish([outgoing()]) == set()
        except BrokerAwayError:
            return False

    queues.put(amqp_uri, told(uuid4(), 1))
    eventually(sent, within=30)
    publisher.close()


def test_what_comes_in_quick_succession_is_gathered_and_nobody_waits_for_more_than_asked(
    amqp_uri: str,
) -> None:
    subscription = Subscription(amqp_uri, "referral")
    subscription.gather(3, until=time.monotonic() - 1)
    assert subscription.backlog == 0
    publisher = Publisher(amqp_uri)
    key = told(uuid4(), 1).event.key
    publisher.publish([Outgoing(id=str(uuid4()), key=key, body=b"{}") for _ in range(3)])
    assert ends(10, lambda: subscription.gather(3, until=time.monotonic() + 600)) is None
    assert len(subscription.receive(3, 0)) == 3
    publisher.close()
    subscription.close(politely=True)


def test_what_piles_up_is_left_lying_until_its_time_unless_there_is_enough(amqp_uri: str) -> None:
    subscription = Subscription(amqp_uri, "referral")
    subscription.pile_up(3, until=time.monotonic() - 1)
    for _ in range(3):
        queues.put(amqp_uri, told(uuid4(), 1))
    begun = time.monotonic()
    subscription.pile_up(4, until=begun + 0.3)
    assert time.monotonic() >= begun + 0.3

    def all_came() -> bool:
        subscription.pile_up(3, until=0)
        return subscription.backlog == 3

    eventually(all_came, within=30)
    assert ends(10, lambda: subscription.pile_up(3, until=time.monotonic() + 600)) is None
    assert len(subscription.receive(3, 0)) == 3
    subscription.close(politely=True)


def test_the_first_message_after_a_rest_is_handed_over_whole(amqp_uri: str) -> None:
    subscription = Subscription(amqp_uri, "referral")
    assert subscription.receive(10, 0) == []
    queues.put(amqp_uri, told(uuid4(), 1))
    assert len(subscription.receive(10, 10)) == 1  # a message is three frames: the first is not it
    subscription.close(politely=True)
