"""Load a partnership from a file: who there is, what they offer, who may share, who may sign in.

Loading again adds what is missing and changes nothing that is there, so that edits survive a restart.

A file may name others beside it (``includes``), and say under ``assumed`` what it adds to their organisations
and services: facts that somebody has published stay apart from what a demo makes up.
"""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import UUID

from onward.database import UnitOfWork
from onward.identity import Actor, Role
from onward.service import RunningService
from onward.web.passwords import generate_password
from services.directory.domain.accounts import Worker
from services.directory.domain.agreements import Agreement
from services.directory.handlers import accounts, entries, partners, places
from services.directory.seeding.files import SeedFile, read, read_file
from services.directory.storage.store import Store
from services.directory.web.entries import organisation_from, programme_from, service_from

__all__ = [
    "PARTNERSHIP",
    "SEED",
    "Credentials",
    "SeedFile",
    "load",
    "load_demo",
    "read",
    "read_file",
]

SEED: Final = Path(__file__).parents[1] / "seed"
PARTNERSHIP: Final = SEED / "partnership.yaml"
SEEDER: Final = Actor(principal="service:directory", organisation=None, role=Role.OPERATOR)
"""Whoever may load a file into the database may do what an operator may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """How somebody signs in."""

    username: str
    password: str
    organisation: str
    organisation_id: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """How a system asks for tokens."""

    client_id: str
    client_secret: str
    organisation: str
    organisation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Everything that was made and is told this once: accounts that were there before are not in it."""

    people: tuple[Person, ...] = ()
    systems: tuple[System, ...] = ()

    def document(self) -> dict[str, list[dict[str, str]]]:
        """Return it ready for JSON."""
        return {
            "people": [asdict(person) for person in self.people],
            "systems": [asdict(system) for system in self.systems],
        }


def load_demo(running: RunningService, seed: int | None) -> dict[str, list[dict[str, str]]]:
    """Load the demo's partnership; return its logins ready for JSON.

    *seed* makes passwords that anybody can make again: rehearsals only.
    """
    return load(running, read_file(PARTNERSHIP), rng=random_source(seed)).document()


def random_source(seed: int | None) -> Random:
    """Return the operating system's randomness, or a repeatable one where *seed* asks for it."""
    return secrets.SystemRandom() if seed is None else Random(seed)  # noqa: S311 - asked for


def load(running: RunningService, document: Mapping[str, Any], *, rng: Random) -> Credentials:
    """Add what *document* (from `read`) says and is not there yet, in one transaction."""
    with running.database.transaction(actor=SEEDER) as uow:
        for organisation in document["organisations"]:
            _add_organisation(uow, organisation)
        for programme in document["programmes"]:
            _add_programme(uow, programme)
        for service in document["services"]:
            _add_service(uow, service)
        for agreement in document["agreements"]:
            _add_agreement(uow, agreement)
        names = _names(uow, document)
        people = [_add_person(uow, one, names, rng) for one in document["people"]]
        systems = [_add_system(uow, one, names, rng) for one in document["systems"]]
    return Credentials(
        people=tuple(person for person in people if person),
        systems=tuple(system for system in systems if system),
    )


def _add_organisation(uow: UnitOfWork[Store], said: Mapping[str, Any]) -> None:
    if uow.store.organisations.find(said["id"]) is None:
        entries.publish_organisation(uow, organisation_from(_body(said), said["id"], 1))


def _add_programme(uow: UnitOfWork[Store], said: Mapping[str, Any]) -> None:
    if uow.store.programmes.find(said["id"]) is None:
        entries.publish_programme(uow, programme_from(_body(said), said["id"], 1))


def _add_service(uow: UnitOfWork[Store], said: Mapping[str, Any]) -> None:
    if uow.store.services.find(said["id"]) is not None:
        return
    service = entries.publish_service(uow, service_from(_body(said), said["id"], 1))
    for place in said["places"]:
        terms = {name: value for name, value in place.items() if name != "state"}
        places.add_place(uow, service.id, opening=place["state"], **terms)


def _body(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry as the API would have been sent it."""
    return {name: value for name, value in said.items() if name not in {"id", "places"}}


def _add_agreement(uow: UnitOfWork[Store], said: Mapping[str, Any]) -> None:
    if uow.store.agreements.find(said["id"]) is None:
        lists = {name: tuple(said[name]) for name in ("purposes", "sections")}
        entries.publish_agreement(uow, Agreement(**{**said, **lists}))


def _names(uow: UnitOfWork[Store], document: Mapping[str, Any]) -> Mapping[UUID, str]:
    accounts_of = (*document["people"], *document["systems"])
    return uow.store.organisations.named({one["organisation"] for one in accounts_of})


def _add_person(
    uow: UnitOfWork[Store], said: Mapping[str, Any], names: Mapping[UUID, str], rng: Random
) -> Person | None:
    password = generate_password(
        choose=rng.choice
    )  # drawn in any case: the next ones depend on it
    if uow.store.accounts.worker_named(said["username"]):
        return None
    worker = Worker(
        id=UUID(int=rng.getrandbits(128), version=4),
        organisation_id=said["organisation"],
        username=said["username"],
        display_name=said["display_name"],
        role=said["role"],
    )
    accounts.open_account(uow, worker, password=password)
    return Person(
        username=worker.username,
        password=password,
        organisation=names[worker.organisation_id],
        organisation_id=str(worker.organisation_id),
        role=worker.role.value,
    )


def _add_system(
    uow: UnitOfWork[Store], said: Mapping[str, Any], names: Mapping[UUID, str], rng: Random
) -> System | None:
    secret = f"{said['client_id']}-{rng.getrandbits(256):064x}"
    if uow.store.accounts.system(said["client_id"]):
        return None
    partners.register_as(
        uow,
        said["client_id"],
        organisation_id=said["organisation"],
        name=said["name"],
        secret=secret,
    )
    return System(
        client_id=said["client_id"],
        client_secret=secret,
        organisation=names[said["organisation"]],
        organisation_id=str(said["organisation"]),
    )
