"""A service that counts its answer times in working hours says which those are."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from onward.errors import InvalidError
from services.directory.domain.places import CapacityKind
from services.directory.domain.services import CountedIn, Nation, Service, ServiceStatus, Terms

CHRISTMAS = "2026-12-24/2026-12-26 closed"
WEEKLY = [{"days": ["mon", "sat"], "from": "09:00", "to": "17:00"}]
ADVICE = Service(
    id=UUID(int=1),
    name="Advice",
    summary="Advice on benefits.",
    status=ServiceStatus.ACTIVE,
    recipient=UUID(int=2),
    providers=(UUID(int=2),),
    capacity_kind=CapacityKind.CASELOAD,
    nation=Nation.WALES,
    terms=Terms(counted_in=CountedIn.WORKING_HOURS),
)


@pytest.mark.parametrize(
    ("opening", "says"),
    [
        (None, "state the hours"),
        ({"unstated": ["Ask."]}, "state the hours"),
        (
            {
                "sessions": [
                    {"rule": "FREQ=WEEKLY;BYDAY=TU", "starts": "2026-01-06T18:30", "minutes": 90}
                ],
                "bank_holidays": "closed",
            },
            "sessions are none",
        ),
        ({"weekly": WEEKLY}, "bank_holidays"),
    ],
)
def test_hours_that_nobody_states_cannot_be_counted_in(opening: Any, says: str) -> None:
    with pytest.raises(InvalidError) as refused:
        replace(ADVICE, opening=opening).checked()

    (error,) = refused.value.errors
    assert error.pointer == "/terms/counted_in"
    assert says in error.detail
    assert replace(ADVICE, opening=opening, terms=Terms()).checked()


@pytest.mark.parametrize(
    ("opening", "told"),
    [
        (
            {
                "weekly": [*WEEKLY, {"days": ["sat"], "from": "18:00", "to": "02:00"}],
                "bank_holidays": "closed",
                "exceptions": [{"day": "2026-12-24", "to": "2026-12-26", "closed": True}],
            },
            f"Europe/London; mon 09:00-17:00; sat 09:00-17:00,18:00-26:00; wales closed; {CHRISTMAS}",
        ),
        (
            {"weekly": WEEKLY, "bank_holidays": [{"from": "10:00", "to": "12:00"}]},
            "Europe/London; mon,sat 09:00-17:00; wales 10:00-12:00",
        ),
        (
            {"always": True, "bank_holidays": "as_usual"},
            "Europe/London; mon,tue,wed,thu,fri,sat,sun 00:00-24:00",
        ),
    ],
)
def test_its_working_hours_are_told_in_one_line(opening: Any, told: str) -> None:
    stated = replace(ADVICE, opening=opening).checked()

    assert stated.published().working_hours == told
    assert replace(stated, terms=Terms()).published().working_hours is None
