"""The four real services as docker-compose.yml runs them, with a partnership of 1,000 services."""

import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from functools import partial
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx
import sqlalchemy as sa

from benchmarks.pipeline import HOUSE, NAMES, PLACES, SERVICE_IDS, WARD, Pipeline, service_for
from benchmarks.processes import Program, started
from benchmarks.stand import Stand
from onward import rows, service
from onward.identity import Actor, Role
from onward.migrate import upgrade
from onward.servers import create_service_database
from onward.servers.process import free_port
from onward.service import RunningService
from onward.settings import read_settings
from onward.topology import HEARS
from services.directory.seeding import SeedFile, load
from services.directory.storage.ledger_tables import places as place_table
from services.referral.domain.effects import Command
from services.referral.domain.handoff import Urgency
from services.referral.domain.moves import Action
from services.referral.domain.pack import Consent
from services.referral.domain.person import Person
from services.referral.domain.submission import Submission
from services.referral.handlers.acting import act
from services.referral.handlers.submitting import submit
from services.referral.storage.vault import vault_of

AGREEMENT = UUID(int=3)
INTAKE = "referral-web"
"""The program that answers requests to the referral service; what follows from them is another's."""
PORTION = 50
"""Handoffs per transaction while a backlog is made."""


def worker(organisation: UUID) -> Actor:
    """Return somebody who works at *organisation*."""
    return Actor(principal=f"worker:{uuid4()}", organisation=organisation, role=Role.CASEWORKER)


class Platform(Pipeline):
    """The four services, running on the stand."""

    def __init__(
        self,
        stand: Stand,
        programs: Mapping[str, Program],
        runnings: Mapping[str, RunningService],
        urls: Mapping[str, str],
    ) -> None:
        """Drive *programs*; *runnings* are the same services once more, in this process."""
        super().__init__(
            stand, programs, {name: running.engine for name, running in runnings.items()}
        )
        self.runnings = runnings
        self.urls = urls

    def make_backlog(self, handoffs: int, *, first: int = 0) -> None:
        """Submit and accept by the service's own use cases, many to a transaction.

        They go to services in turn, beginning with number *first*.
        """
        running = self.runnings["referral"]
        vault = vault_of(running.settings)
        sender, recipient = worker(WARD), worker(HOUSE)
        for start in range(first, first + handoffs, PORTION):
            portion = range(start, min(start + PORTION, first + handoffs))
            with running.database.transaction(actor=sender) as uow:
                sent = [submit(uow, vault, submission(number)).handoff for number in portion]
            with running.database.transaction(actor=recipient) as uow:
                for handoff in sent:
                    act(uow, vault, handoff.id, handoff.version, Command(action=Action.ACCEPT))

    def free_places(self) -> None:
        """End every hold."""
        self.change(
            "directory",
            "UPDATE claims SET state = 'released', ended_at = now(), end_reason = 'completed'"
            " WHERE state = 'held'",
            "VACUUM claims",
        )

    def change(self, name: str, *statements: str) -> None:
        """Run *statements* as the owner of the database of service *name*."""
        url = sa.make_url(self.stand.admin_url).set(database=self.engines[name].url.database)
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        engine.dispose()

    def is_quiet(self) -> bool:
        """Tell whether every outbox is sent and every service has heard what it must."""
        told: Counter[str] = Counter()
        for name in NAMES:
            if self.value(name, "SELECT count(*) FROM outbox WHERE sent_at IS NULL"):
                return False
            told.update(self._told(name))
        return all(
            self.count(name, "inbox")
            == sum(
                number for stream, number in told.items() if "#" in streams or stream in streams
            )
            for name, streams in HEARS.items()
        )

    def _told(self, name: str) -> dict[str, int]:
        """Return how many events of each stream service *name* has told."""
        with self.engines[name].connect() as connection:
            query = sa.text("SELECT stream, count(*) FROM outbox GROUP BY stream")
            return dict(connection.execute(query).all())


@contextmanager
def platform(
    stand: Stand,
    *,
    prefix: str = "onward",
    amqp_uri: str | None = None,
    more: Mapping[str, str] | None = None,
) -> Iterator[Platform]:
    """Run the four services with their partnership and *more* settings for the length of the block.

    A second platform beside it has another *prefix* to its databases and a virtual host of its own.
    """
    with ExitStack() as stack:
        ports = {name: free_port() for name in NAMES}
        environments = _environments(stand, prefix, ports)
        for name in NAMES:
            environments[name] |= {"ONWARD_AMQP_URI": amqp_uri or stand.amqp_uri, **(more or {})}
        runnings = stack.enter_context(_migrated(environments))
        programs = {
            name: stack.enter_context(started("onward.cli.main", environment, "serve", name))
            for name, environment in environments.items()
        }
        urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        for name in NAMES:
            programs[name].wait_until(partial(_ready, urls[name], name), "readiness")
        port = free_port()
        programs[INTAKE] = stack.enter_context(
            started(
                "onward.cli.main",
                environments["referral"] | {"ONWARD_LISTEN": f"127.0.0.1:{port}"},
                *("serve", "referral", "--role", "web"),
            )
        )
        urls["referral"] = f"http://127.0.0.1:{port}"
        programs[INTAKE].wait_until(partial(_ready, urls["referral"], "referral"), "readiness")
        made = Platform(stand, programs, runnings, urls)
        _found_partnership(made)
        made.await_quiet()
        yield made


