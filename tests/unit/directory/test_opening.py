"""When a service is open: on the wall's clock, through the nights when it changes, and on holidays."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from onward.bank_holidays import bank_holiday
from onward.errors import InvalidError
from services.directory.domain import opening
from services.directory.domain.opening import State, in_words, now, now_in_words, read, write
from services.directory.domain.opening.calendar import intervals
from services.directory.domain.opening.schema import schema
from services.directory.domain.opening.times import DAYS
from tests.unit.directory.rules import guide_examples

LONDON = ZoneInfo("Europe/London")
SCHEMA = jsonschema.Draft202012Validator(schema())
unhurried = settings(deadline=None, max_examples=60)
OFFICE = {
    "weekly": [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "17:00"}],
    "bank_holidays": "closed",
}
EVENINGS = {"weekly": [{"days": ["sat"], "from": "18:00", "to": "02:00"}]}


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def stands(document: Any, at: str, nation: str = "england") -> tuple[str, str | None, str | None]:
    """Return state, until and next opening, written in London's time."""
    found = now(read(document), nation, local(at))

    def shown(moment: datetime | None) -> str | None:
        return f"{moment.astimezone(LONDON):%Y-%m-%dT%H:%M}" if moment else None

    return found.state.value, shown(found.until), shown(found.next_opens)


def wrongs(document: Any) -> dict[str, str]:
    with pytest.raises(InvalidError) as refused:
        read(document)
    return {error.pointer: error.detail for error in refused.value.errors}


def test_open_from_the_first_minute_until_the_last_is_over() -> None:
    assert stands(OFFICE, "2026-03-02T08:59") == ("closed", None, "2026-03-02T09:00")
    assert stands(OFFICE, "2026-03-02T09:00") == ("open", "2026-03-02T17:00", None)
    assert stands(OFFICE, "2026-03-02T17:00") == ("closed", None, "2026-03-03T09:00")


def test_after_the_weekend_comes_monday() -> None:
    assert stands(OFFICE, "2026-03-06T18:00") == ("closed", None, "2026-03-09T09:00")


def test_hours_past_midnight_belong_to_the_day_on_which_they_begin() -> None:
    assert stands(EVENINGS, "2026-03-08T01:30") == ("open", "2026-03-08T02:00", None)
    assert stands(EVENINGS, "2026-03-09T01:30")[0] == "closed"


def test_hours_that_meet_are_one_opening() -> None:
    document = {
        "weekly": [
            {"days": ["mon"], "from": "18:00", "to": "24:00"},
            {"days": ["tue"], "from": "00:00", "to": "03:00"},
        ],
    }

    assert stands(document, "2026-03-02T20:00") == ("open", "2026-03-03T03:00", None)


@pytest.mark.parametrize("nation", ["england", "wales"])
def test_easter_monday_2026_is_a_bank_holiday(nation: str) -> None:
    assert bank_holiday(date(2026, 4, 6), nation) == "Easter Monday"
    assert stands(OFFICE, "2026-04-02T18:00", nation) == ("closed", None, "2026-04-07T09:00")


def test_the_monday_that_stands_in_for_a_holiday_on_a_weekend_is_one_too() -> None:
    assert bank_holiday(date(2026, 12, 26), "england") == "Boxing Day"
    assert bank_holiday(date(2026, 12, 28), "england") == "Boxing Day"
    assert bank_holiday(date(2026, 11, 30), "england") is None  # Scotland's


def test_a_bank_holiday_nobody_speaks_of_is_to_be_asked_about() -> None:
    silent = {"weekly": OFFICE["weekly"]}

    assert stands(silent, "2026-04-06T10:00") == ("unknown", None, "2026-04-07T09:00")
    assert stands(silent, "2026-04-06T20:00") == ("closed", None, "2026-04-07T09:00")
    assert "Bank holidays: not stated, ask first" in in_words(read(silent))


def test_bank_holidays_can_have_hours_of_their_own_or_be_as_usual() -> None:
    short = {**OFFICE, "bank_holidays": [{"from": "10:00", "to": "12:00"}]}
    usual = {**OFFICE, "bank_holidays": "as_usual"}

    assert stands(short, "2026-04-06T09:30") == ("closed", None, "2026-04-06T10:00")
    assert stands(usual, "2026-04-06T09:30") == ("open", "2026-04-06T17:00", None)


