"""What happened at places, over the API: histories, measures, sessions, headcounts, overstays."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from onward.clock import ManualClock
from onward.contracts import referral
from onward.contracts.directory import AttendanceCounted
from onward.identity import Role
from onward.service import RunningService
from services.directory.domain.places import CapacityKind
from services.directory.domain.services import Limits
from services.directory.handlers import entries
from tests.integration.directory.conftest import As
from tests.integration.directory.world import (
    ADVICE,
    ADVISERS,
    HOUSE,
    OPERATOR,
    RESPONSE,
    WARD,
    Handoffs,
    about,
)

Told = Callable[[type[Any]], list[Any]]
WELLBEING = replace(
    ADVICE,
    id=UUID(int=14),
    name="Wellbeing workers",
    capacity_kind=CapacityKind.SESSIONS,
    limits=Limits(sessions_per_person=6),
)
WALK = replace(ADVICE, id=UUID(int=15), name="Walks", capacity_kind=CapacityKind.DROP_IN)
MARCH = "from=2026-03-02&until=2026-03-11"


@pytest.fixture
def handoffs(running: RunningService) -> Handoffs:
    with running.database.transaction(actor=OPERATOR) as uow:
        for service in (WELLBEING, WALK):
            entries.publish_service(uow, service)
    return Handoffs(running)


@pytest.fixture
def read(client: FlaskClient, as_: As) -> Callable[..., Any]:
    def get(path: str, who: UUID = RESPONSE.id) -> Any:
        return client.get(f"/api/v1/{path}", headers=as_(Role.CASEWORKER, who))

    return get


@pytest.fixture
def bed(read: Any) -> str:
    place = read(f"places?service={HOUSE.id}").json["places"][0]
    return f"places/{place['id']}"


def test_the_history_of_a_bed_says_who_had_it_from_when_to_when_and_how_that_ended(
    handoffs: Handoffs, read: Any, bed: str, clock: ManualClock
) -> None:
    handoffs.tell(handoffs.accept(1))
    handoffs.tell(referral.HandoffStarted(**about(1)))
    clock.advance(timedelta(days=3))
    handoffs.tell(handoffs.accept(2))
    handoffs.tell(referral.HandoffCompleted(**about(1), outcome="moved-on"))

    rows = read(f"{bed}/history").json

    assert [(one["referral_id"][-3:], one["state"], one["end_reason"]) for one in rows] == [
        ("7d2", "held", None),
        ("7d1", "released", "completed"),
    ]
    assert rows[1]["ended_at"] > rows[1]["taken_at"]
    first = read(f"{bed}/history?limit=1")
    behind = first.headers["Link"].split(">")[0].removeprefix("<http://127.0.0.1:8080/api/v1/")
    assert [one["state"] for one in read(behind).json] == ["released"]
    assert read(f"{bed}/history", WARD.id).json["code"] == "only-provider"


def test_everybody_sees_when_a_place_was_opened_and_closed(
    client: FlaskClient, as_: As, read: Any, bed: str, clock: ManualClock
) -> None:
    clock.advance(timedelta(days=1))
    client.patch(f"/api/v1/{bed}", json={"state": "closed"}, headers=as_(Role.EDITOR))

    assert [one["state"] for one in read(f"{bed}/changes", WARD.id).json] == [
        "available",
        "closed",
    ]


def test_occupancy_and_waiting_are_measured_and_point_at_nobody(
    handoffs: Handoffs, read: Any, clock: ManualClock
) -> None:
    clock.advance(timedelta(hours=-9))
    for number in range(1, 6):
        handoffs.tell(handoffs.accept(number, requested_at=clock.now() - timedelta(days=number)))
        handoffs.tell(referral.HandoffStarted(**about(number)))
        clock.advance(timedelta(days=1))
        handoffs.tell(referral.HandoffCompleted(**about(number), outcome="moved-on"))
    clock.advance(timedelta(days=30))
    path = f"services/{HOUSE.id}/measures?"

    told = read(path + MARCH, WARD.id).json
    few_own = read(path + "from=2026-03-02&until=2026-03-02").json
    few_others = read(path + "from=2026-03-02&until=2026-03-02", WARD.id).json

    assert (told["stays"], told["waits"], told["median_wait_days"]) == (5, 5, 3)
    assert told["occupied_days"] == 5
    assert 49 < told["occupancy_percent"] < 53
    assert (few_own["stays"], few_own["too_few"]) == (1, False)
    assert (few_others["stays"], few_others["median_wait_days"], few_others["too_few"]) == (
        None,
        None,
        True,
    )


@pytest.mark.parametrize(
    "query",
    ["from=2026-03-02&until=2026-03-01", "from=2016-03-02&until=2026-03-01", "from=2026-03-02"],
)
def test_a_period_that_is_none_is_refused(running: Any, read: Any, query: str) -> None:
    assert read(f"services/{HOUSE.id}/measures?{query}").status_code == 422


def test_sessions_used_and_left_are_counted_for_who_is_there_places_or_not(
    handoffs: Handoffs, read: Any, told: Told
) -> None:
    handoffs.tell(handoffs.accept(1, service=WELLBEING, needs_place=False))
    handoffs.tell(referral.HandoffStarted(**about(1, WELLBEING)))
    for count in (1, 2):
        handoffs.tell(
            referral.AttendanceRecorded(
                **about(1, WELLBEING), appointment_id=uuid4(), attended=True, sessions=count
            )
        )

    (row,) = read(f"services/{WELLBEING.id}/sessions", ADVISERS.id).json

    assert (row["used"], row["of"], row["left"]) == (2, 6, 4)
    handoffs.tell(referral.HandoffCompleted(**about(1, WELLBEING), outcome="helped"))
    assert read(f"services/{WELLBEING.id}/sessions", ADVISERS.id).json == []
    assert read(f"services/{WELLBEING.id}/sessions", WARD.id).status_code == 403


def test_who_stays_longer_than_the_longest_stay_is_shown(
    handoffs: Handoffs, read: Any, clock: ManualClock
) -> None:
    handoffs.tell(handoffs.accept(1))
    handoffs.tell(referral.HandoffStarted(**about(1)))

    def seat() -> Any:
        (place,) = read(f"places?service={HOUSE.id}").json["places"]
        return place["seated"][0]

    assert (seat()["stay_ends"][:10], seat()["overstayed"]) == ("2026-03-16", False)
    clock.advance(timedelta(days=14))
    assert seat()["overstayed"] is True


def test_people_at_a_drop_in_are_counted_by_the_day_and_counted_anew(
    client: FlaskClient, as_: As, handoffs: Handoffs, read: Any, told: Told
) -> None:
    def count(service: Any, on: str, who: UUID = ADVISERS.id) -> Any:
        return client.post(
            f"/api/v1/services/{service.id}/headcounts",
            json={"on": on, "people": 12},
            headers=as_(Role.CASEWORKER, who),
        )

    assert count(WALK, "2026-03-01").status_code == 200
    assert count(WALK, "2026-03-02").status_code == 200
    assert count(WALK, "2026-03-02").json == {"on": "2026-03-02", "people": 12}

    assert read(f"services/{WALK.id}/measures?{MARCH}", WARD.id).json["attended"] == 12
    assert len(told(AttendanceCounted)) == 3
    assert count(WALK, "2026-03-03").status_code == 422
    assert count(WELLBEING, "2026-03-02").json["code"] == "counts-by-name"
    assert count(WALK, "2026-03-02", WARD.id).json["code"] == "only-provider"