@contextmanager
def workshop(stand: Stand) -> Iterator[Platform]:
    """Lend the four services on databases of their own, not running: for use in this process."""
    with _migrated(_environments(stand, "floor", dict.fromkeys(NAMES, 1))) as runnings:
        made = Platform(stand, {}, runnings, {})
        _found_partnership(made)
        yield made


@contextmanager
def _migrated(
    environments: Mapping[str, Mapping[str, str]],
) -> Iterator[dict[str, RunningService]]:
    runnings = {
        name: service.running(service.installed()[name], read_settings(name, environment))
        for name, environment in environments.items()
    }
    for running in runnings.values():
        upgrade(running.service, running.settings.owner_database_url)
    yield runnings
    for running in runnings.values():
        running.close()


def _environments(
    stand: Stand, prefix: str, ports: Mapping[str, int]
) -> dict[str, dict[str, str]]:
    secret = secrets.token_hex(32)
    return {
        name: _environment(stand, f"{prefix}_{name}", name, ports[name], secret) for name in NAMES
    }


def _environment(
    stand: Stand, database_name: str, name: str, port: int, secret: str
) -> dict[str, str]:
    database = create_service_database(stand.admin_url, name, name=database_name)
    return {
        f"ONWARD_{name.upper()}_DATABASE_URL": database.app_url,
        f"ONWARD_{name.upper()}_OWNER_DATABASE_URL": database.owner_url,
        "ONWARD_AMQP_URI": stand.amqp_uri,
        "ONWARD_SECRET_KEY": secret,
        "ONWARD_SIGNING_KEY": secret,
        "ONWARD_LISTEN": f"127.0.0.1:{port}",
        "ONWARD_LOG_LEVEL": "warning",
        "ONWARD_RATE_PER_SECOND": "100000",
        "ONWARD_RATE_BURST": "100000",
    }


def _ready(url: str, name: str) -> bool:
    try:
        return httpx.get(f"{url}/{name}/readyz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _found_partnership(platform: Platform) -> None:
    """Let the directory publish two organisations, their services and an agreement; open the places."""
    directory = platform.runnings["directory"]
    load(directory, SeedFile().load(_partnership()), rng=Random(1))  # noqa: S311 - no secrets in it
    with directory.database.transaction() as uow:
        rows.insert(uow.connection, place_table, _places())


def _partnership() -> dict[str, Any]:
    terms = {"acknowledge_hours": 4, "answer_hours": 24, "offer_hours": 24, "expire_days": 7}
    sections = ["identity", "contact", "housing"]
    return {
        "organisations": [
            {"id": str(WARD), "name": "Ward Team", "kind": "statutory"},
            {"id": str(HOUSE), "name": "House", "kind": "housing-provider"},
        ],
        "services": [
            {
                "id": str(id_),
                "name": f"Step-down house {number}",
                "summary": "A bed for up to two weeks.",
                "status": "active",
                "recipient": str(HOUSE),
                "providers": [str(HOUSE)],
                "capacity_kind": "bed",
                "limits": {"maximum_stay_days": 14, "review_day": 10},
                "terms": terms,
                "asks_for": sections,
                "sites": [],
            }
            for number, id_ in enumerate(SERVICE_IDS)
        ],
        "agreements": [
            {
                "id": str(AGREEMENT),
                "from_organisation": str(WARD),
                "to_organisation": str(HOUSE),
                "purposes": ["direct-care"],
                "sections": sections,
                "lawful_basis": "direct-care",
                "valid_from": str(date(2020, 1, 1)),
            }
        ],
    }


def _places() -> Sequence[dict[str, Any]]:
    return [
        {
            "id": uuid4(),
            "service_id": id_,
            "number": number,
            "label": f"Bed {number}",
            "opening": "available",
        }
        for id_ in SERVICE_IDS
        for number in range(1, PLACES + 1)
    ]


def submission(number: int) -> Submission:
    """Return what is sent for handoff *number*."""
    return Submission(
        person=Person(
            id=uuid4(), organisation=WARD, given_name="Sam", family_name=f"Synthetic {number}"
        ),
        service_id=service_for(number),
        urgency=Urgency.URGENT,
        needs=("housing",),
        lawful_basis="direct-care",
        consent=Consent(given=True),
        sections={"housing": {"summary": "Nowhere to go to after the ward."}},
    )