def test_a_dated_exception_wins_over_hours_and_holidays() -> None:
    document = {
        **OFFICE,
        "exceptions": [
            {"day": "2026-12-24", "to": "2026-12-25", "closed": True, "says": "Christmas"},
            {"day": "2026-12-28", "hours": [{"from": "13:00", "to": "15:00"}]},
        ],
    }

    assert stands(document, "2026-12-24T10:00") == ("closed", None, "2026-12-28T13:00")
    assert "24 December 2026 to 25 December 2026: closed (Christmas)" in in_words(read(document))


def test_what_is_always_open_closes_for_an_exception_only() -> None:
    document = {
        "always": True,
        "bank_holidays": "as_usual",
        "exceptions": [{"day": "2026-03-06", "closed": True}],
    }

    assert stands(document, "2026-03-04T03:00") == ("open", "2026-03-06T00:00", None)
    assert stands(document, "2026-03-06T03:00") == ("closed", None, "2026-03-07T00:00")
    assert stands(document, "2026-03-07T03:00") == ("open", None, None)


def test_hours_nobody_states_are_not_known() -> None:
    document = {"unstated": ["Six days a week: which is not said"]}

    assert stands(document, "2026-03-02T10:00") == ("unknown", None, None)
    assert now(None, "england", local("2026-03-02T10:00")).state is State.UNKNOWN
    assert in_words(read(document))[-1] == "Not stated: Six days a week: which is not said"
    assert in_words(None) == ("When it is open is not stated: ask first",)


def test_a_closure_is_known_even_where_hours_are_not() -> None:
    document = {"exceptions": [{"day": "2026-03-02", "closed": True}]}

    assert stands(document, "2026-03-02T10:00")[0] == "closed"
    assert stands(document, "2026-03-03T10:00")[0] == "unknown"


def test_the_night_the_clocks_go_forward_is_an_hour_shorter() -> None:
    night = {"weekly": [{"days": ["sat"], "from": "22:00", "to": "06:00"}]}
    (one,) = intervals(read(night), "england", date(2026, 3, 28), date(2026, 3, 28))

    assert one.ends - one.begins == timedelta(hours=7)


def test_the_night_the_clocks_go_back_is_an_hour_longer() -> None:
    night = {"weekly": [{"days": ["sat"], "from": "22:00", "to": "06:00"}]}
    (one,) = intervals(read(night), "england", date(2026, 10, 24), date(2026, 10, 24))

    assert one.ends - one.begins == timedelta(hours=9)


def test_a_time_the_clock_skips_is_the_end_of_the_gap() -> None:
    gap = {"weekly": [{"days": ["sun"], "from": "01:30", "to": "02:30"}]}
    (one,) = intervals(read(gap), "england", date(2026, 3, 29), date(2026, 3, 29))

    assert one.begins == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert one.ends == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    never = {"weekly": [{"days": ["sun"], "from": "01:15", "to": "01:45"}]}
    assert not intervals(read(never), "england", date(2026, 3, 29), date(2026, 3, 29))


def test_a_time_the_clock_shows_twice_begins_first_and_ends_last() -> None:
    twice = {"weekly": [{"days": ["sun"], "from": "01:15", "to": "01:45"}]}
    (one,) = intervals(read(twice), "england", date(2026, 10, 25), date(2026, 10, 25))

    assert one.ends - one.begins == timedelta(minutes=90)


def test_a_session_lasts_as_long_whatever_the_clock_does() -> None:
    walk = {
        "sessions": [
            {"rule": "FREQ=DAILY", "starts": "2026-10-01T00:30", "minutes": 120},
        ],
        "bank_holidays": "as_usual",
    }
    for one in intervals(read(walk), "england", date(2026, 10, 20), date(2026, 10, 30)):
        assert one.ends - one.begins == timedelta(minutes=120)


def test_a_session_every_second_week_keeps_its_step_over_years() -> None:
    group = {
        "sessions": [
            {
                "name": "Choir",
                "rule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
                "starts": "2020-01-07T18:30",
                "minutes": 90,
            }
        ],
        "bank_holidays": "closed",
    }

    assert (date(2026, 3, 10) - date(2020, 1, 7)).days % 14 == 0
    assert stands(group, "2026-03-03T19:00") == ("closed", None, "2026-03-10T18:30")
    assert stands(group, "2026-03-10T19:00") == ("open", "2026-03-10T20:00", None)
    assert in_words(read(group))[0] == "Choir: every second week on Tuesday, 6:30pm to 8pm"


