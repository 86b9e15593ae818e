"""Which service stands first for a person, and why: told in sentences, the same every time."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.directory.domain.eligibility import Outcome
from services.directory.domain.facts import Area, By, WayIn
from services.directory.domain.geography import Home, Point, distance_km, is_served, nearest_km
from services.directory.domain.matching import (
    Offer,
    Particulars,
    Places,
    Search,
    Space,
    Standing,
    at_hours,
    rank,
    stand,
)
from services.directory.domain.matching_reasons import Explained, Weight, explain
from services.directory.domain.opening import State
from services.directory.domain.places import CapacityKind
from tests.unit.directory import rules

OXFORD = Area(name="Oxford", code="E07000178", outcodes=("OX1", "OX2", "OX3", "OX4"))
OXFORDSHIRE = Area(name="Oxfordshire", code="E10000025")
HACKNEY = Area(name="Hackney", code="E09000012")
CARFAX = Point(latitude=51.7520, longitude=-1.2577)
BANBURY = Point(latitude=52.0629, longitude=-1.3398)
HOUSE = Offer(
    service_id=UUID(int=1),
    name="Stepdown House",
    kind=CapacityKind.BED,
    shared=True,
    needs=frozenset({"housing"}),
    areas=(OXFORDSHIRE,),
    areas_known=True,
    points=(CARFAX,),
    online=False,
    ways_in=frozenset({WayIn.REFERRAL}),
    eligibility={"rule": {"fact": "age", "over": 18}},
    places=Places(available=1, open=3, waiting=0),
)
KNOWN = Particulars(
    nation="england",
    opening={"always": True, "bank_holidays": "as_usual"},
    answer_hours=24,
)
SEARCH = Search(
    needs=frozenset({"housing"}),
    facts={"age": 34, "district": "E07000178"},
    place=BANBURY,
    at=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
    open_then=False,
    sender=UUID(int=9),
    on=date(2026, 3, 2),
)


def stood(offer: Offer = HOUSE, search: Search = SEARCH, **changes: Any) -> Standing:
    return stand(replace(offer, **changes), search, search.home)


def reasons(
    offer: Offer, search: Search = SEARCH, known: Particulars = KNOWN
) -> set[tuple[str, str]]:
    found = explained(offer, search, known)
    return {(one.weight.value, one.says) for one in found.reasons}


def explained(offer: Offer, search: Search = SEARCH, known: Particulars = KNOWN) -> Explained:
    return explain(stand(offer, search, search.home), search, known)


def test_everything_that_speaks_for_a_service_is_said() -> None:
    assert reasons(HOUSE) == {
        ("for", "Takes the person: Over 18"),
        ("for", "For people in Oxfordshire"),
        ("for", "Helps with housing"),
        ("for", "1 of 3 places free"),
        ("note", "Open now"),
        ("note", "35.0 km away as the crow flies"),
        ("note", "Answers a referral within 24 hours"),
    }


def test_answer_times_say_where_they_count_working_hours() -> None:
    working = replace(KNOWN, answer_hours=8, counts_working_hours=True)

    assert ("note", "Answers a referral within 8 of its working hours") in reasons(
        HOUSE, known=working
    )


def test_everything_that_speaks_against_it_is_said_with_the_code_of_a_decline() -> None:
    search = replace(SEARCH, facts={"age": 18, "district": "E09000012"})
    full = replace(
        HOUSE,
        shared=False,
        places=Places(available=0, open=3, waiting=2),
        needs=frozenset({"benefits"}),
    )
    waited = replace(KNOWN, wait_days=12)
    found = explained(full, search, waited)

    assert found.standing.outcome is Outcome.INELIGIBLE
    assert [str(code) for code in found.declines] == ["outside-area", "not-eligible"]
    assert {(one.code, one.says) for one in found.reasons if one.weight is Weight.AGAINST} == {
        ("not-eligible", "Takes nobody else but: Over 18"),
        ("outside-area", "Only for people in Oxfordshire"),
        ("no-agreement", "Your organisation has no sharing agreement with it"),
        ("other-needs", "Does not say that it helps with housing"),
        ("full", "Every place is taken, 2 waiting"),
    }
    assert ("note", "People lately waited 12 days for a place, half of them less") in reasons(
        full, search, waited
    )


def test_what_nobody_knows_is_said_as_such() -> None:
    bare = replace(
        HOUSE,
        areas=(),
        areas_known=False,
        needs=frozenset(),
        eligibility=None,
        places=None,
        kind=CapacityKind.CASELOAD,
    )

    assert {
        says
        for weight, says in reasons(bare, known=replace(KNOWN, opening=None))
        if weight == "unknown"
    } == {
        "The service does not say whom it takes: ask it.",
        "Whose people it is for is not stated: ask it",
        "What it helps with is not stated: ask it",
        "Ask whether it has room",
        "Ask whether it is open now",
    }


def test_being_closed_counts_only_for_who_asks_for_that_moment() -> None:
    tuesdays = {"days": ["tue"], "from": "09:00", "to": "17:00"}
    office = replace(KNOWN, opening={"weekly": [tuesdays], "bank_holidays": "closed"})

    assert ("note", "Closed now, opens tomorrow at 9am") in reasons(HOUSE, known=office)
    urgent = replace(SEARCH, open_then=True)
    assert ("against", "Closed now, opens tomorrow at 9am") in reasons(HOUSE, urgent, office)


@pytest.mark.parametrize(
    "worse",
    [
        {"eligibility": {"rule": {"fact": "in_crisis", "is": True}}},
        {"shared": False},
        {"needs": frozenset({"crisis"})},
        {"places": Places(available=0, open=3, waiting=0)},
        {"places": None, "kind": CapacityKind.CASELOAD},
        {"points": ()},
        {"points": (), "online": True},
        {"name": "Z house"},
    ],
)
def test_whoever_is_alike_in_all_but_one_thing_stands_behind(worse: dict[str, Any]) -> None:
    assert rank([stood(**worse), stood()])[0].offer == HOUSE


def test_taking_the_person_counts_more_than_being_next_door() -> None:
    far = stood(name="Far", points=(Point(latitude=57.0, longitude=-2.0),))
    near = stood(name="Near", eligibility={"rule": {"fact": "age", "under": 18}})

    assert [one.offer.name for one in rank([near, far])] == ["Far", "Near"]


def test_open_now_counts_before_the_way_there() -> None:
    near = at_hours(stood(name="Near"), State.CLOSED)
    far = at_hours(stood(name="Far", points=()), State.OPEN)

    assert [one.offer.name for one in rank([near, far])] == ["Far", "Near"]


def test_a_service_without_referrals_needs_no_agreement() -> None:
    assert stood(shared=False).agreed is False
    assert stood(shared=False, ways_in=frozenset({WayIn.WALK_IN})).agreed is True
    assert stood(search=replace(SEARCH, sender=None), shared=False).agreed is True


def test_a_drop_in_has_room_for_whoever_comes() -> None:
    drop_in = replace(HOUSE, places=None, kind=CapacityKind.DROP_IN)

    assert drop_in.space is Space.NOW
    assert ("for", "Open to whoever comes") in reasons(drop_in)


@pytest.mark.parametrize(
    ("facts", "area", "served"),
    [
        ({"district": "E07000178"}, OXFORD, True),
        ({"district": "E07000178"}, OXFORDSHIRE, True),
        ({"district": "E09000012"}, OXFORD, False),
        ({"district": "E09000012"}, OXFORDSHIRE, False),
        ({"district": "E07000084"}, OXFORDSHIRE, None),
        ({"district": "E07000084", "county": "E10000014"}, OXFORDSHIRE, False),
        ({"district": "W06000001"}, Area(name="England", code="E92000001"), False),
        ({"district": "W06000001"}, Area(name="Wales", code="W92000004"), True),
        ({"outcode": "OX4"}, OXFORD, True),
        ({"outcode": "E8"}, OXFORD, False),
        ({"outcode": "OX4", "district": "E07000179"}, OXFORD, False),
        ({"outcode": "OX4"}, OXFORDSHIRE, None),
        ({}, OXFORD, None),
        ({"district": "E07000178"}, replace(OXFORD, by=By.REGISTRATION), None),
    ],
)
def test_where_somebody_lives_says_yes_no_or_not_enough(
    facts: dict[str, Any], area: Area, served: Any
) -> None:
    assert is_served((area,), Home.of(facts)) is served


def test_one_area_that_fits_is_enough() -> None:
    home = Home.of({"district": "E07000178"})

    assert is_served((HACKNEY, OXFORD), home) is True
    assert is_served((HACKNEY,), home) is False
    assert is_served((), home) is True


def test_distances_follow_the_earth() -> None:
    assert distance_km(CARFAX, BANBURY) == pytest.approx(35.0, abs=0.1)
    london, edinburgh = (
        Point(latitude=51.5074, longitude=-0.1278),
        Point(latitude=55.9533, longitude=-3.1883),
    )
    assert distance_km(london, edinburgh) == pytest.approx(534, abs=1)
    assert nearest_km((london, CARFAX), BANBURY) == distance_km(CARFAX, BANBURY)
    assert nearest_km((), BANBURY) is None


points = st.builds(
    Point, latitude=st.floats(-90, 90), longitude=st.floats(-180, 180, exclude_min=True)
)


@given(points, points, points)
def test_distance_is_one(one: Point, two: Point, three: Point) -> None:
    assert distance_km(one, one) == 0
    assert distance_km(one, two) == pytest.approx(distance_km(two, one))
    direct = distance_km(one, three)
    assert direct <= distance_km(one, two) + distance_km(two, three) + 1e-6


offers = st.builds(
    lambda number, document, room, near: replace(
        HOUSE,
        service_id=UUID(int=number),
        name=f"Service {number % 3}",
        eligibility=document,
        places=Places(available=room, open=2, waiting=0),
        points=(CARFAX,) if near else (),
    ),
    st.integers(1, 50),
    st.none() | rules.documents,
    st.integers(0, 1),
    st.booleans(),
)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(offers, max_size=8, unique_by=lambda one: one.service_id), rules.facts(), st.randoms()
)
def test_the_order_does_not_depend_on_the_order_before(
    found: list[Offer], facts: Any, chance: Any
) -> None:
    search = replace(SEARCH, facts=facts)
    standings = [stand(offer, search, search.home) for offer in found]
    mixed = list(standings)
    chance.shuffle(mixed)

    assert rank(mixed) == rank(standings)
    outcomes = [one.outcome for one in rank(standings)]
    assert outcomes == sorted(outcomes, key=list(_ORDER).index)


_ORDER = (Outcome.ELIGIBLE, Outcome.NEEDS_ASSESSMENT, Outcome.INELIGIBLE)


@settings(deadline=None, max_examples=60)
@given(offers, rules.facts())
def test_the_reasons_say_what_the_outcome_says(offer: Offer, facts: Any) -> None:
    search = replace(SEARCH, facts={**facts, "district": "E07000178"})
    found = explained(offer, search)
    told = {
        one.weight for one in found.reasons if one.code in {"eligible", "not-known", "not-stated"}
    }

    assert found.assessment.outcome is found.standing.outcome
    assert (Weight.UNKNOWN in told) is (found.standing.outcome is Outcome.NEEDS_ASSESSMENT)
    assert (Weight.FOR in told) is (found.standing.outcome is Outcome.ELIGIBLE)
