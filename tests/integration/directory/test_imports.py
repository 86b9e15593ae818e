"""A file handed in, worked through in the background, and its report: over the API and on the pages."""

import io
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from onward.clock import ManualClock
from onward.identity import Role
from onward.service import RunningService
from services.directory.exchange import jobs, writing
from services.directory.exchange.importing import PORTION
from services.directory.storage.imports import HELD, LostError
from tests.integration.directory import world
from tests.integration.directory.conftest import As
from tests.integration.directory.test_exchange import exported

PATH = "/api/v1/imports"


@pytest.fixture
def content(running: RunningService) -> str:
    """Return the directory's own file with one service changed, one new and one that cannot be."""
    document = json.loads(writing.as_json(exported(running)))
    house = next(one for one in document["services"] if one["name"] == world.HOUSE.name)
    house["description"] = "Another summary."
    document["services"] += [
        {**house, "id": str(UUID(int=901)), "name": "New house"},
        {**house, "id": str(UUID(int=902)), "status": "open"},
    ]
    return json.dumps(document, indent=1)


def hand_in(client: FlaskClient, headers: dict[str, str], content: str, **more: Any) -> Any:
    body = {"name": "services.json", "content": content, **more}
    answer = client.post(PATH, json=body, headers=headers)
    assert answer.status_code == 202, answer.json
    return answer


def read(client: FlaskClient, path: str, headers: dict[str, str]) -> Any:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, answer.json
    return answer.json


def test_a_file_is_worked_through_in_the_name_of_whoever_handed_it_in(
    client: FlaskClient, as_: As, running: RunningService, content: str
) -> None:
    editor = as_(Role.EDITOR)
    answer = hand_in(client, editor, content)
    path = answer.headers["Location"]
    assert (answer.json["state"], answer.json["total"], answer.json["done"]) == (
        "waiting",
        None,
        0,
    )

    jobs.carry_on(running)

    found = read(client, path, editor)
    assert (found["state"], found["done"], found["total"]) == ("done", 8, 8)
    assert found["counts"] == {"added": 1, "changed": 1, "unchanged": 5, "refused": 1}
    (refused,) = read(client, f"{path}/lines?result=refused", editor)
    (mistake,) = refused["mistakes"]
    assert '"status": "open"' in content.split("\n")[mistake["line"] - 1]
    assert mistake["detail"].startswith("Use one of: inactive")
    (changed,) = read(client, f"{path}/lines?result=changed", editor)
    assert changed["changed"] == ["summary"]
    history = read(client, f"/api/v1/services/{world.HOUSE.id}/history", editor)
    assert history[0]["organisation"] == str(world.RESPONSE.id)
    assert [one["id"] for one in read(client, PATH, editor)] == [found["id"]]

    again = hand_in(client, editor, content).headers["Location"]
    jobs.carry_on(running)
    assert read(client, again, editor)["counts"]["unchanged"] == 7


def test_nobody_else_sees_an_import(client: FlaskClient, as_: As, content: str) -> None:
    path = hand_in(client, as_(Role.EDITOR), content).headers["Location"]

    stranger = as_(Role.EDITOR, world.ADVISERS.id)
    assert client.get(path, headers=stranger).status_code == 404
    assert client.get(f"{path}/lines", headers=stranger).status_code == 404
    assert read(client, PATH, stranger) == []
    assert client.post(PATH, json={}, headers=as_(Role.CASEWORKER)).status_code == 403
    assert read(client, path, as_(Role.OPERATOR, world.WARD.id))["state"] == "waiting"


def test_a_file_that_cannot_be_read_says_where(
    client: FlaskClient, as_: As, running: RunningService
) -> None:
    path = hand_in(client, as_(Role.EDITOR), "[\n {").headers["Location"]
    jobs.carry_on(running)

    found = read(client, path, as_(Role.EDITOR))
    assert found["state"] == "broken"
    assert found["problem"] == "Line 2, column 3: This is not JSON from here on."


def test_an_import_whose_process_died_is_taken_up_by_another(
    client: FlaskClient,
    as_: As,
    running: RunningService,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = json.loads(writing.as_json(exported(running)))
    template = document["services"][0]
    many = [{**template, "id": str(UUID(int=1000 + n))} for n in range(PORTION + 5)]
    path = hand_in(client, as_(Role.OPERATOR, world.WARD.id), json.dumps(many)).headers["Location"]
    keep, portions = jobs._keep, []

    def dies(*arguments: Any) -> None:
        portions.append(arguments)
        if len(portions) == 3:
            raise KeyboardInterrupt
        keep(*arguments)

    monkeypatch.setattr(jobs, "_keep", dies)
    with pytest.raises(KeyboardInterrupt):
        jobs.carry_on(running)
    monkeypatch.setattr(jobs, "_keep", keep)
    headers = as_(Role.OPERATOR, world.WARD.id)
    assert read(client, path, headers)["counts"]["added"] == PORTION
    jobs.carry_on(running)  # the dead one still holds it
    assert read(client, path, headers)["state"] == "running"

    clock.advance(HELD + timedelta(seconds=1))
    jobs.carry_on(running)

    headers = as_(Role.OPERATOR, world.WARD.id)
    found = read(client, path, headers)
    assert (found["state"], found["done"]) == ("done", PORTION + 6)
    assert found["counts"]["added"] == PORTION + 5


def test_who_was_taken_for_dead_writes_nothing_more(
    client: FlaskClient, as_: As, running: RunningService, clock: ManualClock, content: str
) -> None:
    hand_in(client, as_(Role.EDITOR), content)
    with running.database.transaction() as uow:
        slow = uow.store.imports.take(at=uow.now)
    clock.advance(HELD + timedelta(seconds=1))
    jobs.carry_on(running)

    assert slow is not None
    with pytest.raises(LostError):
        jobs.work_through(running.database, slow)


def test_an_import_that_never_ends_is_given_up(
    client: FlaskClient, as_: As, running: RunningService, clock: ManualClock, content: str
) -> None:
    path = hand_in(client, as_(Role.EDITOR), content).headers["Location"]
    for _ in range(jobs.MOST_TRIES):
        with running.database.transaction() as uow:
            assert uow.store.imports.take(at=uow.now)
        clock.advance(HELD + timedelta(seconds=1))
    jobs.carry_on(running)

    found = read(client, path, as_(Role.EDITOR))
    assert (found["state"], found["problem"]) == ("broken", jobs.GIVEN_UP)


def test_a_file_is_chosen_and_its_report_read_on_pages(
    client: FlaskClient, as_: As, running: RunningService, content: str
) -> None:
    editor = as_(Role.EDITOR)
    empty = client.post(
        "/directory/import", data={}, headers=editor, content_type="multipart/form-data"
    )
    assert (empty.status_code, "Choose a file." in empty.text) == (422, True)
    file = (io.BytesIO(content.encode()), "our services.json")
    answer = client.post(
        "/directory/import",
        data={"file": file},
        headers=editor,
        content_type="multipart/form-data",
    )
    assert answer.status_code == 303
    path = answer.headers["Location"]
    assert "Show how far it is now" in client.get(path, headers=editor).text
    jobs.carry_on(running)

    page = client.get(path, headers=editor).text
    for said in ("our services.json", "New house", "Use one of: inactive", "Summary"):
        assert said in page
    assert "data-again" not in page
