"""Handoffs as partners bring them, over HTTP: how many the referral service takes in, and how soon each ends.

A handoff here is two requests, submit and accept. It has ended when its last audit leaf and its last notice
are committed, by PostgreSQL's own time stamps.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from threading import local
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa

from benchmarks import meters
from benchmarks.lean_http import Line
from benchmarks.pipeline import HOUSE, WARD, service_for
from benchmarks.platform import INTAKE, Platform, worker
from benchmarks.processes import BenchmarkError
from benchmarks.spread import percentile
from onward.web.tokens import issue_access_token

CLIENTS = 4
"""Connections that submit at once."""
PACE = 50
"""Handoffs a second while latency is measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What submitting at full speed came to."""

    per_second: float
    p50: float
    """Milliseconds per request."""
    p99: float
    cpu: float
    """Processor milliseconds per request of the program that answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long handoffs took at a steady pace, in milliseconds."""

    handoffs: int
    p50: float
    p99: float
    worst: float
    late: float
    """How far the pace fell behind at most: the client's own lateness, not counted above."""
    cpu: float
    """The services' processor milliseconds per handoff, HTTP included."""


def intake(platform: Platform, requests: int) -> Intake:
    """Submit *requests* referrals as fast as `CLIENTS` connections can."""
    desk = Desk(platform)
    desk.submit(0)
    pids = [platform.programs[INTAKE].pid]
    spent, begun = meters.cpu_seconds(pids), time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        taken = list(clients.map(_timed(desk.submit), range(requests)))
    elapsed = time.perf_counter() - begun
    spent = meters.cpu_seconds(pids) - spent
    platform.await_quiet()
    return Intake(
        per_second=requests / elapsed,
        p50=1000 * percentile(taken, 0.5),
        p99=1000 * percentile(taken, 0.99),
        cpu=1000 * spent / requests,
    )


def latency(platform: Platform, handoffs: int) -> Latency:
    """Begin *handoffs* handoffs at a steady pace; say when each had ended everywhere."""
    platform.free_places()
    platform.stand.settle()
    desk = Desk(platform)
    start = time.time() + 0.5
    spent = meters.cpu_seconds(platform.pids)

    def one(number: int) -> tuple[UUID, float, float]:
        due = start + number / PACE
        time.sleep(max(0.0, due - time.time()))
        begun = time.time()
        return desk.hand_over(number), begun, begun - due

    with ThreadPoolExecutor(2 * CLIENTS) as clients:
        made = list(clients.map(one, range(handoffs)))
    platform.await_quiet()
    spent = meters.cpu_seconds(platform.pids) - spent
    ended = _ends(platform, [id_ for id_, _, _ in made])
    taken = [1000 * (ended[id_] - begun) for id_, begun, _ in made]
    return Latency(
        handoffs=handoffs,
        p50=percentile(taken, 0.5),
        p99=percentile(taken, 0.99),
        worst=max(taken),
        late=1000 * max(late for _, _, late in made),
        cpu=1000 * spent / handoffs,
    )


class Desk:
    """Somebody at the sender and somebody at the recipient, each thread on a connection of its own."""

    def __init__(self, platform: Platform) -> None:
        settings = platform.runnings["referral"].settings
        now = datetime.now(UTC)
        self._url = platform.urls["referral"]
        self._tokens = {
            organisation: issue_access_token(settings, worker(organisation), at=now)
            for organisation in (WARD, HOUSE)
        }
        self._mine = local()

    def submit(self, number: int) -> dict[str, Any]:
        """Submit a referral; return what was answered."""
        return self._post(WARD, "/api/v1/referrals", body(number))

    def hand_over(self, number: int) -> UUID:
        """Submit a referral and accept it; return the referral."""
        handoff = self.submit(number)["handoff"]
        path = f"/api/v1/handoffs/{handoff['id']}/accept"
        self._post(HOUSE, path, {}, {"If-Match": f'"{handoff["version"]}"'})
        return UUID(handoff["referral_id"])

    def _post(
        self, by: UUID, path: str, body: dict[str, Any], headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        if not hasattr(self._mine, "line"):
            self._mine.line = Line(self._url)
        line: Line = self._mine.line
        sent = {"Authorization": f"Bearer {self._tokens[by]}", "Content-Type": "application/json"}
        answer = line.post(path, orjson.dumps(body), sent | (headers or {}))
        if answer.status not in {HTTPStatus.OK, HTTPStatus.CREATED}:
            raise BenchmarkError(f"{path} answered {answer.status}: {answer.body.decode()}")
        document: dict[str, Any] = orjson.loads(answer.body)
        return document


def body(number: int) -> dict[str, Any]:
    """Return what handoff *number* is over HTTP."""
    return {
        "person": {
            "given_name": "Sam",
            "family_name": f"Synthetic {number}",
            "birth_date": "1990-05-17",
            "contact": {"phone": "07700 900123", "rules": ["never-call"]},
        },
        "service_id": str(service_for(number)),
        "urgency": "urgent",
        "needs": ["housing"],
        "lawful_basis": {"code": "direct-care"},
        "consent": {"given": True},
        "sections": {"housing": {"summary": "Nowhere to go to after the ward."}},
    }


def _timed(work: Callable[[int], object]) -> Callable[[int], float]:
    def once(number: int) -> float:
        begun = time.perf_counter()
        work(number)
        return time.perf_counter() - begun

    return once


_ENDS = {
    "audit": "SELECT referral, extract(epoch FROM max(pg_xact_commit_timestamp(xmin))) FROM leaves"
    " WHERE referral = ANY(:ids) GROUP BY referral",
    "notification": "SELECT about, extract(epoch FROM max(pg_xact_commit_timestamp(xmin)))"
    " FROM notices WHERE about = ANY(:ids) GROUP BY about",
}


def _ends(platform: Platform, referrals: Sequence[UUID]) -> dict[UUID, float]:
    """Return when the last trace of each of *referrals* was committed."""
    ends: dict[UUID, float] = {}
    for name, query in _ENDS.items():
        with platform.engines[name].connect() as connection:
            for id_, at in connection.execute(sa.text(query), {"ids": list(referrals)}):
                ends[id_] = max(ends.get(id_, 0.0), float(at))
    return ends
