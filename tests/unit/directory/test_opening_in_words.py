"""Opening hours as people read them."""

import pytest

from services.directory.domain.opening import in_words, now, now_in_words, read
from services.directory.domain.opening.times import DAYS
from tests.unit.directory.openings import LONDON, OFFICE, local


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
