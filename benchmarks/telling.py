"""How soon somebody is told: the inbox and a webhook at a steady pace, live streams, and a burst of events.

The webhook's receivers, the mail server and the readers of streams are threads of the benchmark itself, on
the same cores as the four services.
"""

import http.client
import selectors
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import pairwise
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import orjson

from benchmarks import handoff, meters
from benchmarks.intake import PACE, Desk
from benchmarks.lean_http import read_message
from benchmarks.pipeline import HOUSE
from benchmarks.platform import Platform, worker
from benchmarks.processes import BenchmarkError
from benchmarks.spread import percentile
from onward.demo.receivers import Receivers
from onward.identity import Actor, Role
from onward.servers.process import wait_until
from onward.web.tokens import issue_access_token

ASKED: Final = "referral.handoff-requested.v1"
SLOW: Final = 2.0
"""Seconds that the slow receiver takes for each call."""
MAILBOX: Final = "desk@house.test"
PATIENCE: Final = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Soon:
    """How long after an event it was seen, in ms, at `PACE` handoffs a second."""

    handoffs: int
    inbox_p50: float
    inbox_p99: float
    webhook_p50: float
    webhook_p99: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """What one process needs to keep live streams open."""

    open: int
    idle_mb: float
    """Before the first (PSS)."""
    mb: float
    """With all of them, after each was told something."""
    told: float
    """Seconds until the last of them had read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """How long a burst took on one way out."""

    events: int
    """Of the whole burst."""
    messages: int
    """Delivered on this way meanwhile."""
    seconds: float
    """From before the backlog was made until the last was delivered."""
    longest_pause: float
    """Seconds in which nothing was delivered, though something waited."""


class Hooks:
    """A webhook's receiver: when each call came, and what it was about."""

    def __init__(self, *, slow: float = 0.0) -> None:
        """Listen; take *slow* seconds for each call."""
        self.calls: list[tuple[float, str, str]] = []
        """When, the event's time, and the webhook-id."""
        self._server = _Server(("127.0.0.1", 0), _Calls)
        self._server.hooks, self._server.slow = self, slow
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def origin(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingTCPServer):
    daemon_threads = True
    hooks: Hooks
    slow: float