def test_a_course_of_six_sessions_has_no_seventh() -> None:
    course = {
        "sessions": [
            {"rule": "FREQ=WEEKLY;COUNT=6;BYDAY=MO", "starts": "2026-03-02T10:00", "minutes": 60}
        ],
        "bank_holidays": "as_usual",
    }

    assert stands(course, "2026-03-30T12:00") == ("closed", None, "2026-04-06T10:00")
    assert stands(course, "2026-04-06T12:00") == ("closed", None, None)


@pytest.mark.parametrize(
    ("rule", "starts", "words"),
    [
        ("FREQ=DAILY", "2026-03-02T10:00", "Every day, 10am to 11am"),
        (
            "FREQ=WEEKLY;BYDAY=MO,TH",
            "2026-03-02T12:00",
            "Every Monday and Thursday, midday to 1pm",
        ),
        (
            "FREQ=MONTHLY;BYDAY=1MO",
            "2026-03-02T23:00",
            "The first Monday of every month, 11pm to midnight",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=-1",
            "2026-03-31T10:00",
            "The last day of every month, 10am to 11am",
        ),
        (
            "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=2,22;UNTIL=20261231",
            "2026-03-02T10:00",
            "The 2nd and 22nd of every 3 months, until 31 December 2026, 10am to 11am",
        ),
    ],
)
def test_how_often_is_said_in_words(rule: str, starts: str, words: str) -> None:
    document = {"sessions": [{"rule": rule, "starts": starts, "minutes": 60}]}

    assert in_words(read(document))[0] == words


def test_hours_are_said_in_words() -> None:
    document = {
        "weekly": [
            {"days": ["mon", "tue", "wed", "fri"], "from": "09:30", "to": "12:00"},
            {"days": ["sat", "sun"], "from": "20:00", "to": "02:00"},
            {"days": list(DAYS), "from": "00:00", "to": "24:00"},
        ][:2],
        "bank_holidays": [{"from": "10:00", "to": "12:00"}, {"from": "13:00", "to": "24:00"}],
    }

    assert in_words(read(document)) == (
        "Monday to Wednesday and Friday: 9:30am to midday",
        "Saturday and Sunday: 8pm to 2am the next day",
        "Bank holidays: 10am to midday and 1pm to midnight",
    )


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-03-02T10:00", "Open now, until 5pm"),
        ("2026-03-02T20:00", "Closed now, opens tomorrow at 9am"),
        ("2026-03-06T20:00", "Closed now, opens on Monday at 9am"),
        ("2026-12-24T20:00", "Closed now, opens on Tuesday at 9am"),
    ],
)
def test_how_it_stands_is_said_in_words(at: str, words: str) -> None:
    moment = local(at)
    said = now_in_words(now(read(OFFICE), "england", moment), moment, LONDON)

    assert said == words


