"""Two imports at once of the same new entry: one adds it, the other finds it there, and says so."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import orjson
import pytest
import sqlalchemy as sa

from onward.contracts.directory import OrganisationPublished, ServicePublished
from onward.service import RunningService
from services.directory.domain.organisations import Organisation
from services.directory.domain.services import Service
from services.directory.exchange.documents import Assumed
from services.directory.exchange.files import read_file
from services.directory.exchange.importing import Result
from services.directory.exchange.reading import read_entries
from services.directory.handlers import entries
from tests.integration.directory import world
from tests.integration.directory.conftest import envelopes
from tests.integration.directory.test_exchange import exported, imported
from tests.support.waiting import eventually

ID = UUID(int=901)


def new_one(running: RunningService, kind: str, name: str) -> bytes:
    """Return a file with one entry that is not listed, otherwise as the one called *name* is."""
    listed = next(one for one in exported(running)[kind] if one["name"] == name)
    changed = {"organization_identifiers": [], "id": ID, "name": "New one"}
    return orjson.dumps({kind: [{**listed, **changed}]})


def somebody_waits(running: RunningService) -> bool:
    with running.engine.connect() as connection:
        waiting = connection.scalar(sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted"))
    return bool(waiting)


@pytest.mark.parametrize(
    ("kind", "name", "told"),
    [
        ("services", world.HOUSE.name, ServicePublished),
        ("organizations", world.RESPONSE.name, OrganisationPublished),
    ],
)
def test_of_two_imports_of_the_same_new_entry_one_adds_it_and_the_other_finds_it_there(
    running: RunningService, kind: str, name: str, told: type[Any]
) -> None:
    content = new_one(running, kind, name)
    *_, read = read_entries(read_file(content, table=False), Assumed())

    with ThreadPoolExecutor(max_workers=1) as other:
        with running.database.transaction(actor=world.OPERATOR) as first:
            if isinstance(read.entry, Organisation):
                entries.publish_organisation(first, read.entry)
            elif isinstance(read.entry, Service):
                entries.publish_service(first, read.entry)
            second = other.submit(imported, running, content)
            eventually(lambda: somebody_waits(running), why="the second waits for the first")
        *_, outcome = second.result()

    assert outcome.result is Result.UNCHANGED
    assert len([one for one in envelopes(running) if isinstance(one.event, told)]) == 1
