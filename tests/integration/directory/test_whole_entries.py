"""Everything an entry can say, over the API: written, read back as it was, found again, refused by field."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from onward.contracts.directory import ProgrammePublished, ServicePublished
from onward.identity import Role
from onward.service import RunningService
from tests.integration.directory.conftest import As
from tests.integration.directory.world import ADVISERS, CONNECTION, HOUSE, RESPONSE, WARD, Handoffs

Told = Callable[[type[Any]], list[Any]]
SERVICES, PROGRAMMES, ORGANISATIONS = (
    f"/api/v1/{name}" for name in ("services", "programmes", "organisations")
)
PLAIN = {
    "name": "Clay on Tuesdays",
    "summary": "Ten weeks of clay.",
    "status": "active",
    "recipient": str(RESPONSE.id),
    "providers": [str(RESPONSE.id)],
    "capacity_kind": "cohort",
}
WHOLE = PLAIN | {
    "limits": {"course_weeks": 10, "course_places": 8},
    "needs": ["creativity", "company"],
    "sites": [
        {
            "name": "Hub",
            "locality": "Oxford",
            "postcode": "OX4 1AA",
            "latitude": 51.75,
            "longitude": -1.23,
            "position": "site",
        }
    ],
    "areas": [{"name": "Oxford", "code": "E07000178", "outcodes": ["OX1", "OX4"]}],
    "modes": ["in-person", "online"],
    "ways_in": ["referral", "self-referral"],
    "languages": ["en", "cy"],
    "eligibility": {"rule": {"fact": "age", "at_least": 18}},
    "opening": {"weekly": [{"days": ["tue"], "from": "10:00", "to": "12:00"}]},
    "hosts": [{"name": "GP practices", "count": 43}],
    "posts": [{"title": "Tutor", "count": 2, "full_time": True, "employer": str(CONNECTION.id)}],
    "funders": [{"organisation": str(ADVISERS.id), "scheme": "Arts grant"}],
    "related": [
        {"kind": "alongside", "service": str(HOUSE.id)},
        {"kind": "leads-to", "name": "Choir"},
    ],
    "courses": [{"label": "Spring", "starts_on": "2026-04-07", "places": 8}],
    "began": "2019-11",
    "website": "https://clay.example/tuesdays",
    "provenance": {"source": "Its own leaflet", "unstated": [], "inferred": ["kind"]},
}


@pytest.fixture
def post(client: FlaskClient, as_: As) -> Callable[..., Any]:
    """Send a new entry as an operator, who may list anybody's."""

    def send(path: str, body: dict[str, Any]) -> Any:
        return client.post(path, json=body, headers=as_(Role.OPERATOR))

    return send


@pytest.fixture
def names(client: FlaskClient, as_: As) -> Callable[[str], list[str]]:
    def found(query: str) -> list[str]:
        answer = client.get(f"{SERVICES}?{query}", headers=as_(Role.CASEWORKER, WARD.id))
        assert answer.status_code == 200, answer.json
        return [one["name"] for one in answer.json or ()]

    return found


def test_a_whole_service_is_read_back_as_it_was_written(
    client: FlaskClient, as_: As, post: Any, told: Told
) -> None:
    made = post(SERVICES, WHOLE)

    assert made.status_code == 201, made.json
    read = client.get(made.headers["Location"], headers=as_(Role.CASEWORKER, WARD.id)).json
    assert read == made.json
    assert read is not None
    for name in ("needs", "areas", "modes", "ways_in", "eligibility", "opening", "posts", "sites"):
        assert _says(read[name], WHOLE[name]), name
    assert read["related"][1] == {"kind": "leads-to", "service": None, "name": "Choir"}
    (event,) = told(ServicePublished)
    assert event.needs == ("creativity", "company")


