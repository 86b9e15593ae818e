"""Appointments of a handoff: made, cancelled, kept or missed; sessions are those that were kept."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from onward.errors import ConflictError, FieldError, InvalidError
from services.referral.domain.handoff import Handoff
from services.referral.domain.moves import Party

FURTHEST: Final = timedelta(days=400)
"""How far ahead an appointment can lie; whatever is later was mistyped."""
SHORTEST, LONGEST = 5, 600
"""Minutes."""


class Mode(StrEnum):
    """How the two meet."""

    IN_PERSON = "in-person"
    PHONE = "phone"
    VIDEO = "video"


class State(StrEnum):
    """What became of an appointment."""

    PLANNED = "planned"
    CANCELLED = "cancelled"
    ATTENDED = "attended"
    MISSED = "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """One meeting with the person."""

    id: UUID
    handoff_id: UUID
    referral_id: UUID
    organisation: UUID
    """Who made it."""
    starts_at: datetime
    minutes: int
    mode: Mode
    place: str | None = None
    """In people's own words; it may be somebody's home, so it is sealed."""
    state: State = State.PLANNED
    revision: int = 0
    """How often it has changed; calendars tell old copies from new ones by it."""
    made_at: datetime

    @property
    def ends_at(self) -> datetime:
        """When it is over."""
        return self.starts_at + timedelta(minutes=self.minutes)


def require_possible(handoff: Handoff, starts_at: datetime, *, now: datetime) -> None:
    """Raise `ConflictError` ``handoff-over`` or `InvalidError` ``appointment-implausible``.

    A meeting that has taken place already can be entered afterwards, back to when the handoff was sent.
    """
    if not handoff.is_open or handoff.requested_at is None:
        raise ConflictError(
            "handoff-over", "Appointments belong to a handoff that is under way: this one is not."
        )
    if not handoff.requested_at <= starts_at <= now + FURTHEST:
        raise InvalidError(
            "appointment-implausible",
            "Check the day: it lies before the handoff was sent, or too far ahead.",
            errors=[FieldError(pointer="/starts_at", detail="Check the day and the year.")],
        )


def require_room(appointments: Iterable[Appointment], most: int | None) -> None:
    """Raise `ConflictError` ``sessions-used-up`` where a service offers no more than *most* sessions.

    What was cancelled or missed can be made up for.
    """
    counted = {State.PLANNED, State.ATTENDED}
    if most is not None and sum(one.state in counted for one in appointments) >= most:
        raise ConflictError(
            "sessions-used-up",
            f"This service offers {most} to one person, and all of them are planned or were kept: "
            "cancel one, or complete the handoff.",
            most=most,
        )


def cancelled(appointment: Appointment) -> Appointment:
    """Return it called off. Raises `ConflictError` ``appointment-settled``."""
    return _settled(appointment, State.CANCELLED)


def kept(
    appointment: Appointment, *, attended: bool, parties: Iterable[Party], now: datetime
) -> Appointment:
    """Return it with whether the person came, as the recipient saw it.

    Raises `ConflictError` (``appointment-settled``, ``appointment-ahead``, ``recipient-records``).
    """
    if Party.RECIPIENT not in parties:
        raise ConflictError(
            "recipient-records", "Only the service itself can say who came: ask the recipient."
        )
    if appointment.starts_at > now:
        raise ConflictError(
            "appointment-ahead", "It has not begun yet: record who came afterwards, or cancel it."
        )
    return _settled(appointment, State.ATTENDED if attended else State.MISSED)


def sessions(appointments: Iterable[Appointment]) -> int:
    """Return how many sessions the person came to."""
    return sum(one.state is State.ATTENDED for one in appointments)


def _settled(appointment: Appointment, state: State) -> Appointment:
    if appointment.state is not State.PLANNED:
        raise ConflictError(
            "appointment-settled",
            f"This appointment was {appointment.state.value} already: make a new one.",
            state=appointment.state.value,
        )
    return replace(appointment, state=state, revision=appointment.revision + 1)
