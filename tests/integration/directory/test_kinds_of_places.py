"""Courses, caseloads and sessions over the API: seats, days, enrolment, and what is refused."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from onward.clock import ManualClock
from onward.contracts import referral
from onward.contracts.directory import PlaceHeld, PlaceQueued, PlaceReleased, ServicePublished
from onward.identity import Role
from onward.service import RunningService
from services.directory import timers
from services.directory.domain.facts import Course
from services.directory.domain.places import CapacityKind
from services.directory.domain.services import Limits, Service, ServiceStatus
from services.directory.handlers import entries
from services.directory.storage.ledger_tables import claims
from tests.integration.directory.conftest import As
from tests.integration.directory.world import ADVICE, ADVISERS, HOUSE, OPERATOR, Handoffs, about

Told = Callable[[type[Any]], list[Any]]
PLACES = "/api/v1/places"
COLLEGE = Service(
    id=UUID(int=13),
    name="Recovery College",
    summary="Courses.",
    status=ServiceStatus.ACTIVE,
    recipient=ADVISERS.id,
    providers=(ADVISERS.id,),
    capacity_kind=CapacityKind.COHORT,
    limits=Limits(course_weeks=6, course_places=2),
    courses=(Course(label="Summer", places=3),),
)


@pytest.fixture
def handoffs(running: RunningService) -> Handoffs:
    return Handoffs(running)


@pytest.fixture
def college(running: RunningService) -> Service:
    with running.database.transaction(actor=OPERATOR) as uow:
        return entries.publish_service(uow, COLLEGE)


@pytest.fixture
def add(client: FlaskClient, as_: As) -> Callable[..., Any]:
    def send(service: Service, label: str, **said: Any) -> Any:
        body = {"service_id": str(service.id), "label": label, **said}
        return client.post(PLACES, json=body, headers=as_(Role.EDITOR, service.recipient))

    return send


@pytest.fixture
def change(client: FlaskClient, as_: As) -> Callable[..., Any]:
    def send(place: Any, **said: Any) -> Any:
        path = f"{PLACES}/{place.json['id']}"
        return client.patch(path, json=said, headers=as_(Role.EDITOR, ADVISERS.id))

    return send


@pytest.fixture
def shown(client: FlaskClient, as_: As) -> Callable[[Service], Any]:
    def read(service: Service) -> Any:
        headers = as_(Role.CASEWORKER, service.recipient)
        return client.get(f"{PLACES}?service={service.id}", headers=headers).json

    return read


def test_a_caseload_is_counted_from_the_moment_its_provider_says_how_many_it_takes(
    handoffs: Handoffs, add: Any, shown: Any, told: Told
) -> None:
    handoffs.tell(handoffs.accept(1, service=ADVICE, needs_place=False))

    assert add(ADVICE, "Team", seats=2).status_code == 201

    assert [one.has_ledger for one in told(ServicePublished)] == [True]
    for number in (2, 3, 4):
        handoffs.tell(handoffs.accept(number, service=ADVICE))
    assert [one.handoff_id.int for one in told(PlaceHeld)] == [1002, 1003]
    assert [one.position for one in told(PlaceQueued)] == [1]
    room = shown(ADVICE)["room"]
    assert (room["places"], room["available"], room["held"], room["waiting"]) == (2, 0, 2, 1)


def test_who_came_before_places_were_counted_leaves_without_freeing_one(
    handoffs: Handoffs, add: Any, told: Told
) -> None:
    handoffs.tell(handoffs.accept(1, service=ADVICE, needs_place=False))
    add(ADVICE, "Team", seats=1)
    handoffs.tell(handoffs.accept(2, service=ADVICE))
    handoffs.tell(handoffs.accept(3, service=ADVICE))

    handoffs.tell(referral.HandoffStarted(**about(1, ADVICE)))
    handoffs.tell(referral.HandoffCompleted(**about(1, ADVICE), outcome="helped"))

    assert told(PlaceReleased) == []
    assert len(told(PlaceHeld)) == 1


def test_lowering_a_caseload_below_who_is_on_it_is_refused_and_says_whom_it_affects(
    handoffs: Handoffs, add: Any, change: Any
) -> None:
    team = add(ADVICE, "Team", seats=3)
    for number in (1, 2):
        handoffs.tell(handoffs.accept(number, service=ADVICE))

    refused = change(team, seats=1)

    assert refused.status_code == 409
    assert refused.json["code"] == "capacity-below-occupied"
    assert refused.json["affected"] == [str(UUID(int=1001)), str(UUID(int=1002))]
    assert refused.json["over"] == 1


def test_a_caseload_can_shrink_to_who_is_on_it_whichever_seats_they_have(
    handoffs: Handoffs, add: Any, change: Any, shown: Any
) -> None:
    team = add(ADVICE, "Team", seats=3)
    for number in (1, 2, 3):
        handoffs.tell(handoffs.accept(number, service=ADVICE))
    handoffs.tell(
        referral.HandoffCancelled(**about(1, ADVICE), reason="moved", cancelled_by="person")
    )

    assert change(team, seats=2).status_code == 200

    (place,) = shown(ADVICE)["places"]
    assert [(one["seat"], one["handoff_id"][-3:]) for one in place["seated"]] == [
        (1, "3eb"),
        (2, "3ea"),
    ]


def test_more_seats_go_to_whoever_waits_in_the_same_transaction(
    handoffs: Handoffs, add: Any, change: Any, told: Told
) -> None:
    team = add(ADVICE, "Team", seats=1)
    handoffs.tell(handoffs.accept(1, service=ADVICE))
    handoffs.tell(handoffs.accept(2, service=ADVICE))

    assert change(team, seats=2).json["free"] == 0

    assert told(PlaceHeld)[-1].handoff_id == UUID(int=1002)
    assert told(PlaceHeld)[-1].promoted is True


def test_a_course_takes_its_seats_and_days_from_the_entry_where_nothing_else_is_said(
    college: Service, add: Any
) -> None:
    spring = add(college, "Spring", starts_on="2026-04-07").json
    summer = add(college, "Summer", starts_on="2026-07-07", ends_on="2026-07-28").json

    assert (spring["seats"], spring["ends_on"]) == (2, "2026-05-19")
    assert spring["enrols_until"] == "2026-04-07"
    assert (summer["seats"], summer["ends_on"]) == (3, "2026-07-28")


def test_an_offer_ends_with_enrolment_and_the_next_course_takes_who_waits(
    college: Service, handoffs: Handoffs, add: Any, told: Told, clock: ManualClock
) -> None:
    add(college, "Spring", starts_on="2026-03-03", seats=1)
    handoffs.tell(handoffs.accept(1, service=college))
    (held,) = told(PlaceHeld)
    assert held.until.isoformat() == "2026-03-04T00:00:00+00:00", "sooner than 48 hours"
    assert held.ends_on.isoformat() == "2026-04-14"

    clock.advance(timedelta(days=2))
    handoffs.tell(referral.OfferLapsed(**about(1, college), offer_hours=48))
    assert [one.handoff_id.int for one in told(PlaceQueued)] == [1001], "too late to enrol"

    autumn = add(college, "Autumn", starts_on="2026-09-01").json
    assert told(PlaceHeld)[-1].place_id == UUID(autumn["id"])


def test_what_is_being_prepared_counts_from_its_day_by_itself(
    college: Service, handoffs: Handoffs, add: Any, shown: Any, told: Told, clock: ManualClock
) -> None:
    running = handoffs.running
    add(college, "Autumn", starts_on="2026-09-01", state="pipeline", opens_on="2026-03-04")
    handoffs.tell(handoffs.accept(1, service=college))
    timers.open_places(running)
    assert shown(college)["room"]["pipeline"] == 2

    clock.advance(timedelta(days=2))
    timers.open_places(running)

    assert [one.handoff_id.int for one in told(PlaceHeld)] == [1001]
    assert shown(college)["places"][0]["state"] == "available", "one seat is free"


def test_a_course_is_full_open_closed_and_over_in_turn(
    college: Service, handoffs: Handoffs, add: Any, shown: Any, clock: ManualClock
) -> None:
    add(college, "Spring", starts_on="2026-03-03")

    def states() -> Any:
        return shown(college)["places"][0]["state"]

    assert states() == "available"
    clock.advance(timedelta(days=2))
    assert states() == "enrolment-closed"
    clock.advance(timedelta(weeks=6))
    assert states() == "ended"


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({}, 422, "course-undated"),
        (
            {"starts_on": "2026-04-07", "ends_on": "2026-04-06"},
            422,
            "course-ends-before-it-starts",
        ),
        (
            {"starts_on": "2026-04-07", "enrols_until": "2027-01-01"},
            422,
            "enrols-after-its-end",
        ),
        (
            {"starts_on": "2026-04-07", "state": "pipeline", "opens_on": "2026-04-08"},
            422,
            "opens-too-late",
        ),
        ({"starts_on": "2026-04-07", "seats": 0}, 422, "invalid"),
    ],
)
def test_a_course_that_cannot_be_is_refused(
    college: Service, add: Any, said: dict[str, Any], status: int, code: str
) -> None:
    refused = add(college, "Spring", **said)

    assert (refused.status_code, refused.json["code"]) == (status, code)


@pytest.mark.parametrize(
    ("service", "said", "code"),
    [
        (HOUSE, {"seats": 2}, "one-person-each"),
        (HOUSE, {"starts_on": "2026-04-07", "ends_on": "2026-05-07"}, "no-course"),
        (ADVICE, {}, "seats-not-stated"),
    ],
)
def test_only_what_is_shared_has_seats_and_only_courses_have_days(
    add: Any, service: Service, said: dict[str, Any], code: str
) -> None:
    assert add(service, "One more", **said).json["code"] == code


def test_the_days_of_a_course_stay_while_somebody_is_on_it(
    college: Service, handoffs: Handoffs, add: Any, change: Any
) -> None:
    spring = add(college, "Spring", starts_on="2026-04-07")
    handoffs.tell(handoffs.accept(1, service=college))

    refused = change(spring, starts_on="2026-04-14")

    assert refused.json["code"] == "place-in-use"
    assert refused.json["affected"] == [str(UUID(int=1001))]
    assert change(spring, enrols_until="2026-04-01").status_code == 200


def test_a_change_that_says_nothing_is_refused(college: Service, add: Any, change: Any) -> None:
    spring = add(college, "Spring", starts_on="2026-04-07")

    assert change(spring).status_code == 422


SMALLER = "UPDATE places SET seats = 1 WHERE label = 'Team'"
SHUT = "UPDATE places SET opening = 'closed' WHERE label = 'Team'"
BACKWARDS = "UPDATE places SET starts_on = '2026-04-07', ends_on = '2026-04-06'"


@pytest.mark.parametrize(
    ("statement", "rule"),
    [(SMALLER, "a seat there"), (SHUT, "a seat there"), (BACKWARDS, "dates_in_order")],
)
def test_the_database_itself_takes_no_seat_away(
    running: RunningService, handoffs: Handoffs, add: Any, statement: str, rule: str
) -> None:
    add(ADVICE, "Team", seats=2)
    handoffs.tell(handoffs.accept(1, service=ADVICE))
    handoffs.tell(handoffs.accept(2, service=ADVICE))

    with (
        pytest.raises(sa.exc.IntegrityError, match=rule),
        running.engine.begin() as connection,
    ):
        connection.execute(sa.text(statement))


@pytest.mark.parametrize(("seat", "rule"), [(1, "uq_claims_one_per_seat"), (3, "no such seat")])
def test_the_database_itself_gives_no_seat_twice_and_none_that_is_not_there(
    running: RunningService, handoffs: Handoffs, add: Any, seat: int, rule: str
) -> None:
    add(ADVICE, "Team", seats=2)
    handoffs.tell(handoffs.accept(1, service=ADVICE))

    with running.engine.connect() as connection:
        kept = connection.execute(sa.select(claims)).mappings().one()
        other = {**kept, "handoff_id": UUID(int=9), "seat": seat}
        with pytest.raises(sa.exc.IntegrityError, match=rule):
            connection.execute(sa.insert(claims).values(other))
