"""Keep what is said about handoffs, and when people meet; words and places are sealed."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from onward import rows
from services.referral.domain.appointments import Appointment, Mode, State
from services.referral.domain.conversation import Message, Visibility
from services.referral.storage.conversation_tables import appointments, messages
from services.referral.storage.vault import Seal


class Conversation:
    """Messages by handoff."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def add(self, message: Message, seal: Seal) -> None:
        """Write a new one."""
        row = {
            "id": message.id,
            "handoff_id": message.handoff_id,
            "referral_id": message.referral_id,
            "organisation": message.organisation,
            "principal": message.principal,
            "visibility": message.visibility.value,
            "sealed_text": seal.close(f"message.{message.id}", message.text),
            "at": message.at,
        }
        rows.insert(self._connection, messages, [row])

    def of_handoffs(self, ids: Collection[UUID], seal: Seal, reader: UUID) -> list[Message]:
        """Return what was said about *ids*, handoffs of one referral, as far as *reader* may read it."""
        wanted = (
            sa.select(messages)
            .where(
                messages.c.handoff_id.in_(ids),
                sa.or_(
                    messages.c.visibility == Visibility.BOTH.value,
                    messages.c.organisation == reader,
                ),
            )
            .order_by(messages.c.at, messages.c.id)
        )
        return [_message(row, seal) for row in self._connection.execute(wanted)]


class Appointments:
    """Appointments by handoff."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def add(self, appointment: Appointment, seal: Seal) -> None:
        """Write a new one."""
        place = appointment.place
        row = {
            "id": appointment.id,
            "handoff_id": appointment.handoff_id,
            "referral_id": appointment.referral_id,
            "organisation": appointment.organisation,
            "starts_at": appointment.starts_at,
            "minutes": appointment.minutes,
            "mode": appointment.mode.value,
            "sealed_place": seal.close(_label(appointment.id), place) if place else None,
            "state": appointment.state.value,
            "revision": appointment.revision,
            "made_at": appointment.made_at,
        }
        rows.insert(self._connection, appointments, [row])

    def change(self, appointment: Appointment) -> None:
        """Write what became of one."""
        self._connection.execute(
            sa.update(appointments)
            .filter_by(id=appointment.id)
            .values(state=appointment.state.value, revision=appointment.revision)
        )

    def of_handoffs(self, ids: Collection[UUID], seal: Seal) -> list[Appointment]:
        """Return those of *ids*, handoffs of one referral, the earliest first."""
        wanted = (
            sa.select(appointments)
            .where(appointments.c.handoff_id.in_(ids))
            .order_by(appointments.c.starts_at, appointments.c.id)
        )
        return [_appointment(row, seal) for row in self._connection.execute(wanted)]


def _message(row: sa.Row[Any], seal: Seal) -> Message:
    return Message(
        id=row.id,
        handoff_id=row.handoff_id,
        referral_id=row.referral_id,
        organisation=row.organisation,
        principal=row.principal,
        visibility=Visibility(row.visibility),
        text=str(seal.open(f"message.{row.id}", row.sealed_text)),
        at=row.at,
    )


def _appointment(row: sa.Row[Any], seal: Seal) -> Appointment:
    sealed = row.sealed_place
    return Appointment(
        id=row.id,
        handoff_id=row.handoff_id,
        referral_id=row.referral_id,
        organisation=row.organisation,
        starts_at=row.starts_at,
        minutes=row.minutes,
        mode=Mode(row.mode),
        place=str(seal.open(_label(row.id), sealed)) if sealed is not None else None,
        state=State(row.state),
        revision=row.revision,
        made_at=row.made_at,
    )


def _label(appointment_id: UUID) -> str:
    return f"appointment.{appointment_id}"
