"""The live inbox on the server that production uses: nothing missed, nothing doubled, nobody else's."""

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any, Self

import httpx
import orjson
import pytest
import sqlalchemy as sa

from onward.clock import ManualClock, SystemClock
from onward.errors import TooManyRequestsError
from onward.identity import Actor, Role
from onward.service import RunningService
from services.notification.domain.messages import Reader
from services.notification.web.live import MOST_STREAMS, MOST_WAITING, Live, follow
from tests.integration.notification.conftest import As, Hear, Prefer, World
from tests.integration.notification.story import ANN, KIM, LEE, requested, tampering
from tests.support.waiting import eventually

PATH = "/api/v1/notifications/stream"
CONNECTED = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
LISTENING = CONNECTED + " AND query = 'LISTEN onward_notices'"


class Stream:
    """An open stream; reads in a thread."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self.events: queue.Queue[dict[str, Any]] = queue.Queue()
        self.beats = 0
        self.status = 0
        self._url, self._headers = url, headers
        self._client = httpx.Client(trust_env=False, timeout=60)
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> Self:
        self._thread.start()
        eventually(lambda: self.status, within=20)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()
        self._thread.join()

    def next(self) -> dict[str, Any]:
        return self.events.get(timeout=20)

    def _read(self) -> None:
        event: dict[str, Any] = {}
        try:
            with self._client.stream("GET", self._url, headers=self._headers) as answer:
                for line in answer.iter_lines():
                    self.status = answer.status_code
                    self._take(line, event)
        except (httpx.HTTPError, RuntimeError):
            pass  # the test hung up

    def _take(self, line: str, event: dict[str, Any]) -> None:
        name, _, value = line.partition(": ")
        if line.startswith(": still"):
            self.beats += 1
        elif name in {"id", "data"}:
            event[name] = value
        elif not line and "data" in event:
            self.events.put({"id": event["id"], **orjson.loads(event["data"])})
            event.clear()


@pytest.fixture
def clock() -> ManualClock:
    """Go with the machine's time, as the served process does."""
    return ManualClock(SystemClock().now() - timedelta(seconds=1))


