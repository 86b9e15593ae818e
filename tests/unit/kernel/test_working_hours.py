"""Time counted in working hours: never sooner than on the clock, in order, through nights that change it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onward.working_hours import DAYS, Except, WorkingHours, read, write

LONDON = ZoneInfo("Europe/London")
HOUR = timedelta(hours=1)
unhurried = settings(deadline=None, max_examples=40)
OFFICE = "Europe/London; mon,tue,wed,thu,fri 09:00-17:00; england closed"
EASTER = OFFICE.replace("england closed", "england 10:00-12:00")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def due(hours: str, at: str, count: float) -> str:
    """Return when *count* hours are over that begin *at*, both on the wall in London."""
    ends = read(hours).after(local(at).astimezone(UTC), count * HOUR)
    return f"{ends.astimezone(LONDON):%a %Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("hours", "at", "count", "ends"),
    [
        (OFFICE, "2026-11-20T16:30", 8, "Mon 2026-11-23 16:30"),
        (OFFICE, "2026-11-20T09:00", 8, "Fri 2026-11-20 17:00"),
        (OFFICE, "2026-11-21T12:00", 1, "Mon 2026-11-23 10:00"),
        (OFFICE, "2026-12-24T16:00", 2, "Tue 2026-12-29 10:00"),  # Boxing Day's Monday is one too
        (f"{OFFICE}; 2026-11-23/2026-11-24 closed", "2026-11-20T16:30", 8, "Wed 2026-11-25 16:30"),
        (f"{OFFICE}; 2026-11-23/2026-11-23 13:00-14:00", "2026-11-20T16:30", 1, "Mon 2026-11-23 13:30"),
        (EASTER, "2026-04-02T17:00", 1, "Fri 2026-04-03 11:00"),
        ("Europe/London; sat 18:00-26:00", "2026-11-22T01:00", 2, "Sat 2026-11-28 19:00"),
        ("Europe/London; sun 00:00-04:00", "2026-03-29T00:30", 2, "Sun 2026-03-29 03:30"),
        ("Europe/London; sun 00:00-04:00", "2026-10-25T00:30", 2, "Sun 2026-10-25 01:30"),
    ],
)  # fmt: skip
def test_hours_count_only_while_somebody_works(
    hours: str, at: str, count: float, ends: str
) -> None:
    assert due(hours, at, count) == ends


def test_whoever_never_opens_again_is_not_waited_for_without_end() -> None:
    at = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
    never = "Europe/London; mon 09:00-17:00; 2026-11-01/2029-11-01 closed"
    assert read(never).after(at, HOUR) == at + timedelta(days=370)


SPANS = st.lists(st.integers(0, 1440 + 600), min_size=2, max_size=4, unique=True).map(
    lambda bounds: tuple(
        (begins, ends)
        for begins, ends in zip(sorted(bounds)[::2], sorted(bounds)[1::2], strict=False)
        if begins < 1440
    )
)
SOME_DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 1))
HOURS = st.builds(
    WorkingHours,
    zone=st.sampled_from([LONDON, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kathmandu")]),
    weekly=st.tuples(*[st.one_of(st.just(()), SPANS)] * len(DAYS)),
    nation=st.just("england"),
    holidays=st.one_of(st.just(()), SPANS),
    exceptions=st.lists(
        st.builds(
            lambda first, days, spans: Except(
                first=first, last=first + timedelta(days=days), spans=spans
            ),
            SOME_DAYS,
            st.integers(0, 20),
            SPANS,
        ),
        max_size=2,
    ).map(tuple),
)
MOMENTS = st.integers(0, 60 * 24 * 700).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
WORKED = st.integers(0, 60 * 120).map(lambda minutes: timedelta(minutes=minutes))


@unhurried
@given(HOURS, MOMENTS, WORKED)
def test_it_is_never_sooner_than_on_the_clock_and_just_as_much_was_worked(
    hours: WorkingHours, at: datetime, worked: timedelta
) -> None:
    ends = hours.after(at, worked)
    assert ends >= at + worked
    if ends < at + timedelta(days=370):
        assert hours.between(at, ends) == worked


@unhurried
@given(HOURS, MOMENTS, WORKED, WORKED)
def test_who_asks_later_or_for_longer_is_not_answered_sooner(
    hours: WorkingHours, at: datetime, worked: timedelta, more: timedelta
) -> None:
    ends = hours.after(at, worked)
    assert hours.after(at + more, worked) >= ends
    assert hours.after(at, worked + more) >= ends


@unhurried
@given(HOURS)
def test_hours_travel_as_text_and_stay_the_same(hours: WorkingHours) -> None:
    assert read(write(hours)) == hours
