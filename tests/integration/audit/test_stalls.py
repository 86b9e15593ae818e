"""Where handoffs stall: after which step, at which service, how long, and which stand still now."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from onward.clock import ManualClock
from tests.integration.audit.conftest import As, Browse, Hear
from tests.unit.audit.story import (
    AUDITOR,
    HOUSE,
    HOUSE_LEAD,
    MONDAY,
    STEPDOWN,
    Story,
    a_handoff,
    the_house,
)

PATH = "/api/v1/audit/stalls"
REQUESTED = "referral.handoff-requested.v1"


@pytest.fixture(autouse=True)
def told(hear: Hear, clock: ManualClock) -> None:
    """Tell of one handoff that got through and of two that nobody answered; two days pass."""
    hear([*the_house(), *a_handoff(), *(Story(name=name).requested() for name in ("kit", "alex"))])
    clock.advance(timedelta(days=2))


@pytest.fixture
def ask(client: FlaskClient, headers_of: As) -> Any:
    return lambda query="": client.get(f"{PATH}{query}", headers=headers_of(AUDITOR))


def test_what_stands_still_comes_first_with_how_long(ask: Any) -> None:
    first, *others = ask().json
    assert first["action"] == REQUESTED
    assert (first["service_id"], first["recipient"]) == (str(STEPDOWN), str(HOUSE))
    assert (first["moved"], first["standing"]) == (1, 2)
    assert first["half_within_seconds"] == 45 * 60
    assert first["longest_seconds"] == 48 * 3600 - 5 * 60
    assert {each["standing"] for each in others} == {0}


def test_a_handoff_that_moved_today_does_not_stand_still(ask: Any, clock: ManualClock) -> None:
    clock.advance(timedelta(days=-1, hours=-2))
    assert {each["standing"] for each in ask().json} == {0}


def test_only_moves_of_the_period_count_but_what_followed_them_does_whenever_it_came(
    ask: Any,
) -> None:
    begun = MONDAY + timedelta(minutes=6)
    (only,) = ask(f"?to={begun:%Y-%m-%dT%H:%M:%SZ}").json
    assert (only["action"], only["moved"]) == (REQUESTED, 1)
    assert ask(f"?from={datetime(2026, 11, 18, tzinfo=UTC):%Y-%m-%dT%H:%M:%SZ}").json == []


@pytest.mark.parametrize(
    "query",
    ["?from=2026-11-17T00:00:00Z&to=2026-11-16T00:00:00Z", "?from=2020-01-01T00:00:00Z"],
    ids=["ends-before-it-begins", "too-long"],
)
def test_a_period_that_is_none_is_refused(ask: Any, query: str) -> None:
    answer = ask(query)
    assert (answer.status_code, answer.json["code"]) == (422, "report-period-unfit")


def test_it_is_for_those_who_read_everything(client: FlaskClient, headers_of: As) -> None:
    assert client.get(PATH, headers=headers_of(HOUSE_LEAD)).status_code == 403


def test_the_page_names_services_and_refuses_beside_the_field(browse: Browse) -> None:
    auditor = browse(AUDITOR)
    assert 'href="/audit/stalls"' in auditor.get("/audit/reports").text
    page = auditor.get("/audit/stalls").text
    for said in ("Stepdown House", "Response", "Asked to take the person on", "2, up to 47 hours"):
        assert said in page
    wrong = auditor.get("/audit/stalls?from=2020-01-01&to=2026-01-01").text
    assert "There is a problem" in wrong
    assert "At most 366 days" in wrong
