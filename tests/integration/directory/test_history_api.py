"""The history of entries over the API: who changed what, and the way back to how it was."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from onward.contracts.directory import AgreementPublished, ServicePublished
from onward.identity import Role
from onward.service import RunningService
from services.directory.storage.tables import entry_versions
from tests.integration.directory.conftest import As
from tests.integration.directory.test_entries_api import body_of
from tests.integration.directory.world import ADVISERS, HOUSE, RESPONSE, WARD

Told = Callable[[type[Any]], list[Any]]
Change = Callable[..., Any]
HOUSE_PATH = f"/api/v1/services/{HOUSE.id}"
AGREEMENT = {
    "from_organisation": str(WARD.id),
    "to_organisation": str(RESPONSE.id),
    "purposes": ["direct-care"],
    "sections": ["housing"],
    "lawful_basis": "direct-care",
    "valid_from": "2026-01-01",
}


@pytest.fixture
def change(client: FlaskClient, as_: As) -> Change:
    """Change facts of the house as an editor of one of its providers."""

    def put(version: int, **facts: Any) -> Any:
        headers = as_(Role.EDITOR)
        body = body_of(client, HOUSE_PATH, headers) | facts
        headers["If-Match"] = f'"{version}"'
        return client.put(HOUSE_PATH, json=body, headers=headers)

    return put


@pytest.fixture
def restore(client: FlaskClient, as_: As) -> Change:
    """Put an earlier version of an entry back."""

    def post(path: str, to: int, version: int, **who: Any) -> Any:
        headers = {**as_(who.pop("role", Role.EDITOR), **who), "If-Match": f'"{version}"'}
        return client.post(f"{path}/restore", json={"version": to}, headers=headers)

    return post


def versions(client: FlaskClient, headers: dict[str, str], path: str = HOUSE_PATH) -> Any:
    return client.get(f"{path}/history", headers=headers).json


def test_everybody_reads_what_became_of_a_service_and_which_side_changed_it(
    client: FlaskClient, as_: As, change: Change
) -> None:
    change(1, name="The House", limits={"maximum_stay_days": 21, "review_day": 10})

    latest, first = versions(client, as_(Role.CASEWORKER, WARD.id))

    assert (latest["version"], latest["role"], latest["changed_at"]) == (
        2,
        "editor",
        "2026-03-02T09:00:00+00:00",
    )
    assert latest["organisation"] == str(RESPONSE.id)
    assert latest["facts"] == [
        {"pointer": "/name", "before": "Stepdown House", "after": "The House"},
        {"pointer": "/limits/maximum_stay_days", "before": 14, "after": 21},
    ]
    assert (first["version"], first["role"], first["facts"]) == (1, "operator", [])


def test_a_change_that_changes_nothing_is_no_version(
    client: FlaskClient, as_: As, change: Change
) -> None:
    assert change(1).status_code == 200
    assert len(versions(client, as_(Role.CASEWORKER))) == 1


def test_what_is_older_than_the_history_is_one_version_that_nobody_signed(
    client: FlaskClient, as_: As, change: Change, running: RunningService
) -> None:
    owner = running.settings.owner_database_url
    with sa.create_engine(owner, poolclass=sa.pool.NullPool).begin() as connection:
        connection.execute(sa.text("ALTER TABLE entry_versions DISABLE TRIGGER only_grows"))
        connection.execute(sa.delete(entry_versions))
    (only,) = versions(client, as_(Role.CASEWORKER))
    assert (only["version"], only["changed_at"]) == (1, None)

    change(1, name="The House")

    assert [one["role"] for one in versions(client, as_(Role.CASEWORKER))] == ["editor", None]


def test_a_long_history_is_read_page_by_page(client: FlaskClient, as_: As, change: Change) -> None:
    for version in range(1, 5):
        change(version, name=f"House {version}")
    seen, path = [], f"{HOUSE_PATH}/history?limit=2"
    while path:
        answer = client.get(path, headers=as_(Role.CASEWORKER))
        seen += [
            (one["version"], [fact["before"] for fact in one["facts"]])
            for one in answer.json or ()
        ]
        link = answer.headers.get("Link", "")
        path = link.split(">")[0].removeprefix("<http://127.0.0.1:8080") if link else ""

    assert seen == [
        (5, ["House 3"]),
        (4, ["House 2"]),
        (3, ["House 1"]),
        (2, ["Stepdown House"]),
        (1, []),
    ]


def test_an_earlier_version_is_put_back_whole_and_told_as_any_change(
    client: FlaskClient, as_: As, change: Change, restore: Change, told: Told
) -> None:
    before = body_of(client, HOUSE_PATH, as_(Role.EDITOR))
    change(1, name="The House", sites=[{"name": "Hub", "locality": "Oxford"}], began="2019")
    change(2, opening={"always": True}, eligibility={"rule": {"fact": "age", "over": 18}})

    answer = restore(HOUSE_PATH, 1, 3)

    assert (answer.status_code, answer.headers["ETag"]) == (200, '"4"')
    assert body_of(client, HOUSE_PATH, as_(Role.EDITOR)) == before
    assert told(ServicePublished)[-1].name == "Stepdown House"
    latest = versions(client, as_(Role.CASEWORKER))[0]
    assert (latest["version"], latest["restores"]) == (4, 1)
    again = restore(HOUSE_PATH, 3, 4).json
    assert (again["sites"][0]["locality"], again["opening"]) == ("Oxford", {"always": True})


def test_what_no_longer_fits_is_not_put_back_and_the_answer_says_why(
    change: Change, restore: Change
) -> None:
    change(1, status="closed")

    refused = restore(HOUSE_PATH, 1, 2)

    assert (refused.status_code, refused.json["code"]) == (409, "illegal-status")
    assert refused.json["detail"] == "A service that is closed cannot become active."


@pytest.mark.parametrize(
    ("to", "version", "status", "code"),
    [(1, 3, 412, "stale-version"), (2, 2, 409, "not-an-earlier-version")],
)
def test_undoing_follows_the_version_that_was_read(
    change: Change, restore: Change, to: int, version: int, status: int, code: str
) -> None:
    change(1, name="The House")

    answer = restore(HOUSE_PATH, to, version)

    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_only_who_answers_for_an_entry_undoes_a_change(change: Change, restore: Change) -> None:
    change(1, name="The House")

    assert restore(HOUSE_PATH, 1, 2, organisation=ADVISERS.id).status_code == 403
    assert restore(HOUSE_PATH, 1, 2, role=Role.CASEWORKER).status_code == 403


def test_the_side_that_shares_takes_back_an_end_that_has_not_come(
    client: FlaskClient, as_: As, restore: Change, told: Told
) -> None:
    ward = as_(Role.EDITOR, WARD.id)
    made = client.post("/api/v1/agreements", json=AGREEMENT, headers=ward).json
    assert made is not None
    path = f"/api/v1/agreements/{made['id']}"
    response = {**as_(Role.EDITOR), "If-Match": '"1"'}
    client.post(f"{path}/end", json={"last_day": "2026-04-01"}, headers=response)

    assert restore(path, 1, 2).json["code"] == "other-organisation"
    answer = restore(path, 1, 2, organisation=WARD.id)

    assert answer.json["valid_until"] is None
    assert [one.valid_until for one in told(AgreementPublished)][-1] is None
    history = versions(client, ward, path)
    assert [one["organisation"] for one in history] == [
        str(WARD.id),
        str(RESPONSE.id),
        str(WARD.id),
    ]
    assert client.get(f"{path}/history", headers=as_(Role.EDITOR, ADVISERS.id)).status_code == 404


def test_an_agreement_that_is_over_stays_over(
    client: FlaskClient, as_: As, restore: Change
) -> None:
    ward = as_(Role.EDITOR, WARD.id)
    made = client.post("/api/v1/agreements", json=AGREEMENT, headers=ward).json
    assert made is not None
    path = f"/api/v1/agreements/{made['id']}"
    client.post(f"{path}/end", json={}, headers={**ward, "If-Match": '"1"'})

    assert restore(path, 1, 2, organisation=WARD.id).json["code"] == "already-ended"


@pytest.mark.parametrize(
    ("role", "answer"),
    [("database_url", "permission denied"), ("owner_database_url", "only ever grows")],
)
def test_what_was_cannot_be_rewritten(
    running: RunningService, change: Change, role: str, answer: str
) -> None:
    change(1, name="Stepdown House North")
    engine = sa.create_engine(getattr(running.settings, role), poolclass=sa.pool.NullPool)
    for statement in (
        "UPDATE entry_versions SET role = 'auditor'",
        "DELETE FROM entry_versions",
        "TRUNCATE entry_versions",
    ):
        with pytest.raises(sa.exc.DBAPIError, match=answer), engine.begin() as connection:
            connection.execute(sa.text(statement))
