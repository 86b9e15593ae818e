"""Entries are written down as JSON and read back as they were, by newer code, too."""

import json
from typing import Any
from uuid import UUID

import pytest

from services.directory.domain.history import Entry, Kind, changed_facts
from services.directory.domain.places import CapacityKind
from services.directory.domain.services import Service, ServiceStatus
from services.directory.domain.snapshots import read, written
from services.directory.seeding import PARTNERSHIP, read_file
from services.directory.web.entries import organisation_from, programme_from, service_from

SERVICE = Service(
    id=UUID(int=1),
    name="House",
    summary="A stay.",
    status=ServiceStatus.ACTIVE,
    recipient=UUID(int=2),
    providers=(UUID(int=2),),
    capacity_kind=CapacityKind.BED,
)
MADE: dict[str, Any] = {
    "organisations": organisation_from,
    "programmes": programme_from,
    "services": service_from,
}


def seeded(name: str) -> list[Entry]:
    def body(said: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in said.items() if key not in {"id", "places"}}

    return [MADE[name](body(said), said["id"], 1) for said in read_file(PARTNERSHIP)[name]]


@pytest.mark.parametrize("name", MADE)
def test_every_entry_of_the_seeds_is_read_back_as_it_was(name: str) -> None:
    for entry in seeded(name):
        again = read(Kind.of(entry).made, json.loads(json.dumps(written(entry))))
        assert again == entry
        assert list(changed_facts(entry, again)) == []


def test_what_was_written_before_a_field_was_thought_of_is_still_read() -> None:
    older = written(SERVICE)
    del older["limits"]["review_day"], older["languages"]
    older["colour"] = "blue"

    assert read(Service, older) == SERVICE