def test_a_course_ends_its_weeks_after_it_starts(post: Any) -> None:
    (course,) = post(SERVICES, WHOLE).json["courses"]

    assert (course["starts_on"], course["ends_on"]) == ("2026-04-07", "2026-06-16")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"needs": ["gold"]}, "/needs/0"),
        ({"needs": ["work", "work"]}, "/needs"),
        ({"sites": [{"name": "A", "locality": "B", "postcode": "OX4"}]}, "/sites/0/postcode"),
        ({"sites": [{"name": "A", "locality": "B", "latitude": 51.0}]}, "/sites/0/position"),
        ({"sites": [{"name": "A", "locality": "B", "latitude": 95.0}]}, "/sites/0/latitude"),
        ({"areas": [{"name": "A", "outcodes": ["ox4"]}]}, "/areas/0/outcodes/0"),
        ({"areas": [{"name": "A", "code": "Oxford"}]}, "/areas/0/code"),
        (
            {"eligibility": {"rule": {"fact": "age", "at_least": "old"}}},
            "/eligibility/rule/at_least",
        ),
        ({"opening": {"weekly": [{"days": ["tue"], "from": "25:00", "to": "12:00"}]}}, "/opening"),
        ({"hosts": [{"name": "A", "organisation": str(UUID(int=99))}]}, "/hosts/0/organisation"),
        ({"posts": [{"title": "A", "employer": str(UUID(int=99))}]}, "/posts/0/employer"),
        ({"funders": [{}]}, "/funders/0"),
        ({"related": [{"kind": "alongside"}]}, "/related/0"),
        ({"related": [{"kind": "alongside", "service": str(UUID(int=99))}]}, "/related/0/service"),
        ({"programme": str(UUID(int=99))}, "/programme"),
        ({"capacity_kind": "caseload"}, "/courses"),
        (
            {"courses": [{"label": "A", "starts_on": "2026-04-07", "ends_on": "2026-04-01"}]},
            "/courses",
        ),
        ({"began": "last year"}, "/began"),
        ({"website": "javascript:alert(1)"}, "/website"),
        ({"providers": []}, "/providers"),
        ({"provenance": {"unstated": ["opening"]}}, "/provenance/unstated/0"),
        ({"provenance": {"inferred": ["weather"]}}, "/provenance/inferred/0"),
    ],
)
def test_what_cannot_be_is_refused_by_field(
    post: Any, told: Told, change: dict[str, Any], pointer: str
) -> None:
    refused = post(SERVICES, WHOLE | change)

    assert refused.status_code == 422, refused.json
    pointers = [error["pointer"] for error in refused.json["errors"]]
    assert any(found.startswith(pointer) for found in pointers), pointers
    assert told(ServicePublished) == []


def test_a_service_whose_provider_nobody_states_is_kept_by_whoever_answers_for_it(
    client: FlaskClient, as_: As, post: Any, told: Told
) -> None:
    unknown = PLAIN | {"providers": [], "provenance": {"unstated": ["providers"]}}
    made = post(SERVICES, unknown)

    assert made.status_code == 201, made.json
    assert made.json["providers"] == []
    (event,) = told(ServicePublished)
    assert event.providers == (RESPONSE.id,)
    path, change = made.headers["Location"], unknown | {"summary": "Clay."}
    for organisation, status in ((ADVISERS, 403), (RESPONSE, 200)):
        editor = as_(Role.EDITOR, organisation.id, **{"If-Match": '"1"'})
        assert client.put(path, json=change, headers=editor).status_code == status


def test_services_are_found_by_what_somebody_needs_and_where_they_live(
    post: Any, names: Callable[[str], list[str]]
) -> None:
    post(SERVICES, WHOLE)

    assert names("need=creativity") == ["Clay on Tuesdays"]
    assert names("need=work") == []
    assert "Clay on Tuesdays" in names("outcode=ox4")
    assert "Clay on Tuesdays" not in names("outcode=SY11")
    assert "Stepdown House" in names("outcode=SY11"), "nobody knows whom it is for: ask"


def test_a_whole_postcode_is_refused_because_it_can_say_who_lives_there(
    client: FlaskClient, as_: As
) -> None:
    refused = client.get(f"{SERVICES}?outcode=OX41AA", headers=as_(Role.CASEWORKER))

    assert refused.status_code == 422
    assert "first half" in (refused.json or {})["errors"][0]["detail"]


def test_room_is_a_free_place_or_no_limit(
    running: RunningService, post: Any, names: Callable[[str], list[str]]
) -> None:
    post(SERVICES, PLAIN | {"name": "Tea", "capacity_kind": "drop_in"})
    post(
        SERVICES, PLAIN | {"name": "Planned tea", "capacity_kind": "drop_in", "status": "planned"}
    )
    assert names("has_room=true") == ["Stepdown House", "Tea"]

    Handoffs(running).tell(Handoffs(running).accept(1))

    assert names("has_room=true") == ["Tea"], "the one bed is held"


