"""Occupancy and waiting time, counted by hand and counted from the ledger."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.directory.domain.claims import Claim, ClaimState, Urgency
from services.directory.domain.days import begins
from services.directory.domain.measures import Lived, PlaceChange, measured, period
from services.directory.domain.places import Opening, Place

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 10)
START, AFTER = begins(FIRST), begins(date(2026, 4, 1))
SPAN = period(FIRST, LAST)
BED = Place(id=UUID(int=1), number=1, label="Bed 1", opening=Opening.AVAILABLE)
ALWAYS = (PlaceChange(at=START - timedelta(days=30), opening=Opening.AVAILABLE, seats=1),)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def stay(who: int, start: datetime, end: datetime | None) -> Claim:
    return Claim(
        handoff_id=UUID(int=who),
        referral_id=UUID(int=who),
        attempt=1,
        state=ClaimState.RELEASED if end else ClaimState.TAKEN,
        urgency=Urgency.ROUTINE,
        requested_at=start,
        waiting_since=start,
        offer_hours=1,
        place_id=BED.id,
        seat=1,
        held_at=start,
        taken_at=start,
        ended_at=end,
    )


def lived(*stays: Claim, place: Place = BED, changes: tuple[PlaceChange, ...] = ALWAYS) -> Lived:
    return Lived(place=place, changes=changes, stays=stays)


def test_a_bed_taken_for_half_of_ten_days_is_half_full() -> None:
    found = measured([lived(stay(1, day(-5), day(5)))], [], SPAN, at=AFTER)

    assert (found.seat_days, found.occupied_days, found.occupancy_percent) == (10, 5, 50)
    assert found.stays == 1


def test_who_is_still_there_counts_until_now_and_the_rest_of_the_period_is_not_yet() -> None:
    found = measured([lived(stay(1, day(1), None))], [], SPAN, at=day(4))

    assert (found.seat_days, found.occupied_days) == (4, 3)


def test_a_closed_place_is_not_empty_but_not_there() -> None:
    shut = PlaceChange(at=day(4), opening=Opening.CLOSED, seats=1)
    found = measured([lived(stay(1, day(0), day(4)), changes=(*ALWAYS, shut))], [], SPAN, at=AFTER)

    assert found.occupancy_percent == 100


def test_seats_that_came_later_count_from_then_on() -> None:
    more = PlaceChange(at=day(5), opening=Opening.AVAILABLE, seats=3)

    found = measured([lived(changes=(*ALWAYS, more))], [], SPAN, at=AFTER)

    assert found.seat_days == 5 + 5 * 3


def test_a_course_counts_on_its_own_days_alone() -> None:
    course = replace(BED, starts_on=date(2026, 3, 9), ends_on=date(2026, 3, 20))

    found = measured([lived(stay(1, day(0), None), place=course)], [], SPAN, at=AFTER)

    assert (found.seat_days, found.occupied_days) == (2, 2)


def test_the_clocks_going_forward_take_an_hour_off_the_month() -> None:
    month = period(date(2026, 3, 1), date(2026, 3, 31))

    assert measured([lived()], [], month, at=AFTER).seat_days == round(31 - 1 / 24, 2)


def test_what_fewer_than_five_make_up_is_told_to_the_service_alone() -> None:
    waits = [timedelta(days=days) for days in (1, 2, 9, 10, 11)]
    own = measured([lived(stay(1, day(0), day(5)))], waits, SPAN, at=AFTER)

    others = own.for_others()

    assert (own.occupancy_percent, own.median_wait_days, own.too_few) == (50, 9, False)
    assert (others.occupancy_percent, others.occupied_days, others.stays) == (None, None, None)
    assert (others.median_wait_days, others.waits, others.too_few) == (9, 5, True)


@given(
    cuts=st.lists(st.floats(-20, 40), min_size=1, max_size=12),
    now=st.floats(0, 30),
)
def test_one_bed_is_never_more_than_full_whoever_comes_and_goes(
    cuts: list[float], now: float
) -> None:
    moments = sorted(map(day, cuts))
    ends = [*moments[1:], None]
    stays = [stay(who, *both) for who, both in enumerate(zip(moments, ends, strict=True))]

    found = measured([lived(*stays)], [], SPAN, at=day(now))

    assert 0 <= (found.occupied_days or 0) <= found.seat_days + 0.01
    assert found.seat_days <= 10
