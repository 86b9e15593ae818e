"""Make an appointment of a handoff, cancel it, and record whether the person came."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from onward.contracts.referral import AppointmentCancelled, AppointmentMade, AttendanceRecorded
from onward.database import UnitOfWork
from onward.errors import NotFoundError
from onward.ids import new_id
from services.referral.domain.appointments import (
    Appointment,
    Mode,
    cancelled,
    kept,
    require_possible,
    require_room,
    sessions,
)
from services.referral.domain.handoff import Handoff
from services.referral.domain.timing import BEGUN, ending
from services.referral.handlers.conversing import Party, party_to, tell_read
from services.referral.handlers.news import note_appointment
from services.referral.storage.store import Store
from services.referral.storage.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """What somebody wants to arrange."""

    starts_at: datetime
    minutes: int
    mode: Mode
    place: str | None = None


def arrange(
    uow: UnitOfWork[Store], vault: Vault, handoff_id: UUID, meeting: Meeting
) -> Appointment:
    """Make an appointment. Raises what `party_to`, `require_possible` and `require_room` raise."""
    here = party_to(uow, vault, handoff_id, lock=True)
    require_possible(here.handoff, meeting.starts_at, now=uow.now)
    service = uow.store.copies.service(here.handoff.service_id)
    require_room(_all(uow, here), service.sessions_per_person if service else None)
    appointment = Appointment(
        id=new_id(),
        handoff_id=handoff_id,
        referral_id=here.handoff.referral_id,
        organisation=here.organisation,
        starts_at=meeting.starts_at,
        minutes=meeting.minutes,
        mode=meeting.mode,
        place=meeting.place,
        made_at=uow.now,
    )
    uow.store.appointments.add(appointment, here.seal)
    note_appointment(uow, here.handoff)
    uow.emit(
        AppointmentMade(
            **here.handoff.told(),
            appointment_id=appointment.id,
            starts_at=appointment.starts_at,
            minutes=appointment.minutes,
            by=here.side,
        )
    )
    return appointment


def call_off(
    uow: UnitOfWork[Store], vault: Vault, handoff_id: UUID, appointment_id: UUID
) -> Appointment:
    """Cancel an appointment. Raises what `party_to` raises, `NotFoundError` or ``appointment-settled``."""
    here = party_to(uow, vault, handoff_id, lock=True)
    after = cancelled(_one(_all(uow, here), appointment_id))
    uow.store.appointments.change(after)
    note_appointment(uow, here.handoff)
    uow.emit(
        AppointmentCancelled(
            **here.handoff.told(),
            appointment_id=after.id,
            starts_at=after.starts_at,
            by=here.side,
        )
    )
    return after


def record(
    uow: UnitOfWork[Store],
    vault: Vault,
    handoff_id: UUID,
    appointment_id: UUID,
    *,
    attended: bool,
) -> Appointment:
    """Record whether the person came; with the last session that there is, the stay ends.

    Raises what `party_to` and `kept` raise, or `NotFoundError`.
    """
    here = party_to(uow, vault, handoff_id, lock=True)
    known = _all(uow, here)
    parties = here.handoff.parties(here.organisation)
    after = kept(_one(known, appointment_id), attended=attended, parties=parties, now=uow.now)
    uow.store.appointments.change(after)
    used = sessions(known) + attended
    uow.emit(
        AttendanceRecorded(
            **here.handoff.told(), appointment_id=after.id, attended=attended, sessions=used
        )
    )
    service = uow.store.copies.service(here.handoff.service_id)
    if attended and service and used == service.sessions_per_person:
        _end_stay(uow, here.handoff)
    return after


def read_appointments(
    uow: UnitOfWork[Store], vault: Vault, handoff_id: UUID
) -> Sequence[Appointment]:
    """Return the appointments of a handoff, the earliest first. Raises what `party_to` raises."""
    here = party_to(uow, vault, handoff_id)
    found = _all(uow, here)
    tell_read(uow, here.handoff, "appointments", len(found))
    return found


def read_appointment(
    uow: UnitOfWork[Store], vault: Vault, handoff_id: UUID, appointment_id: UUID
) -> Appointment:
    """Return one appointment. Raises what `party_to` raises, or `NotFoundError`."""
    return _one(read_appointments(uow, vault, handoff_id), appointment_id)


def _end_stay(uow: UnitOfWork[Store], handoff: Handoff) -> None:
    """Let the stay end now: both sides are reminded of it as of any other end, until it is completed."""
    if handoff.status in BEGUN:
        due = ending(handoff.due, uow.now)
        uow.store.moved((handoff, replace(handoff, due=due, version=handoff.version + 1)))


def _all(uow: UnitOfWork[Store], here: Party) -> list[Appointment]:
    return uow.store.appointments.of_handoffs([here.handoff.id], here.seal)


def _one(known: Sequence[Appointment], appointment_id: UUID) -> Appointment:
    for appointment in known:
        if appointment.id == appointment_id:
            return appointment
    raise NotFoundError("appointment")
