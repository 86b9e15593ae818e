"""What an inbox costs where ten thousand handoffs are open, and whether it costs more as closed ones pile up.

The referral service alone answers whole requests in this process, under row security, as the app's own role.
The open handoffs were submitted, since a person's record opens under their own id alone, and are in every
state; the closed ones are copies under fresh ids, for the same two parties.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import psycopg2
import sqlalchemy as sa
from flask.testing import FlaskClient

from benchmarks import alone, growth, intake
from benchmarks.pipeline import HOUSE, SERVICE_IDS, WARD
from benchmarks.platform import AGREEMENT, PORTION, submission, worker
from benchmarks.spread import percentile
from onward.identity import Role
from onward.scope import act_as_platform
from onward.servers import ServerError
from onward.service import RunningService
from services.referral.app import SERVICE
from services.referral.domain.routing import Agreement, Service
from services.referral.domain.timing import Policy
from services.referral.handlers.submitting import submit
from services.referral.storage.copies import Organisation
from services.referral.storage.vault import vault_for
from services.referral.web import create_app

OPEN: Final = 10_000
"""Open handoffs of the inbox, wherever it is measured."""
WARMING: Final = 20
"""Requests of each kind before any is counted."""
GROWING: Final[Mapping[str, str | None]] = {
    "persons": None,
    "traces": None,
    "referrals": None,
    "handoffs": "status = 'completed', next_due = NULL, review_due = NULL, ended_at = now()",
    "packs": None,
    "steps": None,
    "deadlines": "running = false, next_at = NULL",
    "outbox": "sent_at = now()",
}
"""Tables that grow with every handoff, and what is different where it is over."""
SPREAD_OUT: Final = """
    UPDATE handoffs SET
        status = (ARRAY['requested', 'requested', 'acknowledged', 'waitlisted', 'in_progress',
            'info_requested'])[1 + get_byte(uuid_send(id), 15) % 6],
        urgency_rank = get_byte(uuid_send(id), 14) % 3,
        next_due = now() + make_interval(hours => get_byte(uuid_send(id), 13) - 64),
        sort_at = now() + make_interval(hours => get_byte(uuid_send(id), 13) - 64),
        review_due = CASE get_byte(uuid_send(id), 15) % 6
            WHEN 4 THEN now() + make_interval(days => get_byte(uuid_send(id), 12) % 8) END
