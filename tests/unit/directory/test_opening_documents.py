"""Documents that state opening hours: what is refused, by its place, and what editors see of it."""

from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from onward.errors import InvalidError
from services.directory.domain import opening
from services.directory.domain.opening import in_words, read, write
from services.directory.domain.opening.schema import schema
from tests.unit.directory.openings import session, unhurried, week
from tests.unit.directory.rules import guide_examples

SCHEMA = jsonschema.Draft202012Validator(schema())


def wrongs(document: Any) -> dict[str, str]:
    with pytest.raises(InvalidError) as refused:
        read(document)
    return {error.pointer: error.detail for error in refused.value.errors}


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


@unhurried
@given(week(), st.lists(session(), max_size=2))
def test_what_is_written_reads_as_the_same(document: Any, sessions: Any) -> None:
    once = read({**document, "sessions": sessions})

    assert read(write(once)) == once
    assert SCHEMA.is_valid(write(once))
