"""Appointments: which are possible, what becomes of them, and what a calendar is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.errors import ConflictError, InvalidError
from onward.icalendar import WIDEST
from services.referral.domain.appointments import (
    Appointment,
    Mode,
    State,
    cancelled,
    kept,
    require_possible,
    sessions,
)
from services.referral.domain.calendar import icalendar
from services.referral.domain.moves import Party, Status
from tests.unit.referral.examples import handoff as handed

NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
MEETING = Appointment(
    id=UUID(int=1),
    handoff_id=UUID(int=2),
    referral_id=UUID(int=3),
    organisation=UUID(int=4),
    starts_at=NOW,
    minutes=60,
    mode=Mode.IN_PERSON,
    place="14 Marlbrook Road",
    made_at=NOW,
)
HOUSE = (Party.RECIPIENT,)


def test_sessions_are_the_appointments_that_were_kept() -> None:
    came = kept(MEETING, attended=True, parties=HOUSE, now=NOW)
    stayed_away = kept(MEETING, attended=False, parties=HOUSE, now=NOW)
    assert sessions([came, came, stayed_away, cancelled(MEETING), MEETING]) == 2


def test_nobody_comes_to_a_meeting_that_lies_ahead() -> None:
    with pytest.raises(ConflictError, match="appointment-ahead"):
        kept(MEETING, attended=True, parties=HOUSE, now=NOW - timedelta(minutes=1))


def test_only_the_service_says_who_came() -> None:
    with pytest.raises(ConflictError, match="recipient-records"):
        kept(MEETING, attended=True, parties=(Party.SENDER,), now=NOW)


@pytest.mark.parametrize("state", [State.CANCELLED, State.ATTENDED, State.MISSED])
def test_what_is_settled_stays_so(state: State) -> None:
    with pytest.raises(ConflictError, match="appointment-settled"):
        cancelled(replace(MEETING, state=state))


def test_a_meeting_lies_between_the_sending_and_thirteen_months_ahead() -> None:
    handoff = handed(Status.REQUESTED)
    assert handoff.requested_at is not None
    sent = handoff.requested_at
    require_possible(handoff, sent, now=sent + timedelta(days=3))
    for wrong in (sent - timedelta(seconds=1), sent + timedelta(days=401)):
        with pytest.raises(InvalidError, match="appointment-implausible"):
            require_possible(handoff, wrong, now=sent)
    with pytest.raises(ConflictError, match="handoff-over"):
        require_possible(replace(handoff, status=Status.COMPLETED), sent, now=sent)


def test_a_calendar_is_told_when_but_neither_who_nor_where() -> None:
    written = icalendar(
        MEETING, service="Advice; money, debts", address="https://onward.example/r/3", now=NOW
    )
    assert "DTSTART:20261123T140000Z\r\nDTEND:20261123T150000Z\r\n" in written
    assert "SUMMARY:Advice\\; money\\, debts\\, reference 0000-0002" in written
    assert "Marlbrook" not in written
    again = icalendar(cancelled(MEETING), service="Advice", address="https://x.example", now=NOW)
    assert "SEQUENCE:1\r\n" in again
    assert "STATUS:CANCELLED\r\n" in again


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=300))
def test_lines_of_a_calendar_are_folded_and_lose_nothing(service: str) -> None:
    written = icalendar(MEETING, service=service, address="https://x.example", now=NOW)
    assert all(len(line.encode()) <= WIDEST for line in written.split("\r\n"))
    unfolded = written.replace("\r\n ", "")
    for character in ("\\", ";", ","):
        service = service.replace(character, f"\\{character}")
    assert f"SUMMARY:{service}\\, reference" in unfolded
