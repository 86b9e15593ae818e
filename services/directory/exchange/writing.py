"""Write the whole directory as Open Referral UK, and what that has no word for under ``onward``."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from uuid import UUID

import orjson

from services.directory.domain.facts import Position
from services.directory.domain.open_referral import write_organisation, write_service
from services.directory.domain.organisations import Organisation
from services.directory.domain.programmes import Programme
from services.directory.domain.services import Service
from services.directory.domain.snapshots import written
from services.directory.exchange import spreadsheet
from services.directory.handlers.listing import named_by
from services.directory.storage.listing import Part
from services.directory.storage.services import Wanted
from services.directory.storage.store import Store

PORTION: Final = 500
Document = dict[str, Any]
_OWN: Final = frozenset({"id", "version", "name", "summary", "website", "mailbox"})
SAID_OF_ORGANISATIONS: Final = _OWN | {"phone", "part_of", "ods_code", "charity_number"}
"""Fields that stand in the standard's own members."""
SAID_OF_PROGRAMMES: Final = frozenset({"id", "version", "name", "summary", "lead"})
SAID_OF_SERVICES: Final = _OWN | {
    "status",
    "needs",
    "modes",
    "ways_in",
    "capacity_kind",
    "languages",
    "programme",
    "sites",
    "areas",
    "funders",
    "recipient",
    "providers",
    "counted",
}


def export(
    store: Store, seen: Callable[[int], None] = lambda _: None
) -> dict[str, list[Document]]:
    """Return every organisation, programme and service by id; *seen* is told how many more there are."""
    organisations = _counted(map(organisation_document, _organisations(store)), seen)
    programmes = _counted(map(programme_document, _programmes(store)), seen)
    services = _counted(_services(store), seen)
    made = {"organizations": organisations, "programs": programmes, "services": services}
    return {
        kind: sorted(documents, key=lambda one: str(one["id"])) for kind, documents in made.items()
    }


def as_json(document: Mapping[str, Any]) -> bytes:
    """Return *document* as indented JSON, so that mistakes can be found by their line."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def as_table(document: Mapping[str, Any]) -> bytes:
    """Return *document* as CSV."""
    return spreadsheet.write(orjson.loads(orjson.dumps(document))).encode()


def organisation_document(organisation: Organisation) -> Document:
    """Return everything of an organisation's entry."""
    document = write_organisation(organisation, mailbox=True)
    return document | {"onward": _rest(organisation, SAID_OF_ORGANISATIONS)}


def programme_document(programme: Programme) -> Document:
    """Return everything of a programme's entry."""
    return {
        "id": programme.id,
        "name": programme.name,
        "description": programme.summary,
        "organization_id": programme.lead,
        "onward": _rest(programme, SAID_OF_PROGRAMMES),
    }


def service_document(service: Service, standard: Document) -> Document:
    """Return everything of a service's entry, of which *standard* is what the standard has words for."""
    onward = _rest(service, SAID_OF_SERVICES)
    if service.providers != (service.recipient,):
        onward["recipient"] = str(service.recipient)
        onward["providers"] = written(service.providers)
    for part, site in zip(standard.get("service_at_locations", ()), service.sites, strict=True):
        if site.position is Position.LOCALITY:
            part["location"]["onward"] = {"position": site.position.value}
    for part, area in zip(standard.get("service_areas", ()), service.areas, strict=True):
        part["onward"] = _rest(area, frozenset({"name", "code"}))
    for part, funder in zip(standard.get("funding", ()), service.funders, strict=True):
        part["onward"] = _rest(funder, frozenset())
    return standard | {"onward": onward}


def _rest(entry: Any, said: frozenset[str]) -> Document:
    return {name: value for name, value in _stated(written(entry)).items() if name not in said}


def _stated(said: Any) -> Any:
    """Return *said* without what is empty, at any depth of our own dataclasses; documents stay whole."""
    return {
        name: _stated(value) if name in {"limits", "terms", "provenance"} else value
        for name, value in said.items()
        if value not in (None, [], {})
    }


def _organisations(store: Store) -> Iterator[Organisation]:
    return _every(store.organisations.part)


def _programmes(store: Store) -> Iterator[Programme]:
    return _every(store.programmes.part)


def _services(store: Store) -> Iterator[Document]:
    after: Any = None
    while portion := store.services.part(Part(limit=PORTION, after=after), Wanted()):
        named = named_by(store, portion, {}, mailboxes=True, own_rules=True)
        for service in portion:
            yield service_document(service, write_service(service, named(service)))
        after = (portion[-1].name.lower(), portion[-1].id)


def _every(read: Callable[[Part], Any]) -> Iterator[Any]:
    after: tuple[str, UUID] | None = None
    while portion := read(Part(limit=PORTION, after=after)):
        yield from portion
        after = (portion[-1].name.lower(), portion[-1].id)


def _counted(documents: Iterator[Document], seen: Callable[[int], None]) -> list[Document]:
    found = []
    for document in documents:
        found.append(document)
        seen(1)
    return found