@pytest.fixture
def server(running: RunningService) -> Iterator[str]:
    """Serve in another process; return the origin."""
    settings = running.settings
    environment = {
        **os.environ,
        "ONWARD_NOTIFICATION_DATABASE_URL": settings.database_url,
        "ONWARD_AMQP_URI": settings.amqp_uri,
        "ONWARD_SECRET_KEY": settings.secret_key,
        "ONWARD_PUBLIC_URL": settings.public_url,
        "ONWARD_WEBHOOK_ALLOW": " ".join(settings.webhook_allow),
        "ONWARD_RATE_BURST": "1000",
    }
    command = [sys.executable, "-m", "tests.integration.notification.green_server"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout
        port = process.stdout.readline().strip()
        assert port, "the server did not start"
        yield f"http://127.0.0.1:{port}"
        process.kill()


@pytest.fixture
def follow_as(server: str, proof: As) -> Iterator[Callable[..., Stream]]:
    """Open a stream as somebody."""
    with ExitStack() as stack:

        def opened(who: Actor, last: str | None = None) -> Stream:
            headers = proof(who) | ({"Last-Event-ID": last} if last else {})
            return stack.enter_context(Stream(server + PATH, headers))

        yield opened


def test_a_notice_arrives_live_and_at_its_own_organisation_alone(
    directory: None, follow_as: Callable[..., Stream], hear: Hear
) -> None:
    house, ward = follow_as(KIM), follow_as(ANN)
    request = requested("urgent")
    hear(request)
    news = house.next()
    assert news["text"] == "New referral for Stepdown House"
    assert news["urgency"] == "urgent"
    assert news["href"] == f"/referrals/{request.referral_id}"
    hear(tampering())  # for auditors: neither of the two
    eventually(lambda: ward.beats > 1)
    assert ward.events.empty()
    assert house.events.empty()


def test_whoever_may_not_open_a_referral_is_led_live_to_what_they_may(
    directory: None, follow_as: Callable[..., Stream], hear: Hear
) -> None:
    streams = [follow_as(replace(KIM, role=role)) for role in (Role.AUDITOR, Role.EDITOR)]
    request = requested()
    hear(request)
    assert [stream.next()["href"] for stream in streams] == [
        f"/audit/trails/{request.referral_id}",
        "/notifications",
    ]


def test_whoever_covers_for_somebody_reads_live_for_whom(
    staff: None, prefer: Prefer, follow_as: Callable[..., Stream], hear: Hear, clock: ManualClock
) -> None:
    away = {"begins": (clock.now() - timedelta(hours=1)).isoformat(), "cover": KIM.principal}
    prefer(LEE, called="Lee", follow=True, away=away)
    streams = [follow_as(who) for who in (KIM, LEE)]
    hear(requested())
    assert [stream.next()["covers"] for stream in streams] == ["Lee", None]


def test_a_stream_resumes_where_it_stopped_without_a_gap(
    directory: None, follow_as: Callable[..., Stream], hear: Hear
) -> None:
    first = follow_as(KIM)
    hear(requested())
    seen = first.next()
    first.close()
    missed = [requested() for _ in range(250)]
    hear(*missed)
    again = follow_as(KIM, seen["id"])
    caught_up = [again.next()["referral_id"] for _ in missed]
    assert caught_up == [str(each.referral_id) for each in missed]
    last = requested()
    hear(last)
    assert again.next()["referral_id"] == str(last.referral_id)
    assert again.events.empty()


def test_many_streams_share_one_listener_and_leave_the_server_free(
    directory: None, follow_as: Callable[..., Stream], world: World, server: str
) -> None:
    workers = [
        Actor(principal=f"worker:{number}", organisation=KIM.organisation, role=KIM.role)
        for number in range(30)
    ]
    streams = [follow_as(worker) for worker in workers]
    with httpx.Client(trust_env=False, timeout=20) as client:
        listed = client.get(f"{server}/api/v1/notifications", headers=world.proof(KIM))
        assert listed.status_code == 200
    world.hear(requested())
    assert {stream.next()["template"] for stream in streams} == {"handoff-requested"}
    assert world.rows(LISTENING) == [(1,)]
    assert world.rows(CONNECTED)[0][0] < len(streams)
    for stream in streams:
        stream.close()
    eventually(lambda: world.rows(LISTENING) == [(0,)], within=20)


def test_the_webhook_lanes_work_where_threads_are_green(
    directory: None, server: str, world: World
) -> None:
    world.add_webhook()
    world.hear(requested())
    eventually(lambda: world.receiver.calls, within=20)
    eventually(
        lambda: world.rows(
            "SELECT 1 FROM messages WHERE status = 'delivered' AND channel = 'webhook'"
        ),
        within=20,
    )


def test_one_worker_has_so_many_streams_and_no_more(running: RunningService) -> None:
    live = Live(running)
    feeds = [live.join(reader(KIM)) for _ in range(MOST_STREAMS)]
    with pytest.raises(TooManyRequestsError):
        live.join(reader(KIM))
    feeds.append(live.join(reader(LEE)))
    for feed in feeds:
        live.leave(feed)
    eventually(lambda: live.streams == 0)
    eventually(lambda: not live.listens)


def test_a_reader_too_slow_is_sent_away_and_finds_the_rest_when_it_comes_back(
    directory: None, running: RunningService, hear: Hear
) -> None:
    live = Live(running)
    feed = live.join(reader(KIM))
    assert feed.ready.wait(10)
    hear(*[requested() for _ in range(MOST_WAITING + 20)])
    eventually(lambda: feed.overflowed)
    assert list(follow(running, feed, since=10**9, heartbeat=0.1, lifetime=10)) == []
    live.leave(feed)
    anew = live.join(reader(KIM))
    found = follow(running, anew, since=0, heartbeat=0.1, lifetime=10)
    assert len([next(found) for _ in range(MOST_WAITING + 20)]) == MOST_WAITING + 20
    live.leave(anew)
    eventually(lambda: not live.listens)


def test_a_listener_whose_line_is_cut_sends_its_readers_to_catch_up(
    directory: None, running: RunningService, hear: Hear
) -> None:
    live = Live(running)
    feed = live.join(reader(KIM))
    assert feed.ready.wait(10)
    with running.engine.begin() as connection:
        cut = connection.execute(
            sa.text(LISTENING.replace("count(*)", "pg_terminate_backend(pid)"))
        )
        assert len(cut.all()) == 1
    eventually(lambda: feed.overflowed)
    hear(requested())
    live.leave(feed)
    anew = live.join(reader(KIM))
    (news,) = _some(follow(running, anew, since=0, heartbeat=0.1, lifetime=1))
    assert news.template == "handoff-requested"
    live.leave(anew)
    eventually(lambda: not live.listens)


def reader(who: Actor) -> Reader:
    return Reader(principal=who.principal, role=who.role, organisation=who.organisation)


def _some(notices: Iterator[Any]) -> list[Any]:
    return [notice for notice in notices if notice is not None]