@pytest.mark.parametrize(
    ("document", "pointer", "says"),
    [
        ([], "", "an object"),
        ({"weakly": []}, "/weakly", "perhaps weekly"),
        ({"always": "yes"}, "/always", "true or false"),
        ({"always": True, "weekly": []}, "/always", "no other hours"),
        ({"time_zone": "../etc/passwd"}, "/time_zone", "Europe/London"),
        ({"weekly": [{"days": [], "from": "09:00", "to": "10:00"}]}, "/weekly/0/days", "1 to 7"),
        ({"weekly": [{"days": ["may"], "from": "09:00", "to": "10:00"}]}, "/weekly/0/days", "mon"),
        (
            {"weekly": [{"days": ["mon"], "from": 1080, "to": "20:00"}]},
            "/weekly/0/from",
            "in quotes",
        ),
        ({"weekly": [{"days": ["mon"], "from": "09:00", "to": "24:30"}]}, "/weekly/0/to", "24:00"),
        (
            {"weekly": [{"days": ["mon"], "from": "09:00", "to": "09:00"}]},
            "/weekly/0",
            "whole day",
        ),
        (
            {
                "weekly": [
                    {"days": ["mon", "tue"], "from": "09:00", "to": "12:00"},
                    {"days": ["tue"], "from": "11:59", "to": "14:00"},
                ]
            },
            "/weekly/1",
            "overlap",
        ),
        ({"bank_holidays": "shut"}, "/bank_holidays", "as_usual"),
        (
            {"exceptions": [{"day": "2026-02-30", "closed": True}]},
            "/exceptions/0/day",
            "in quotes",
        ),
        (
            {"exceptions": [{"day": "2026-03-02", "to": "2026-03-01", "closed": True}]},
            "/exceptions/0/to",
            "later day",
        ),
        ({"exceptions": [{"day": "2026-03-02"}]}, "/exceptions/0", "closed: true"),
        (
            {
                "exceptions": [
                    {"day": "2026-03-02", "closed": True},
                    {"day": "2026-03-02", "closed": True},
                ]
            },
            "/exceptions/1",
            "same day",
        ),
        ({"sessions": [{"rule": "FREQ=YEARLY"}]}, "/sessions/0/rule", "FREQ=DAILY"),
    ],
)
def test_a_mistake_is_named_by_its_place_with_what_to_change(
    document: Any, pointer: str, says: str
) -> None:
    assert says in wrongs(document)[pointer]


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("", "NAME=VALUE"),
        ("FREQ=SECONDLY", "FREQ=DAILY"),
        ("FREQ=DAILY;FREQ=DAILY", "each name once"),
        ("FREQ=DAILY;BYHOUR=9", "nothing else"),
        ("FREQ=DAILY;INTERVAL=0", "RFC 5545"),
        ("FREQ=DAILY;INTERVAL=999", "366"),
        ("FREQ=DAILY;COUNT=9999", "1000"),
        ("FREQ=DAILY;COUNT=9;UNTIL=20261231", "not both"),
        ("FREQ=DAILY;UNTIL=20260230", "there is not"),
        ("FREQ=DAILY;BYDAY=MO", "FREQ=WEEKLY"),
        ("FREQ=WEEKLY", "BYDAY=TU,TH"),
        ("FREQ=WEEKLY;BYDAY=1TU", "BYDAY=TU,TH"),
        ("FREQ=MONTHLY;BYDAY=TU", "BYDAY=1TU"),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "-1 is the last"),
    ],
)
def test_a_rule_that_cannot_be_says_what_to_change(rule: str, says: str) -> None:
    document = {"sessions": [{"rule": rule, "starts": "2026-03-02T10:00", "minutes": 60}]}

    assert says in wrongs(document)["/sessions/0/rule"]


def test_the_first_session_is_one_that_the_rule_makes() -> None:
    document = {
        "sessions": [{"rule": "FREQ=WEEKLY;BYDAY=TU", "starts": "2026-03-02T10:00", "minutes": 60}]
    }

    assert "the rule makes" in wrongs(document)["/sessions/0/starts"]


def test_the_example_in_the_documentation_reads() -> None:
    text = (opening.__doc__ or "").split("In YAML:\n\n")[1].split("\n\n``always")[0]
    document = yaml.safe_load(text)

    assert len(in_words(read(document))) == 7
    SCHEMA.validate(document)


def test_the_example_in_the_guide_reads() -> None:
    (text,) = (block for block in guide_examples() if "weekly:" in block)

    SCHEMA.validate(yaml.safe_load(text))
    assert len(in_words(read(yaml.safe_load(text)))) == 7


@pytest.mark.parametrize(
    "document",
    [
        {"weakly": []},
        {"always": "yes"},
        {"weekly": [{"days": ["may"], "from": "09:00", "to": "10:00"}]},
        {"weekly": [{"days": ["mon"], "from": 1080, "to": "24:30"}]},
        {"bank_holidays": "shut"},
        {"exceptions": [{"day": "2026-03-02"}]},
        {"exceptions": [{"day": "2026-03-02", "closed": False, "hours": []}]},
        {"sessions": [{"rule": "FREQ=YEARLY", "starts": "2026-03-02T10:00", "minutes": 60}]},
    ],
)
def test_editors_see_a_mistake_of_shape_while_one_types(document: Any) -> None:
    assert not SCHEMA.is_valid(document)
    assert wrongs(document)


minutes = st.integers(0, 24 * 12 - 1).map(lambda step: step * 5)


