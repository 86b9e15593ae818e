"""What importing costs: a file of made-up services handed in over the API, until its report is whole.

``python -m benchmarks.importing`` prints medians of repeated runs with their spread; nothing is written.
A file is Open Referral UK as an export has it, or the same as a table. Each run sends new services, the
same once more, which changes nothing, and the same with another summary, which changes every one.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from flask.testing import FlaskClient

from benchmarks import alone
from benchmarks.matching import Country, code
from benchmarks.spread import spread
from onward.identity import Role
from onward.observability import configure_logging
from onward.servers import ServerError
from onward.service import RunningService
from services.directory.app import make_app
from services.directory.domain import eligibility
from services.directory.domain.facts import Area, Mode, Need, Position, Provenance, Site, WayIn
from services.directory.domain.open_referral import Named, write_service
from services.directory.domain.organisations import Organisation, OrganisationKind
from services.directory.domain.places import CapacityKind
from services.directory.domain.services import Service, ServiceStatus
from services.directory.exchange import jobs, writing
from services.directory.exchange.writing import Document

WRITERS: Final = {"JSON": writing.as_json, "CSV": writing.as_table}
STEPS: Final = ("added", "unchanged", "changed")
"""What becomes of the services, in the order in which a run sends them."""
PATH: Final = "/api/v1/imports"
File = dict[str, list[Document]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """How long one import took."""

    seconds: float
    """From the first byte that is sent until the report is whole."""
    cpu: float
    """Seconds of our own processor time: what a busy machine distorts less."""
    megabytes: float
    """Of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Importer:
    """A directory, and an operator's system that brings it files of so many services."""

    running: RunningService
    client: FlaskClient
    country: Country
    services: int

    def run(self, kind: str) -> Iterator[tuple[str, Taken]]:
        """Send new services as a file of *kind*, then unchanged, then changed; tell what each took."""
        file = made_file(self.country, self.services)
        for step in STEPS:
            if step == "changed":
                for one in file["services"]:
                    one["description"] = "Made up, and told in other words than before."
            yield step, self._import(kind, step, WRITERS[kind](file).decode())

    def _import(self, kind: str, step: str, content: str) -> Taken:
        body = {"name": "services", "format": kind.lower(), "content": content}
        started, spent = time.perf_counter(), time.process_time()
        answer = self.client.post(PATH, json=body, headers=self._headers())
        jobs.carry_on(self.running)
        taken = Taken(
            seconds=time.perf_counter() - started,
            cpu=time.process_time() - spent,
            megabytes=len(content.encode()) / 1_000_000,
        )
        self._require_done(answer, step)
        return taken

    def _headers(self) -> dict[str, str]:
        """Return what lets the system in: anew each time, for a run takes longer than a token lives."""
        return alone.headers(self.running, self.country.organisations[0], Role.OPERATOR)

    def _require_done(self, answer: Any, step: str) -> None:
        if answer.status_code != HTTPStatus.ACCEPTED:
            raise ServerError(f"A file was answered with {answer.status_code}: {answer.json}")
        found: Any = self.client.get(answer.headers["Location"], headers=self._headers()).json
        if found["state"] != "done" or found["counts"][step] < self.services:
            raise ServerError(f"The services were not {step}: {found}")


@contextmanager
def importer(admin_url: str, services: int) -> Iterator[Importer]:
    """Lend a directory that files of so many *services* are imported into; it grows with each run."""
    country = Country()
    with alone.directory(admin_url, "imported") as running:
        yield Importer(
            running=running,
            client=make_app(running).test_client(),
            country=country,
            services=services,
        )


def made_file(country: Country, services: int) -> File:
    """Return so many new *services* with those who provide them, as an export has them."""
    providers = {
        id_: Organisation(
            id=id_, name=f"Organisation {id_.hex[:8]}", kind=OrganisationKind.CHARITY
        )
        for id_ in country.organisations
    }
    return {
        "organizations": [writing.organisation_document(one) for one in providers.values()],
        "services": [_document(_service(country), providers) for _ in range(services)],
    }


def _document(service: Service, providers: dict[UUID, Organisation]) -> Document:
    takes = eligibility.read(service.eligibility) if service.eligibility else None
    named = Named(organisations=providers, names={}, eligibility=takes, mailboxes=True)
    return writing.service_document(service, write_service(service, named))


def _service(country: Country) -> Service:
    chance, district = country.chance, country.district()
    id_, owner = UUID(int=chance.getrandbits(128)), chance.choice(country.organisations)
    return Service(
        id=id_,
        name=f"Service {id_.hex[:8]}",
        summary="Made up, and told in about as many words as services have in truth.",
        status=ServiceStatus.ACTIVE,
        recipient=owner,
        providers=(owner,),
        capacity_kind=chance.choice(list(CapacityKind)),
        asks_for=("identity", "contact"),
        needs=tuple(chance.sample(list(Need), chance.randint(1, 3))),
        modes=(Mode.IN_PERSON,),
        ways_in=(WayIn.REFERRAL,),
        languages=("en",),
        eligibility=country.rules(),
        opening=country.hours(),
        sites=(_site(country, district),),
        areas=(_area(district),),
        provenance=Provenance(source="Made up", unstated=("funders", "hosts")),
    )


def _site(country: Country, district: int) -> Site:
    latitude, longitude = country.near(district)
    return Site(
        name="Centre",
        locality="Here",
        postcode="OX4 1AA",
        latitude=latitude,
        longitude=longitude,
        position=Position.SITE,
    )


def _area(district: int) -> Area:
    outcodes = (f"Z{district % 100}",)
    return Area(name=f"District {district}", code=code(district), outcodes=outcodes)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--services", type=int, default=10_000, help="services of a file")
    parser.add_argument("--runs", type=int, default=3, help="runs, of which the median counts")
    asked = parser.parse_args()
    configure_logging("warning")
    found: dict[tuple[str, str], list[Taken]] = {}
    with alone.postgres() as admin_url, importer(admin_url, asked.services) as lent:
        for _ in range(asked.runs):
            for kind in WRITERS:
                for step, taken in lent.run(kind):
                    found.setdefault((kind, step), []).append(taken)
    for (kind, step), runs in found.items():
        seconds, cpu = spread([one.seconds for one in runs]), spread([one.cpu for one in runs])
        sys.stdout.write(
            f"{asked.services:,} services {step:<9} {kind:<4} ({runs[0].megabytes:.0f} MB): "
            f"{seconds.shown(1)} s, own processor {cpu.shown(1)} s\n"
        )


if __name__ == "__main__":
    main()