"""
"""As after weeks of work: in every state, some of it overdue."""
ASKED: Final[Mapping[str, tuple[UUID, str]]] = {
    "inbox": (HOUSE, "/inbox"),
    "inbox over the API": (HOUSE, "/api/v1/handoffs"),
    "start page of the sender": (WARD, "/"),
    "sent": (WARD, "/referrals"),
}
"""What is read, by whom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """How long requests of one kind took."""

    p50: float
    """Milliseconds."""
    p95: float
    cpu: float
    """Milliseconds of our own processor time per request: what a busy machine distorts less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desks:
    """Somebody at each of two organisations, and the referral service that they work with."""

    client: FlaskClient
    headers: Mapping[UUID, Mapping[str, str]]

    def run(self, requests: int) -> dict[str, Taken]:
        """Read each list and submit *requests* times, in turn; return what each came to."""
        spent: dict[str, list[tuple[float, float]]] = {}
        for number in range(requests):
            for name, (reader, path) in ASKED.items():
                spent.setdefault(name, []).append(self._read(reader, path))
            spent.setdefault("submit", []).append(self._submit(number))
        return {
            name: Taken(
                p50=percentile([wall for wall, _ in each], 0.5),
                p95=percentile([wall for wall, _ in each], 0.95),
                cpu=sum(cpu for _, cpu in each) / len(each),
            )
            for name, each in spent.items()
        }

    def _read(self, reader: UUID, path: str) -> tuple[float, float]:
        return self._timed("GET", path, self.headers[reader])

    def _submit(self, number: int) -> tuple[float, float]:
        return self._timed(
            "POST", "/api/v1/referrals", self.headers[WARD], json=intake.body(number)
        )

    def _timed(
        self, method: str, path: str, headers: Mapping[str, str], **more: Any
    ) -> tuple[float, float]:
        begun, spent = time.perf_counter(), time.process_time()
        answer = self.client.open(path, method=method, headers=headers, **more)
        taken = 1000 * (time.perf_counter() - begun), 1000 * (time.process_time() - spent)
        if answer.status_code not in {HTTPStatus.OK, HTTPStatus.CREATED}:
            raise ServerError(f"{method} {path} was answered with {answer.status_code}.")
        return taken


@contextmanager
def desks(admin_url: str, stored: int) -> Iterator[tuple[Desks, Desks]]:
    """Lend the referral service with `OPEN` handoffs alone, and with *stored* behind them."""
    few, many = f"worklists_{OPEN}", f"worklists_{stored}_grown"
    with alone.started(admin_url, SERVICE, few) as running:
        _found_partnership(running)
        _open_handoffs(running)
        _administer(admin_url, few, [SPREAD_OUT, "VACUUM ANALYZE"])
    with (
        alone.started(admin_url, SERVICE, many, template=few) as grown,
        alone.started(admin_url, SERVICE, few) as young,
    ):
        _close_many(admin_url, many, stored - OPEN)
        _administer(admin_url, many, ["VACUUM ANALYZE"])
        pair = _staffed(young), _staffed(grown)
        for one in pair:
            one.run(WARMING)
        yield pair


def _staffed(running: RunningService) -> Desks:
    who = {each: alone.headers(running, each, Role.CASEWORKER) for each in (WARD, HOUSE)}
    return Desks(client=create_app(running).test_client(), headers=who)


def _found_partnership(running: RunningService) -> None:
    policy = Policy(acknowledge_hours=4, answer_hours=24, offer_hours=24, expire_days=7)
    sections = ("identity", "contact", "housing")
    agreement = Agreement(
        id=AGREEMENT,
        from_organisation=WARD,
        to_organisation=HOUSE,
        purposes=("direct-care",),
        sections=sections,
        lawful_basis="direct-care",
        valid_from=date(2020, 1, 1),
        valid_until=None,
    )
    services = [
        Service(
            id=id_,
            name=f"Step-down house {number}",
            status="active",
            recipient=HOUSE,
            providers=(HOUSE,),
            capacity_kind="bed",
            has_ledger=True,
            nation="england",
            asks_for=sections,
            policy=policy,
        )
        for number, id_ in enumerate(SERVICE_IDS)
    ]
    parties = {WARD: ("Ward Team", "statutory"), HOUSE: ("House", "housing-provider")}
    with running.database.transaction() as uow:
        act_as_platform(uow.connection)
        uow.store.copies.keep_organisations(
            [Organisation(id=id_, name=n, kind=k, active=True) for id_, (n, k) in parties.items()]
        )
        uow.store.copies.keep_services(services)
        uow.store.copies.keep_agreements([agreement])


def _open_handoffs(running: RunningService) -> None:
    vault = vault_for(running.settings.secret_key)
    for start in range(0, OPEN, PORTION):
        with running.database.transaction(actor=worker(WARD)) as uow:
            for number in range(start, start + PORTION):
                submit(uow, vault, submission(number))


def _close_many(admin_url: str, name: str, count: int) -> None:
    connection = _administrator(admin_url, name)
    with connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # what refers is copied with it
        for table, over in GROWING.items():
            growth.copy_rows(cursor, table, count // growth.PATTERN, growth.PATTERN, changed=over)
    connection.close()


def _administer(admin_url: str, name: str, statements: list[str]) -> None:
    connection = _administrator(admin_url, name)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


def _administrator(admin_url: str, name: str) -> Any:
    url = sa.make_url(admin_url).set(drivername="postgresql", database=name)
    return psycopg2.connect(url.render_as_string(hide_password=False))