def test_open_now_is_decided_by_the_clock_in_london(
    post: Any, names: Callable[[str], list[str]]
) -> None:
    monday = {
        "weekly": [{"days": ["mon"], "from": "09:00", "to": "10:00"}],
        "bank_holidays": "closed",
    }
    post(SERVICES, PLAIN | {"name": "Mondays", "opening": monday})
    post(SERVICES, WHOLE)

    assert names("open_now=true") == ["Mondays"]


def test_a_programme_is_listed_told_and_changed_by_whoever_leads_it(
    client: FlaskClient, as_: As, told: Told
) -> None:
    body = {
        "name": "Crisis and creativity",
        "summary": "Arts on the way back.",
        "status": "active",
        "pilot": True,
        "lead": str(RESPONSE.id),
        "funders": [{"scheme": "National programme"}],
        "areas": [{"name": "Oswestry", "outcodes": ["SY11"]}],
        "eligibility": {"rule": {"fact": "age", "at_least": 18}},
        "provenance": {"source": "Its page", "unstated": ["began"]},
    }
    made = client.post(PROGRAMMES, json=body, headers=as_(Role.EDITOR))

    assert made.status_code == 201, made.json
    path = made.headers["Location"]
    read = client.get(path, headers=as_(Role.CASEWORKER, WARD.id))
    assert read.json == made.json
    assert (read.json or {})["pilot"] is True
    change = body | {"name": "Creativity"}
    assert client.put(path, json=change, headers=as_(Role.EDITOR)).status_code == 428
    other = as_(Role.EDITOR, ADVISERS.id, **{"If-Match": '"1"'})
    assert client.put(path, json=change, headers=other).status_code == 403
    own = as_(Role.EDITOR, **{"If-Match": '"1"'})
    assert client.put(path, json=change, headers=own).headers["ETag"] == '"2"'
    assert client.put(path, json=change, headers=own).status_code == 412
    assert [event.name for event in told(ProgrammePublished)] == [
        "Crisis and creativity",
        "Creativity",
    ]


def test_programmes_and_organisations_cannot_go_round_in_circles(
    client: FlaskClient, as_: As, post: Any
) -> None:
    def programme(name: str, **more: Any) -> dict[str, Any]:
        lead = str(RESPONSE.id)
        return {"name": name, "summary": name, "status": "active", "lead": lead, **more}

    large = post(PROGRAMMES, programme("Large")).json
    small = post(PROGRAMMES, programme("Small", part_of=large["id"])).json
    boss = as_(Role.OPERATOR, **{"If-Match": '"1"'})
    turned = client.put(
        f"{PROGRAMMES}/{large['id']}",
        json=programme("Large", part_of=small["id"]),
        headers=boss,
    )

    team = post(ORGANISATIONS, {"name": "Team", "kind": "charity", "part_of": str(WARD.id)}).json
    ward = {"name": WARD.name, "kind": WARD.kind, "part_of": team["id"]}
    round_ = client.put(f"{ORGANISATIONS}/{WARD.id}", json=ward, headers=boss)

    for refused in (turned, round_):
        assert refused.status_code == 422
        assert (refused.json or {})["errors"][0]["pointer"] == "/part_of"


def test_services_of_a_programme_are_found_by_it(
    post: Any, names: Callable[[str], list[str]]
) -> None:
    lead = str(RESPONSE.id)
    arts = post(
        PROGRAMMES, {"name": "Arts", "summary": "Arts.", "status": "active", "lead": lead}
    ).json
    post(SERVICES, WHOLE | {"programme": arts["id"]})

    assert names(f"programme={arts['id']}") == ["Clay on Tuesdays"]


def _says(read: Any, sent: Any) -> bool:
    """Tell whether *read* holds at least what was *sent*."""
    if isinstance(sent, dict):
        return all(_says(read[name], value) for name, value in sent.items())
    if isinstance(sent, list):
        return len(read) == len(sent) and all(map(_says, read, sent))
    return bool(read == sent)
