"""The public listing as a harvester reads it: anybody's, paged, filtered, and no more than is public."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from onward.service import RunningService
from services.directory import seeding
from services.directory.app import make_app
from services.directory.domain.facts import Position, Site
from services.directory.domain.open_referral import location_id
from services.directory.domain.services import ServiceStatus
from services.directory.handlers import entries
from tests.integration.directory import world

V3 = "/open-referral/v3"
HOUSE = "c210487e-72c0-45bb-864a-1c16c5ade1c7"
REQUIRED = {
    "services": {"id", "name", "status"},
    "schedules": {"id"},
    "service_areas": {"id"},
    "service_at_locations": {"id", "location"},
    "location": {"id", "location_type"},
    "addresses": {
        "id",
        "address_1",
        "city",
        "state_province",
        "postal_code",
        "country",
        "address_type",
    },
    "languages": {"id"},
    "organization": {"id", "name", "description"},
    "organization_identifiers": {"id", "identifier_type", "identifier"},
    "funding": {"id"},
    "attributes": {"id", "taxonomy_term"},
    "taxonomy_term": {"id", "name", "description"},
}
"""What Open Referral UK 3.0 requires of each object, by the name under which it stands."""


@pytest.fixture
def seeded(empty: RunningService) -> RunningService:
    seeding.load_demo(empty, 1)
    return empty


@pytest.fixture
def harvester(seeded: RunningService) -> FlaskClient:
    return make_app(seeded).test_client()


def read(client: FlaskClient, path: str) -> Any:
    """Return what is answered."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.json
    return answer.json


def listed(client: FlaskClient, **query: Any) -> list[str]:
    """Return the names of the services that a search finds."""
    page = read(client, f"{V3}/services?{urlencode({'per_page': 200, **query})}")
    return [one["name"] for one in page["contents"]]


def shortcomings(said: Any, name: str = "services") -> Iterator[str]:
    """Return where something is missing that the standard requires, or stands empty as null."""
    if isinstance(said, list):
        for one in said:
            yield from shortcomings(one, name)
    elif isinstance(said, dict):
        if missing := REQUIRED.get(name, set()) - said.keys():
            yield f"{name} without {missing}"
        for key, value in said.items():
            yield from shortcomings(value, key)
    elif said is None:
        yield f"{name} is null"


