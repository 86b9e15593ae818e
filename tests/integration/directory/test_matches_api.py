"""Services found for a person over the API: by need, area, distance, room and hours, on real PostgreSQL."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from onward.clock import ManualClock
from onward.identity import Role
from onward.service import RunningService
from services.directory.domain.agreements import Agreement
from services.directory.domain.facts import Area, By, Mode, Need, Position, Provenance, Site, WayIn
from services.directory.domain.places import CapacityKind, Opening
from services.directory.domain.services import Service, ServiceStatus
from services.directory.handlers import entries, places
from services.directory.storage.offers import offers
from tests.integration.directory import world
from tests.integration.directory.conftest import As
from tests.integration.directory.world import ADVISERS, HOUSE, RESPONSE, WARD, Handoffs, about

Find = Callable[..., dict[str, Any]]
OXFORD = {"latitude": 51.7520, "longitude": -1.2577}
OXFORDSHIRE = Area(name="Oxfordshire", code="E10000025", outcodes=("OX1", "OX4", "OX16"))
TOWER_HAMLETS = Area(name="Tower Hamlets", code="E09000030", outcodes=("E14",))


def site(latitude: float, longitude: float) -> Site:
    return Site(
        name="Centre",
        locality="Here",
        latitude=latitude,
        longitude=longitude,
        position=Position.LOCALITY,
    )


def service(number: int, name: str, **more: Any) -> Service:
    return Service(
        id=UUID(int=number),
        name=name,
        summary=name,
        status=more.pop("status", ServiceStatus.ACTIVE),
        recipient=RESPONSE.id,
        providers=(RESPONSE.id,),
        capacity_kind=more.pop("capacity_kind", CapacityKind.CASELOAD),
        needs=more.pop("needs", (Need.HOUSING,)),
        **more,
    )


SERVICES = (
    service(101, "Oxford tenancy support", areas=(OXFORDSHIRE,), sites=(site(51.75, -1.25),)),
    service(102, "Banbury tenancy support", areas=(OXFORDSHIRE,), sites=(site(52.06, -1.34),)),
    service(103, "Island tenancy support", areas=(TOWER_HAMLETS,), sites=(site(51.49, -0.01),)),
    service(104, "Housing line", modes=(Mode.ONLINE,)),
    service(105, "Oxford drop-in", needs=(Need.COMPANY,), sites=(site(51.752, -1.26),)),
    service(106, "Oxford new homes", areas=(OXFORDSHIRE,), status=ServiceStatus.PLANNED),
    service(
        107,
        "Young people's homes",
        areas=(OXFORDSHIRE,),
        sites=(site(51.7521, -1.2578),),
        eligibility={"rule": {"fact": "age", "under": 26}},
    ),
)


@pytest.fixture
def listed(running: RunningService) -> RunningService:
    with running.database.transaction(actor=world.OPERATOR) as uow:
        for one in SERVICES:
            entries.publish_service(uow, one)
    agree(running, RESPONSE.id)
    return running


def agree(running: RunningService, recipient: UUID) -> None:
    agreement = Agreement(
        id=UUID(int=recipient.int + 500),
        from_organisation=WARD.id,
        to_organisation=recipient,
        purposes=("direct-care",),
        sections=("identity",),
        lawful_basis="direct-care",
        valid_from=date(2026, 1, 1),
    )
    with running.database.transaction(actor=world.OPERATOR) as uow:
        entries.publish_agreement(uow, agreement)


@pytest.fixture
def find(listed: RunningService, client: FlaskClient, as_: As) -> Find:
    def ask(**body: Any) -> dict[str, Any]:
        answer = client.post("/api/v1/matches", json=body, headers=as_(Role.CASEWORKER, WARD.id))
        assert answer.status_code == 200, answer.json
        return answer.json or {}

    return ask


def names(found: dict[str, Any]) -> list[str]:
    return [one["name"] for one in found["matches"]]


def test_what_helps_nearby_and_takes_the_person_stands_first(find: Find) -> None:
    found = find(
        needs=["housing"], facts={"district": "E07000178", "age": 40}, place=OXFORD, limit=3
    )

    assert names(found) == ["Oxford tenancy support", "Banbury tenancy support", "Housing line"]
    first = found["matches"][0]
    assert first["outcome"] == "needs-assessment"  # it does not say whom it takes
    assert first["distance_km"] == 0.6
    assert {"weight": "for", "code": "area", "says": "For people in Oxfordshire"} in first[
        "reasons"
    ]


def test_who_does_not_take_the_person_is_counted_and_told_on_request(find: Find) -> None:
    asked = {"needs": ["housing"], "facts": {"outcode": "OX1", "age": 40}, "place": OXFORD}
    found = find(**asked)
    whole = find(**asked, with_ineligible=True)

    assert "Young people's homes" not in names(found)
    assert found["ineligible"] == 2
    declines = {one["name"]: one["declines"] for one in whole["matches"]}
    assert declines["Young people's homes"] == ["not-eligible"]
    assert declines["Island tenancy support"] == ["outside-area"]
    assert names(whole)[-2:] == ["Young people's homes", "Island tenancy support"]


def test_a_service_that_is_not_open_to_referrals_is_never_found(
    find: Find, listed: RunningService
) -> None:
    with listed.database.transaction(actor=world.OPERATOR) as uow:
        paused = replace(SERVICES[0], status=ServiceStatus.PAUSED)
        entries.change_service(uow, paused)

    found = find(needs=["housing"], facts={"district": "E07000178"}, place=OXFORD, limit=50)
    assert "Oxford new homes" not in names(found)
    assert "Oxford tenancy support" not in names(found)


def test_an_area_excludes_and_an_unstated_one_is_asked_about(
    find: Find, listed: RunningService
) -> None:
    unsaid = service(120, "Somebody's homes", provenance=Provenance(unstated=("areas",)))
    with listed.database.transaction(actor=world.OPERATOR) as uow:
        entries.publish_service(uow, unsaid)
    found = find(needs=["housing"], facts={"district": "E09000030"}, limit=50)

    assert "Oxford tenancy support" not in names(found)
    (match,) = [one for one in found["matches"] if one["name"] == "Somebody's homes"]
    codes = {(one["weight"], one["code"]) for one in match["reasons"]}
    assert ("unknown", "area-not-stated") in codes


def test_without_anything_said_about_home_or_place_needs_alone_find(find: Find) -> None:
    assert "Island tenancy support" in names(find(needs=["housing"], limit=50))
    assert names(find(needs=["company"], limit=50))[0] == "Oxford drop-in"


def test_a_service_that_does_not_say_what_it_helps_with_may_be_the_one(find: Find) -> None:
    found = find(needs=["crisis"], limit=50)

    assert {"Benefits advice", "Stepdown House"} <= set(names(found))  # the world says no needs
    match = found["matches"][0]
    assert ("unknown", "needs-not-stated") in {
        (one["weight"], one["code"]) for one in match["reasons"]
    }


def test_a_service_without_an_agreement_stands_behind_and_says_so(
    find: Find, listed: RunningService
) -> None:
    other = replace(SERVICES[0], id=UUID(int=130), name="A home", recipient=ADVISERS.id)
    with listed.database.transaction(actor=world.OPERATOR) as uow:
        entries.publish_service(uow, replace(other, providers=(ADVISERS.id,)))
    asked = {"needs": ["housing"], "facts": {"district": "E07000178", "age": 40}, "place": OXFORD}

    found = find(**asked)
    (home,) = [one for one in found["matches"] if one["name"] == "A home"]
    assert names(found).index("A home") > names(found).index("Housing line")
    assert ("against", "no-agreement") in {(one["weight"], one["code"]) for one in home["reasons"]}
    agree(listed, ADVISERS.id)
    assert names(find(**asked))[0] == "A home"


def test_room_and_waiting_are_those_of_this_moment(
    find: Find, listed: RunningService, clock: ManualClock
) -> None:
    home = service(140, "House", capacity_kind=CapacityKind.BED, areas=(OXFORDSHIRE,))
    with listed.database.transaction(actor=world.OPERATOR) as uow:
        entries.publish_service(uow, home)
        places.add_place(uow, home.id, label="Bed 1", opening=Opening.AVAILABLE)

    def house() -> dict[str, Any]:
        found = find(needs=["housing"], facts={"district": "E07000178"}, limit=50)
        (match,) = (dict(one) for one in found["matches"] if one["name"] == "House")
        return match

    assert (house()["space"], house()["places"]) == (
        "now",
        {"available": 1, "open": 1, "waiting": 0},
    )
    handoffs = Handoffs(listed)
    asked = clock.now() - timedelta(days=12)
    handoffs.tell(handoffs.accept(1, service=home, requested_at=asked))
    handoffs.tell(handoffs.accept(2, service=home))

    assert (house()["space"], house()["places"]) == (
        "queue",
        {"available": 0, "open": 1, "waiting": 1},
    )
    assert house()["wait_days"] == 12
    assert about(1, home)["service_id"] == home.id


def test_open_at_that_moment_counts_where_it_is_asked_for(
    find: Find, listed: RunningService
) -> None:
    crisis = service(
        150,
        "Safe place",
        needs=(Need.CRISIS,),
        opening={"always": True, "bank_holidays": "as_usual"},
    )
    day = service(
        151,
        "A day centre",
        needs=(Need.CRISIS,),
        opening={"weekly": [{"days": ["mon"], "from": "10:00", "to": "12:00"}]},
    )
    with listed.database.transaction(actor=world.OPERATOR) as uow:
        entries.publish_service(uow, crisis)
        entries.publish_service(uow, day)

    assert names(find(needs=["crisis"]))[:2] == ["A day centre", "Safe place"]
    night = find(needs=["crisis"], at="2026-03-02T23:00:00Z", open_then=True)
    assert names(night)[0] == "Safe place"
    assert night["matches"][0]["state"] == "open"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"needs": ["a-pony"]}, "/needs/0"),
        ({"facts": {"age": "old"}}, "/facts/age"),
        ({"place": {"latitude": 91, "longitude": 0}}, "/place/latitude"),
        ({"place": {"latitude": 51}}, "/place/longitude"),
        ({"limit": 51}, "/limit"),
        ({"at": "2026-03-02T10:00:00"}, "/at"),
        ({"postcode": "OX1 1AA"}, "/postcode"),
    ],
)
def test_what_cannot_be_searched_for_is_refused_by_its_place(
    client: FlaskClient, as_: As, body: Any, pointer: str
) -> None:
    answer = client.post("/api/v1/matches", json=body, headers=as_(Role.CASEWORKER, WARD.id))

    assert answer.status_code == 422
    assert pointer in {one["pointer"] for one in (answer.json or {})["errors"]}


def test_nobody_searches_unknown(client: FlaskClient) -> None:
    assert client.post("/api/v1/matches", json={}).status_code == 401


def test_an_entry_that_is_changed_is_found_as_it_is_now(
    find: Find, listed: RunningService
) -> None:
    moved = replace(SERVICES[0], areas=(TOWER_HAMLETS,), needs=(Need.WORK,))
    with listed.database.transaction(actor=world.OPERATOR) as uow:
        entries.change_service(uow, moved)

    assert moved.name not in names(
        find(needs=["housing"], facts={"district": "E07000178"}, limit=50)
    )
    assert moved.name in names(find(needs=["work"], facts={"district": "E09000030"}, limit=50))
    assert HOUSE.name not in names(find(needs=["work"], facts={"district": "E09000030"}, limit=1))


def test_what_is_written_with_each_entry_is_what_is_made_from_all(listed: RunningService) -> None:
    whole = replace(
        SERVICES[0],
        id=UUID(int=160),
        areas=(OXFORDSHIRE, replace(TOWER_HAMLETS, by=By.REGISTRATION, code=None)),
        sites=(site(51.75, -1.25), Site(name="Van", locality="Anywhere"), site(52.06, -1.34)),
        modes=(Mode.ONLINE,),
        ways_in=(WayIn.REFERRAL, WayIn.WALK_IN),
        eligibility={"rule": {"fact": "age", "under": 26}},
        opening={"always": True},
    )
    with listed.database.transaction(actor=world.OPERATOR) as uow:
        entries.publish_service(uow, whole)

    def rows() -> dict[UUID, Any]:
        with listed.engine.connect() as connection:
            found = connection.execute(sa.select(offers)).mappings().all()
        return {row["service_id"]: {**row, "keys": set(row["keys"])} for row in found}

    kept = rows()
    with listed.database.transaction(actor=world.OPERATOR) as uow:
        uow.store.offers.keep_all()

    assert rows() == kept
    assert len(kept) == len(SERVICES) + 2  # the planned one takes nobody; the world has two