class _Calls(StreamRequestHandler):
    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        """Note each call over one connection."""
        while call := read_message(self.rfile):
            at = time.time()
            said = orjson.loads(call.body)
            time.sleep(self.server.slow)
            webhook_id = call.headers[b"webhook-id"].decode()
            self.server.hooks.calls.append((at, said["timestamp"], webhook_id))
            self.wfile.write(b"HTTP/1.1 204 No Content\r\n\r\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Everybody outside who is told."""

    quick: Hooks
    slow: Hooks
    mail: Receivers

    def environment(self) -> dict[str, str]:
        """Return the settings with which the notification service reaches them."""
        return {
            "ONWARD_WEBHOOK_ALLOW": f"{self.quick.origin} {self.slow.origin}",
            "ONWARD_SMTP_URL": f"{self.mail.smtp_url}?from=onward@house.test",
        }


@contextmanager
def outside() -> Iterator[Outside]:
    """Lend receivers and a mail server."""
    mail = Receivers()
    mail.start()
    with closing(Hooks()) as quick, closing(Hooks(slow=SLOW)) as slow:
        yield Outside(quick=quick, slow=slow, mail=mail)
    mail.stop()


def pace(platform: Platform, receivers: Outside, handoffs: int) -> Soon:
    """Begin *handoffs* handoffs at a steady pace; say how soon the recipient was told of each request."""
    platform.free_places()
    platform.stand.settle()
    receivers.quick.calls.clear()
    webhook = subscribe(platform, receivers.quick.origin, [ASKED])
    mark = platform.value("notification", "SELECT coalesce(max(position), 0) FROM notices")
    desk, start = Desk(platform), time.time() + 0.5

    def one(number: int) -> None:
        time.sleep(max(0.0, start + number / PACE - time.time()))
        desk.hand_over(number)

    with ThreadPoolExecutor(8) as clients:
        list(clients.map(one, range(handoffs)))
    _await(lambda: len(receivers.quick.calls) >= handoffs, "every webhook")
    platform.await_quiet()
    unsubscribe(platform, webhook)
    hooks = [1000 * (at - _seconds(told)) for at, told, _ in receivers.quick.calls]
    inbox = [1000 * late for late in _inbox(platform, mark)]
    return Soon(
        handoffs=handoffs,
        inbox_p50=percentile(inbox, 0.5),
        inbox_p99=percentile(inbox, 0.99),
        webhook_p50=percentile(hooks, 0.5),
        webhook_p99=percentile(hooks, 0.99),
    )


def streams(platform: Platform, number: int) -> Streams:
    """Open *number* live streams of the recipient's workers, tell one thing, wait until each has read it."""
    program = platform.programs["notification"]
    idle = meters.memory_mb([program.pid])
    readers = [_open_stream(platform) for _ in range(number)]
    try:
        begun = time.perf_counter()
        Desk(platform).submit(0)
        _await_all_told(readers)
        told = time.perf_counter() - begun
        held = meters.memory_mb([program.pid])
    finally:
        for reader in readers:
            reader.close()
    platform.await_quiet()
    return Streams(open=number, idle_mb=idle, mb=held, told=told)


def burst(platform: Platform, receivers: Outside, handoffs: int) -> dict[str, Burst]:
    """Let five events of each of *handoffs* handoffs loose at once; say how each way out drained."""
    receivers.quick.calls.clear()
    receivers.slow.calls.clear()
    receivers.mail.received.mails.clear()
    _choose_mailbox(platform)
    webhooks = [
        subscribe(platform, each.origin, [ASKED]) for each in (receivers.quick, receivers.slow)
    ]
    started = datetime.now(UTC)
    handoff.drain(platform, handoffs)
    waiting = (
        "SELECT count(*) FROM messages WHERE status = 'waiting'"  # noqa: S608 - our own
        f" AND (channel = 'email' OR endpoint_id = '{webhooks[0]}')"
    )
    _await(lambda: not platform.value("notification", waiting), "the burst")
    ways = {
        "a webhook that answers": f"endpoint_id = '{webhooks[0]}'",
        "a webhook that takes 2 s": f"endpoint_id = '{webhooks[1]}'",
        "e-mail": "channel = 'email'",
    }
    drained = {
        way: _drained(platform, which, started, events=handoff.LEAVES * handoffs)
        for way, which in ways.items()
    }
    for webhook in webhooks:
        unsubscribe(platform, webhook)
    return drained


def subscribe(platform: Platform, origin: str, events: Sequence[str]) -> str:
    """Let the recipient be told at *origin*; return the webhook's id."""
    said = _ask(platform, "POST", "/api/v1/webhooks", {"url": f"{origin}/hooks", "events": events})
    return str(said["id"])


def unsubscribe(platform: Platform, webhook: str) -> None:
    """Take the webhook away."""
    _ask(platform, "DELETE", f"/api/v1/webhooks/{webhook}")


def _choose_mailbox(platform: Platform) -> None:
    path = "/api/v1/subscriptions"
    chosen = {"mailbox": MAILBOX, "mail_for": ["routine", "urgent", "emergency"]}
    _ask(platform, "PUT", path, chosen, {"If-Match": '"0"'})


def _drained(platform: Platform, which: str, started: datetime, *, events: int) -> Burst:
    """Return how the messages *which* were delivered, by when each was settled."""
    query = (
        "SELECT json_agg(extract(epoch FROM settled_at) ORDER BY settled_at) FROM messages"  # noqa: S608 - our own
        f" WHERE {which} AND status = 'delivered' AND created_at >= '{started.isoformat()}'"
    )
    at = [float(one) for one in platform.value("notification", query) or []]
    pauses = [later - sooner for sooner, later in pairwise(at)]
    return Burst(
        events=events,
        messages=len(at),
        seconds=at[-1] - started.timestamp() if at else 0.0,
        longest_pause=max(pauses, default=0.0),
    )


def _inbox(platform: Platform, mark: int) -> list[float]:
    """Return how many seconds after each event its notices were committed."""
    query = (
        "SELECT json_agg(extract(epoch FROM pg_xact_commit_timestamp(xmin) - occurred_at))"  # noqa: S608 - our own
        f" FROM notices WHERE template = 'handoff-requested' AND position > {mark}"
    )
    return [float(one) for one in platform.value("notification", query)]


def _open_stream(platform: Platform) -> socket.socket:
    where = urlsplit(platform.urls["notification"])
    reader = socket.create_connection((where.hostname or "", where.port or 0), timeout=30)
    asked = (
        "GET /api/v1/notifications/stream HTTP/1.1\r\n"
        f"Host: {where.netloc}\r\nAuthorization: Bearer {_token(platform, worker(HOUSE))}\r\n\r\n"
    )
    reader.sendall(asked.encode())
    if b"connected" not in _read_until(reader, b"connected"):
        raise BenchmarkError("A live stream was not opened.")
    return reader


def _await_all_told(readers: Sequence[socket.socket]) -> None:
    waiting = selectors.DefaultSelector()
    for reader in readers:
        waiting.register(reader, selectors.EVENT_READ)
    deadline = time.monotonic() + PATIENCE
    while waiting.get_map():
        if time.monotonic() > deadline:
            raise BenchmarkError(f"{len(waiting.get_map())} streams were not told.")
        for key, _ in waiting.select(timeout=1):
            told: Any = key.fileobj
            if b"data: " in told.recv(65536):
                waiting.unregister(told)


def _read_until(reader: socket.socket, word: bytes) -> bytes:
    said = b""
    while word not in said and (more := reader.recv(4096)):
        said += more
    return said


def _ask(
    platform: Platform,
    method: str,
    path: str,
    body: Any = None,
    headers: dict[str, str] | None = None,
) -> Any:
    lead = Actor(principal=f"worker:{uuid4()}", organisation=HOUSE, role=Role.TEAM_LEAD)
    sent = {
        "Authorization": f"Bearer {_token(platform, lead)}",
        "Content-Type": "application/json",
    }
    address = urlsplit(platform.urls["notification"]).netloc
    with closing(http.client.HTTPConnection(address, timeout=30)) as connection:
        connection.request(
            method, path, orjson.dumps(body) if body else None, sent | (headers or {})
        )
        answer = connection.getresponse()
        said = answer.read()
    if answer.status >= HTTPStatus.BAD_REQUEST:
        raise BenchmarkError(f"{path} answered {answer.status}: {said.decode()}")
    return orjson.loads(said) if said else None


def _token(platform: Platform, who: Actor) -> str:
    settings = platform.runnings["notification"].settings
    return issue_access_token(settings, who, at=datetime.now(UTC))


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def _await(done: Any, what: str) -> None:
    if not wait_until(done, within=PATIENCE):
        raise BenchmarkError(f"Waited in vain for {what}.")
