"""The directory in a file and back: byte for byte, once, entry by entry, and told as editing is."""

import json
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from typer.testing import CliRunner

from onward.contracts.directory import ServicePublished
from onward.identity import Actor, Role
from onward.service import RunningService
from services.directory import cli, seeding
from services.directory.exchange import writing
from services.directory.exchange.documents import Assumed
from services.directory.exchange.files import read_file
from services.directory.exchange.importing import Outcome, Result, import_entries, listed_among
from services.directory.exchange.reading import read_entries
from tests.integration.directory import world
from tests.integration.directory.conftest import _empty, envelopes

EDITOR = Actor(principal="worker:editor", organisation=world.RESPONSE.id, role=Role.EDITOR)


def exported(running: RunningService) -> dict[str, Any]:
    with running.database.transaction() as uow:
        return writing.export(uow.store)


def imported(
    running: RunningService, content: bytes, *, by: Actor = world.OPERATOR, table: bool = False
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    transactions = partial(running.database.transaction, actor=by)
    file = read_file(content, table=table)
    assumed = Assumed(listed=listed_among(transactions, file))
    import_entries(
        transactions,
        list(read_entries(file, assumed)),
        lambda _, portion: outcomes.extend(portion),
    )
    return sorted(outcomes, key=lambda one: one.number)


@pytest.mark.parametrize("table", [False, True], ids=["JSON", "CSV"])
def test_the_seed_partnerships_come_back_byte_for_byte(
    empty: RunningService, *, table: bool
) -> None:
    seeding.load_demo(empty, 1)
    write = writing.as_table if table else writing.as_json
    content = write(exported(empty))

    assert {one.result for one in imported(empty, content, table=table)} == {Result.UNCHANGED}
    _empty(str(empty.settings.owner_database_url))
    first = imported(empty, content, table=table)
    assert {one.result for one in first} == {Result.ADDED}
    assert write(exported(empty)) == content
    told = [one.event for one in envelopes(empty)]
    services = sum(one.read.kind == "services" for one in first)
    assert sum(isinstance(one, ServicePublished) for one in told) == services
    assert len(told) == len(first)


def test_an_import_changes_what_differs_and_tells_only_that(running: RunningService) -> None:
    document = json.loads(writing.as_json(exported(running)))
    house = next(one for one in document["services"] if one["name"] == world.HOUSE.name)
    house["description"] = "Another summary."
    (changed,) = (
        one
        for one in imported(running, json.dumps(document).encode())
        if one.result is not Result.UNCHANGED
    )

    assert (changed.result, changed.changed) == (Result.CHANGED, ("summary",))
    (told,) = [one.event for one in envelopes(running)]
    assert isinstance(told, ServicePublished)
    with running.database.transaction() as uow:
        assert uow.store.services.get(world.HOUSE.id).version == 2


def test_others_words_do_not_undo_what_they_do_not_say(running: RunningService) -> None:
    said = {
        "id": str(world.HOUSE.id),
        "name": world.HOUSE.name,
        "description": "As the council lists it.",
        "status": "active",
        "organization": {"id": str(world.RESPONSE.id), "name": "Response", "description": ""},
    }
    outcomes = imported(running, json.dumps([said]).encode())

    assert [one.result for one in outcomes] == [Result.UNCHANGED, Result.CHANGED]
    with running.database.transaction() as uow:
        house = uow.store.services.get(world.HOUSE.id)
    assert house.summary == "As the council lists it."
    assert (house.capacity_kind, house.limits) == (world.HOUSE.capacity_kind, world.HOUSE.limits)
    assert house.asks_for == world.HOUSE.asks_for


def test_what_cannot_be_is_refused_entry_by_entry_with_its_place(running: RunningService) -> None:
    document = json.loads(writing.as_json(exported(running)))
    template = document["services"][0]

    def new(number: int, **more: Any) -> dict[str, Any]:
        onward = {**template["onward"], **more.pop("onward", {})}
        return {**template, "id": str(UUID(int=number)), "onward": onward, **more}

    def goes_with(number: int) -> dict[str, Any]:
        return {"related": [{"kind": "alongside", "service": str(UUID(int=number))}]}

    services = [
        new(901, onward=goes_with(902)),
        new(902, onward=goes_with(901)),
        new(903, onward=goes_with(904)),
        new(904, onward={"providers": [str(UUID(int=77))], "recipient": str(UUID(int=77))}),
        new(905, status="open"),
    ]
    del services[3]["organization"]
    outcomes = imported(running, json.dumps({"services": services}).encode())

    assert [one.result for one in outcomes if one.read.kind == "services"] == [
        Result.ADDED,
        Result.ADDED,
        Result.REFUSED,
        Result.REFUSED,
        Result.REFUSED,
    ]
    pointers = [error.pointer for one in outcomes for error in one.errors]
    assert pointers == [
        "/services/2/onward/related/0/service",
        "/services/3/onward/providers/0",
        "/services/4/status",
    ]


def test_an_editor_imports_what_their_own_organisation_answers_for(
    running: RunningService,
) -> None:
    document = json.loads(writing.as_json(exported(running)))
    for one in document["services"]:
        one["description"] = "Another summary."
    outcomes = imported(running, json.dumps(document).encode(), by=EDITOR)

    by_name = {one.read.name: one for one in outcomes if one.read.kind == "services"}
    assert by_name[world.HOUSE.name].result is Result.CHANGED
    assert by_name[world.ADVICE.name].result is Result.REFUSED
    assert "your own organisation" in by_name[world.ADVICE.name].errors[0].detail


def test_an_import_that_was_cut_off_is_taken_up_where_it_was(running: RunningService) -> None:
    document = json.loads(writing.as_json(exported(running)))
    template = document["services"][0]
    new = [{**template, "id": str(UUID(int=1000 + n))} for n in range(3)]
    reads = list(read_entries(read_file(json.dumps(new).encode(), table=False), Assumed()))
    outcomes: list[Outcome] = []
    import_entries(
        partial(running.database.transaction, actor=world.OPERATOR),
        reads,
        lambda _, portion: outcomes.extend(portion),
        done=frozenset({0, 1, 2}),
    )

    assert [one.number for one in outcomes] == [3]


@pytest.fixture
def terminal(running: RunningService, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("ONWARD_DIRECTORY_DATABASE_URL", running.settings.database_url)
    return CliRunner()


def test_the_commands_write_check_and_import_a_file(
    terminal: CliRunner, running: RunningService, tmp_path: Path
) -> None:
    file = tmp_path / "directory.json"
    assert terminal.invoke(cli.app, ["export", str(file)]).exit_code == 0
    checked = terminal.invoke(cli.app, ["validate", str(file)])
    assert (checked.exit_code, "without a mistake" in checked.output) == (0, True)
    again = terminal.invoke(cli.app, ["import", str(file)])
    assert (again.exit_code, "0 added, 0 changed, 6 unchanged, 0 refused" in again.output) == (
        0,
        True,
    )

    text = file.read_text().replace('"status": "active"', '"status": "open"', 1)
    file.write_text(text)
    line = next(n for n, said in enumerate(text.split("\n"), start=1) if '"open"' in said)
    for command in ("validate", "import"):
        refused = terminal.invoke(cli.app, [command, str(file)])
        assert refused.exit_code == 1
        assert f"{file}:{line}:17: /services/0/status: Use one of" in refused.output
    file.write_text("{")
    broken = terminal.invoke(cli.app, ["validate", str(file)])
    assert (broken.exit_code, f"{file}:1:2: This is not JSON" in broken.output) == (1, True)
