"""What matching costs: the services that suit one person, found among many, over the whole API.

``python -m benchmarks.matching`` prints medians of repeated runs with their spread; nothing is written.
Services are made up: 330 districts of uneven size, one to three needs each, rules, hours, sites, places.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http import HTTPStatus
from random import Random
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from flask.testing import FlaskClient

from benchmarks import alone
from benchmarks.spread import paired, percentile, spread
from onward.identity import Role
from onward.observability import configure_logging
from onward.servers import ServerError
from onward.service import RunningService
from services.directory.app import make_app
from services.directory.domain.facts import By, Need, Position, WayIn
from services.directory.domain.organisations import OrganisationKind
from services.directory.domain.places import CapacityKind, Opening
from services.directory.domain.services import Nation, ServiceStatus
from services.directory.storage import tables

NEEDS: Final = [need.value for need in Need]
DISTRICTS: Final = 330
ORGANISATIONS: Final = 400
WARMING: Final = 40
"""Requests before any is counted."""
AT_A_TIME: Final = 5000
KNOWN: Final = 0.7
"""How likely a fact about somebody is known."""
UNRULED: Final = 0.1
"""How many services do not say whom they take; how many do not say when they are open; and so on."""
UNTIMED: Final = 0.2
UNPLACED: Final = 0.1
WITHOUT_AREA: Final = 0.15
FLAGS: Final = ("mental_ill_health", "isolated", "in_crisis", "inpatient", "uses_substances")
PARTNERS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """How long requests took."""

    p50: float
    """Milliseconds."""
    p95: float
    cpu: float
    """Milliseconds of our own processor time per request: what a busy machine distorts less."""
    considered: float
    """Services that were looked at, on average."""


class Country:
    """A country of made-up districts, services and people; the same for the same seed."""

    def __init__(self, seed: int = 7) -> None:
        """Draw the districts."""
        self.chance = Random(seed)  # noqa: S311 - made up on purpose
        self.centres = [self._centre() for _ in range(DISTRICTS)]
        self.sizes = [self.chance.paretovariate(1.5) for _ in range(DISTRICTS)]
        self.organisations = [UUID(int=self.chance.getrandbits(128)) for _ in range(ORGANISATIONS)]

    def _centre(self) -> tuple[float, float]:
        return self.chance.uniform(50.5, 55.0), self.chance.uniform(-4.0, 1.0)

    def happens(self, likelihood: float) -> bool:
        """Draw whether something happens."""
        return self.chance.random() < likelihood

    def district(self) -> int:
        """Draw one, large ones more often."""
        return self.chance.choices(range(DISTRICTS), weights=self.sizes)[0]

    def near(self, district: int) -> tuple[float, float]:
        """Draw a place in *district*."""
        latitude, longitude = self.centres[district]
        return latitude + self.chance.gauss(0, 0.08), longitude + self.chance.gauss(0, 0.12)

    def search(self) -> dict[str, Any]:
        """Draw what somebody looks for."""
        district = self.district()
        latitude, longitude = self.near(district)
        flags = {name: self.happens(0.5) for name in FLAGS if self.happens(KNOWN)}
        return {
            "needs": self.chance.sample(NEEDS, self.chance.randint(1, 2)),
            "facts": {"age": self.chance.randint(16, 90), "district": code(district), **flags},
            "place": {"latitude": latitude, "longitude": longitude},
        }

    def rules(self) -> Any:
        """Draw whom a service takes; some do not say."""
        if self.happens(UNRULED):
            return None
        parts: list[Any] = [{"fact": "age", "at_least": self.chance.choice([16, 18, 25, 55])}]
        for name in self.chance.sample(FLAGS, self.chance.randint(0, 3)):
            rule = {"fact": name, "is": True}
            parts.append(rule if self.happens(KNOWN) else {"not": rule})
        return {"rule": {"all": parts}}

    def hours(self) -> Any:
        """Draw when a service is open; some do not say."""
        if self.happens(UNTIMED):
            return None
        days = ["mon", "tue", "wed", "thu", "fri"][: self.chance.randint(1, 5)]
        begins, ends = self.chance.randint(7, 11), self.chance.randint(13, 20)
        span = {"from": f"{begins:02}:00", "to": f"{ends:02}:30"}
        return {"weekly": [{"days": days, **span}], "bank_holidays": "closed"}

    def service(self) -> dict[str, list[dict[str, Any]]]:
        """Draw one service: its rows, by table."""
        id_, district = UUID(int=self.chance.getrandbits(128)), self.district()
        kind = self.chance.choice(list(CapacityKind))
        owner = self.chance.choice(self.organisations)
        rows: dict[str, list[dict[str, Any]]] = {
            "services": [self._entry(id_, kind, owner)],
            "providers": [{"service_id": id_, "organisation_id": owner, "number": 1}],
        }
        if not self.happens(UNPLACED):
            rows["sites"] = [self._site(id_, district)]
        if not self.happens(WITHOUT_AREA):
            rows["areas"] = [_area(id_, district)]
        if kind.has_ledger:
            rows["ledgers"] = [{"service_id": id_}]
            rows["places"] = [self._place(id_, n) for n in range(1, self.chance.randint(2, 6))]
        return rows

    def _entry(self, id_: UUID, kind: CapacityKind, owner: UUID) -> dict[str, Any]:
        needs = self.chance.sample(NEEDS, self.chance.randint(1, 3))
        return {
            "id": id_,
            "name": f"Service {id_.hex[:8]}",
            "summary": "Made up.",
            "status": ServiceStatus.ACTIVE,
            "recipient": owner,
            "capacity_kind": kind,
            "nation": Nation.ENGLAND,
            "acknowledge_hours": 24,
            "answer_hours": 72,
            "offer_hours": 48,
            "expire_days": 14,
            "asks_for": [],
            "needs": [Need(need) for need in needs],
            "ways_in": [WayIn.REFERRAL],
            "eligibility": self.rules(),
            "opening": self.hours(),
            "version": 1,
            "changed_at": datetime.now(UTC),
        }

    def _site(self, id_: UUID, district: int) -> dict[str, Any]:
        latitude, longitude = self.near(district)
        return {
            "service_id": id_,
            "number": 1,
            "name": "Centre",
            "locality": "Here",
            "latitude": latitude,
            "longitude": longitude,
            "position": Position.SITE,
        }

    def _place(self, id_: UUID, number: int) -> dict[str, Any]:
        place = UUID(int=self.chance.getrandbits(128))
        opening = self.chance.choice([Opening.AVAILABLE, Opening.CLOSED])
        said = {"id": place, "service_id": id_, "number": number}
        return {**said, "label": f"Bed {number}", "opening": opening}


def code(district: int) -> str:
    """Return the made-up GSS code of *district*."""
    return f"E08{district:06}"


def _area(id_: UUID, district: int) -> dict[str, Any]:
    name, outcodes = f"District {district}", [f"Z{district % 100}"]
    said = {"service_id": id_, "number": 1, "name": name, "by": By.RESIDENCE}
    return {**said, "code": code(district), "outcodes": outcodes}


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """A directory with a number of services, and somebody who searches it."""

    country: Country
    client: FlaskClient
    headers: dict[str, str]

    def search(self, requests: int) -> Taken:
        """Search for as many people as there are *requests*, one after the other."""
        taken, considered = [], 0
        cpu = 0.0
        for _ in range(requests):
            body = self.country.search()
            started, spent = time.perf_counter(), time.process_time()
            answer = self.client.post("/api/v1/matches", json=body, headers=self.headers)
            taken.append((time.perf_counter() - started) * 1000)
            cpu += (time.process_time() - spent) * 1000
            if answer.status_code != HTTPStatus.OK or not answer.json:
                raise ServerError(f"A search was answered with {answer.status_code}.")
            considered += answer.json["considered"]
        return Taken(
            p50=percentile(taken, 0.5),
            p95=percentile(taken, 0.95),
            cpu=cpu / requests,
            considered=considered / requests,
        )


@contextmanager
def directory(admin_url: str, services: int) -> Iterator[Directory]:
    """Lend a directory of so many *services* on the PostgreSQL at *admin_url*, warmed up."""
    with alone.directory(admin_url, f"searched_{services}") as running:
        country = Country()
        _organisations(running, country)
        _fill(running, country, services)
        lent = Directory(
            country=country,
            client=make_app(running).test_client(),
            headers=alone.headers(running, country.organisations[0], Role.CASEWORKER),
        )
        lent.search(WARMING)
        yield lent


def _organisations(running: RunningService, country: Country) -> None:
    now = datetime.now(UTC)
    entry = {"kind": OrganisationKind.CHARITY, "incorporated": True, "active": True, "version": 1}
    listed = [
        {"id": id_, "name": f"Organisation {id_.hex[:8]}", "changed_at": now, **entry}
        for id_ in country.organisations
    ]
    shared = [
        {
            "id": UUID(int=number + 1),
            "from_organisation": country.organisations[0],
            "to_organisation": other,
            "purposes": ["direct-care"],
            "sections": ["identity"],
            "lawful_basis": "direct-care",
            "valid_from": date(2020, 1, 1),
            "version": 1,
            "changed_at": now,
        }
        for number, other in enumerate(country.organisations[1 : PARTNERS + 1])
    ]
    with running.engine.begin() as connection:
        connection.execute(sa.insert(tables.organisations), listed)
        connection.execute(sa.insert(tables.agreements), shared)


def _fill(running: RunningService, country: Country, count: int) -> None:
    for start in range(0, count, AT_A_TIME):
        made = [country.service() for _ in range(min(AT_A_TIME, count - start))]
        with running.engine.begin() as connection:
            for name in ("services", "providers", "sites", "areas", "ledgers", "places"):
                rows = [row for one in made for row in one.get(name, ())]
                connection.execute(sa.insert(tables.metadata.tables[name]), rows)
    _analyse(running)  # or the next statement is planned for tables that seem to be empty
    with running.database.transaction() as uow:
        uow.store.offers.keep_all()
    _analyse(running)


def _analyse(running: RunningService) -> None:
    """Let PostgreSQL count what there is; autovacuum does so within a minute."""
    owner = sa.create_engine(str(running.settings.owner_database_url), poolclass=sa.NullPool)
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("ANALYZE"))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--few", type=int, default=5000, help="services of the small directory")
    parser.add_argument("--many", type=int, default=50_000, help="services of the large one")
    parser.add_argument("--requests", type=int, default=200, help="searches per run")
    parser.add_argument("--runs", type=int, default=3, help="runs, of which the median counts")
    asked = parser.parse_args()
    configure_logging("warning")
    found: dict[int, list[Taken]] = {asked.few: [], asked.many: []}
    with (
        alone.postgres() as admin_url,
        directory(admin_url, asked.few) as small,
        directory(admin_url, asked.many) as large,
    ):
        for _ in range(asked.runs):
            found[asked.few].append(small.search(asked.requests))
            found[asked.many].append(large.search(asked.requests))
    for size, runs in found.items():
        sys.stdout.write(f"{size:>8,} services: {_shown(runs)}\n")
    few, many = ([one.p50 for one in runs] for runs in found.values())
    times = asked.many / asked.few
    sys.stdout.write(f"{times:.0f} times the services: {paired(many, few).shown(2)} the time\n")


def _shown(runs: Sequence[Taken]) -> str:
    p50, p95 = spread([one.p50 for one in runs]), spread([one.p95 for one in runs])
    cpu, looked = spread([one.cpu for one in runs]), spread([one.considered for one in runs])
    times = f"p50 {p50.shown(1)} ms, p95 {p95.shown(1)} ms, own processor {cpu.shown(1)} ms"
    return f"{times}, {looked.shown(0)} looked at"


if __name__ == "__main__":
    main()