@st.composite
def week(draw: st.DrawFn) -> dict[str, Any]:
    """Draw usual hours: some days, each with one stretch that may go past midnight."""
    hours = []
    for day in draw(st.lists(st.sampled_from(sorted(DAYS)), unique=True, max_size=7)):
        begins = draw(minutes)
        ends = (begins + draw(st.integers(1, 24 * 12 - 1)) * 5) % (24 * 60)
        hours.append({"days": [day], "from": _clock(begins), "to": _clock(ends)})
    return {"weekly": hours, "bank_holidays": "as_usual"}


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


moments = st.integers(0, 2 * 365 * 24 * 12).map(
    lambda step: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=5 * step)
)


@unhurried
@given(week(), moments)
def test_open_is_what_the_clock_on_the_wall_says(document: Any, at: datetime) -> None:
    """The plain reading: today's hours, or yesterday's past midnight, hold the time that is shown."""
    wall = at.astimezone(LONDON)
    other = at.astimezone(LONDON).replace(fold=1 - wall.fold)
    if other.utcoffset() != wall.utcoffset():
        return  # shown twice: told from the first to the last
    expected = any(_holds(hours, wall) for hours in document["weekly"])
    if document["weekly"]:
        assert (now(read(document), "england", at).state is State.OPEN) is expected


def _holds(hours: Any, wall: datetime) -> bool:
    shown = f"{wall:%H:%M}"
    begins, ends = hours["from"], hours["to"]
    today, yesterday = wall.weekday(), (wall.weekday() - 1) % 7
    if begins < ends:
        return DAYS[hours["days"][0]] == today and begins <= shown < ends
    started = DAYS[hours["days"][0]] == today and shown >= begins
    goes_on = DAYS[hours["days"][0]] == yesterday and shown < ends
    return bool(started or goes_on)


@unhurried
@given(week(), moments)
def test_what_is_told_to_come_next_comes(document: Any, at: datetime) -> None:
    found = now(read(document), "england", at)
    minute = timedelta(minutes=1)
    if found.next_opens:
        assert found.next_opens > at
        assert now(read(document), "england", found.next_opens - minute).state is not State.OPEN
        assert now(read(document), "england", found.next_opens).state is State.OPEN
    if found.until:
        assert found.until > at
        assert now(read(document), "england", found.until - minute).state is State.OPEN
        assert now(read(document), "england", found.until).state is not State.OPEN
    if document["weekly"] and found.state is State.CLOSED:
        assert found.next_opens is not None


@st.composite
def session(draw: st.DrawFn) -> dict[str, Any]:
    rule = draw(
        st.sampled_from(
            [
                "FREQ=DAILY",
                "FREQ=DAILY;INTERVAL=3",
                "FREQ=DAILY;COUNT=200",
                "FREQ=WEEKLY;BYDAY=MO",
                "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,SU",
                "FREQ=WEEKLY;BYDAY=MO;UNTIL=20270101",
                "FREQ=MONTHLY;BYDAY=1MO,-1FR",
                "FREQ=MONTHLY;INTERVAL=5;BYDAY=1MO,5FR",
                "FREQ=MONTHLY;BYMONTHDAY=2,-1",
            ]
        )
    )
    return {"rule": rule, "starts": "2026-02-02T18:00", "minutes": draw(st.integers(5, 1440))}


@unhurried
@given(session(), st.integers(0, 1500), st.integers(0, 60))
def test_sessions_are_the_same_wherever_one_begins_to_look(
    said: Any, first: int, length: int
) -> None:
    """Looking far from the first session finds what counting from it finds."""
    found = read({"sessions": [said], "bank_holidays": "as_usual"})
    begin = date(2026, 2, 1) + timedelta(days=first)
    end = begin + timedelta(days=length)
    whole = intervals(found, "england", date(2026, 2, 1), end)
    expected = [one for one in whole if one.begins.astimezone(LONDON).date() >= begin]

    assert intervals(found, "england", begin, end) == expected


@unhurried
@given(week(), st.lists(session(), max_size=2))
def test_what_is_written_reads_as_the_same(document: Any, sessions: Any) -> None:
    once = read({**document, "sessions": sessions})

    assert read(write(once)) == once
    assert SCHEMA.is_valid(write(once))