@contextmanager
def statements(running: RunningService) -> Iterator[list[str]]:
    """Collect what the database is asked."""
    seen: list[str] = []

    def see(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    sa.event.listen(running.engine, "before_cursor_execute", see)
    yield seen
    sa.event.remove(running.engine, "before_cursor_execute", see)


def test_a_harvester_reads_every_page_and_every_service_whole(harvester: FlaskClient) -> None:
    first = read(harvester, f"{V3}/services?per_page=10")
    (haven,) = read(harvester, f"{V3}/services?search=haven")["contents"]
    assert haven["minimum_age"] == 19  # "over 18"
    assert (first["page_number"], first["size"], first["first_page"]) == (1, 10, True)
    found = []
    for number in range(1, first["total_pages"] + 1):
        page = read(harvester, f"{V3}/services?per_page=10&page={number}")
        assert page["last_page"] is (number == first["total_pages"])
        found += page["contents"]
    assert len({one["id"] for one in found}) == first["total_items"] == len(found)
    for one in found:
        whole = read(harvester, f"{V3}/services/{one['id']}")
        assert not list(shortcomings(whole))
        assert {name: whole[name] for name in one if name != "organization"} == {
            name: value for name, value in one.items() if name != "organization"
        }
    beyond = read(harvester, f"{V3}/services?page=99")
    assert (beyond["empty"], beyond["contents"]) == (True, [])


def test_a_service_says_what_is_known_of_it_and_nothing_that_is_not(
    harvester: FlaskClient,
) -> None:
    house = read(harvester, f"{V3}/services/{HOUSE}")

    assert (house["name"], house["status"]) == ("Stepdown House", "active")
    assert house["organization"]["name"] == "Response"
    assert {area["name"] for area in house["service_areas"]} == {"Oxfordshire"}
    assert house["service_areas"][0]["uri"].endswith("/E10000025")
    terms = {one["taxonomy_term"]["term"] for one in house["attributes"]}
    assert {"housing", "bed"} <= terms
    assert "schedules" not in house  # nobody states its hours
    assert "minimum_age" not in house


def test_hours_are_told_as_schedules(running: RunningService) -> None:
    opening = {
        "weekly": [{"days": ["mon", "tue"], "from": "18:00", "to": "02:00"}],
        "sessions": [
            {
                "name": "Art",
                "rule": "FREQ=MONTHLY;BYDAY=-1TU",
                "starts": "2026-01-27T10:00",
                "minutes": 90,
            }
        ],
        "bank_holidays": "closed",
    }
    with running.database.transaction(actor=world.OPERATOR) as uow:
        entries.change_service(uow, replace(world.HOUSE, opening=opening))
    whole = read(make_app(running).test_client(), f"{V3}/services/{world.HOUSE.id}")

    evenings, art = whole["schedules"]
    assert (evenings["freq"], evenings["byday"]) == ("WEEKLY", "MO,TU")
    assert (evenings["opens_at"], evenings["closes_at"]) == ("18:00", "02:00")
    assert (art["freq"], art["byday"], art["interval"]) == ("MONTHLY", "-1TU", 1)
    assert (art["dtstart"], art["closes_at"], art["notes"]) == ("2026-01-27", "11:30", "Art")
    assert "Bank holidays: closed" in art["description"]


def test_nobodys_mailbox_and_nothing_planned_or_closed_is_public(
    harvester: FlaskClient, seeded: RunningService
) -> None:
    assert "OurSpace" not in listed(harvester)  # planned
    with seeded.database.transaction(actor=world.OPERATOR) as uow:
        house = uow.store.services.get(UUID(HOUSE))
        entries.change_service(uow, replace(house, status=ServiceStatus.PAUSED))
    paused = read(harvester, f"{V3}/services/{HOUSE}")
    assert paused["status"] == "temporarily closed"
    for answer in (f"{V3}/services?per_page=200", f"{V3}/services/{HOUSE}"):
        assert "@" not in harvester.get(answer).get_data(as_text=True)
    with seeded.database.transaction(actor=world.OPERATOR) as uow:
        response = uow.store.organisations.get(house.recipient)
        entries.change_organisation(uow, replace(response, active=False))
    gone: Any = harvester.get(f"{V3}/services/{HOUSE}")
    assert (gone.status_code, gone.json["code"]) == (404, "not-found")
    assert gone.headers["Access-Control-Allow-Origin"] == "*"
    assert "Stepdown House" not in listed(harvester)


def test_filters_ask_the_directorys_own_facts(harvester: FlaskClient) -> None:
    terms = read(harvester, f"{V3}/taxonomy_terms?per_page=200")["contents"]
    housing = next(one for one in terms if one["term"] == "housing")
    modes = next(one for one in terms if one["term"] == "phone")["taxonomy_id"]
    everything = listed(harvester)

    assert "Stepdown House" in listed(harvester, taxonomy_term_id=housing["id"])
    assert "Safe Haven" not in listed(harvester, taxonomy_term_id=housing["id"])
    assert set(listed(harvester, taxonomy_id=modes)) < set(everything)
    assert listed(harvester, taxonomy_id=UUID(int=1)) == []
    assert "Stepdown House" in listed(harvester, search="HOUSE step")
    assert listed(harvester, search="stepdown nowhere") == []
    assert "Safe Haven" in listed(harvester, minimum_age=19)
    assert "Safe Haven" not in listed(harvester, minimum_age=20)
    assert listed(harvester, maximum_age=17) == []
    inside, outside = listed(harvester, postcode="ox4 1aa"), listed(harvester, postcode="E14")
    assert "Stepdown House" in inside
    assert "Stepdown House" not in outside


def test_hours_are_found_by_day_start_and_end(running: RunningService) -> None:
    weekly = {"weekly": [{"days": ["tue"], "from": "18:00", "to": "21:00"}]}
    sessions = {
        "sessions": [{"rule": "FREQ=WEEKLY;BYDAY=TH", "starts": "2026-01-01T10:00", "minutes": 90}]
    }
    with running.database.transaction(actor=world.OPERATOR) as uow:
        entries.change_service(uow, replace(world.HOUSE, opening=weekly))
        entries.change_service(uow, replace(world.ADVICE, opening=sessions))
    client = make_app(running).test_client()
    house, advice = world.HOUSE.name, world.ADVICE.name

    assert listed(client, day="Tuesday") == [house]
    assert listed(client, day="TH", start_time="10:00", end_time="11:30:00") == [advice]
    assert listed(client, day="TH", end_time="11:00") == []
    assert listed(client, start_time="12:00") == [house]
    assert listed(client, day="sun") == []


def test_places_are_found_by_how_far_they_are_from_a_postcode(running: RunningService) -> None:
    near, far = (
        Site(
            name=name,
            locality="Oxford",
            postcode=postcode,
            latitude=latitude,
            longitude=-1.25,
            position=Position.SITE,
        )
        for name, postcode, latitude in (("Here", "OX4 1AA", 51.75), ("There", "OX4 9ZZ", 51.80))
    )
    with running.database.transaction(actor=world.OPERATOR) as uow:
        entries.change_service(uow, replace(world.HOUSE, sites=(near, far)))
    client = make_app(running).test_client()

    def found(**query: Any) -> list[str]:
        page = read(client, f"{V3}/service_at_locations?{urlencode(query)}")
        return [one["location"]["name"] for one in page["contents"]]

    assert found() == ["Here", "There"]
    assert found(postcode="OX4 1AA", proximity=100) == ["Here"]
    assert found(postcode="OX4 1AA", proximity=5550) == ["Here"]
    assert found(postcode="OX4 1AA", proximity=5570) == ["Here", "There"]
    assert found(postcode="OX4", proximity=2800) == ["Here", "There"]  # from the middle of the two
    assert listed(client, postcode="OX4 1AA", proximity=100) == [world.HOUSE.name]
    place = read(client, f"{V3}/service_at_locations/{location_id(world.HOUSE.id, far)}")
    assert place["location"]["name"] == "There"
    assert place["service"]["name"] == world.HOUSE.name
    unknown: Any = client.get(f"{V3}/services?postcode=EH1&proximity=100")
    assert (unknown.status_code, unknown.json["code"]) == (422, "postcode-unplaced")


WRONG = {
    "page=0": "query page: Use a whole number from 1",
    "per_page=1000": "query per_page: Use a whole number from 1 to 200",
    "day=someday": "query day: Name a day of the week",
    "start_time=25:00": "query start_time: Write a time of 24 hours",
    "postcode=nowhere": "query postcode: Write a postcode",
    "proximity=100": "query proximity: Give the postcode",
    "minimum_age=old": "query minimum_age: Use a whole number",
    "minimum_age=30&maximum_age=20": "query minimum_age: Make this no more than",
    "taxonomy_term_id=housing": "query taxonomy_term_id: Not a valid UUID",
    "colour=red": "query colour: Unknown field",
}


def test_a_filter_that_cannot_be_is_refused_with_what_to_change(client: FlaskClient) -> None:
    for query, told in WRONG.items():
        answer: Any = client.get(f"{V3}/services?{query}")
        assert answer.status_code == 422, query
        assert told in " ".join(one["detail"] for one in answer.json["errors"])
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_what_has_not_changed_is_not_sent_again(client: FlaskClient) -> None:
    for path in ("/", "/services", f"/services/{world.HOUSE.id}", "/taxonomies"):
        whole = client.get(f"{V3}{path}")
        again = client.get(f"{V3}{path}", headers={"If-None-Match": whole.headers["ETag"]})
        assert whole.headers["Cache-Control"] == "public, max-age=300"
        assert (again.status_code, again.get_data()) == (304, b"")
        assert again.headers["ETag"] == whole.headers["ETag"]


def test_whoever_wants_another_version_is_told_so_and_not_sent_this_one(
    client: FlaskClient,
) -> None:
    refused = client.get(f"{V3}/services", headers={"If-Match": '"1"'})
    assert refused.json is not None
    assert (refused.status_code, refused.json["code"]) == (412, "precondition-failed")


def test_an_entry_that_changed_is_sent_anew(client: FlaskClient, running: RunningService) -> None:
    tag = client.get(f"{V3}/services").headers["ETag"]
    with running.database.transaction(actor=world.OPERATOR) as uow:
        entries.change_service(uow, replace(world.HOUSE, summary="Another summary."))

    assert client.get(f"{V3}/services", headers={"If-None-Match": tag}).status_code == 200


def test_an_address_that_asks_too_often_has_to_wait(running: RunningService) -> None:
    running.settings = replace(running.settings, rate_per_second=0.5, rate_burst=3)
    client = make_app(running).test_client()
    answers = [client.get(f"{V3}/services") for _ in range(4)]

    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
    elsewhere = client.get(f"{V3}/services", environ_base={"REMOTE_ADDR": "203.0.113.9"})
    assert elsewhere.status_code == 200


def test_a_long_list_takes_as_few_statements_as_a_short_one(
    harvester: FlaskClient, seeded: RunningService
) -> None:
    harvester.get(f"{V3}/services")
    counts = []
    for size in (2, 200):
        for path in ("services", "service_at_locations"):
            with statements(seeded) as seen:
                harvester.get(f"{V3}/{path}?per_page={size}")
            counts.append(len(seen))
    assert max(counts) <= 10
    assert max(counts) <= min(counts) + 1  # programmes are read where a service is of one
