"""Keep every move of every handoff: who made it, when, and what they said about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from onward import rows
from onward.identity import Actor
from services.referral.domain.effects import Command
from services.referral.domain.handoff import Handoff
from services.referral.domain.moves import Action, Party, Status
from services.referral.storage.tables import organisations, steps
from services.referral.storage.vault import Seal


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One move as it was made."""

    handoff_id: UUID
    version: int
    action: Action
    to_status: Status
    party: Party
    organisation: UUID | None
    organisation_name: str | None
    at: datetime
    code: str | None
    sentence: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A move being made now."""

    handoff: Handoff
    """As it is afterwards."""
    command: Command
    by: Party
    actor: Actor
    at: datetime


class Steps:
    """Moves by handoff and version."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def add(self, *made: Made, seal: Seal | None = None) -> None:
        """Write moves; *seal* is needed where one comes with a sentence."""
        rows.insert(self._connection, steps, [_row(move, seal) for move in made])

    def of_handoffs(self, handoffs: Sequence[Handoff], seal: Seal | None) -> list[Step]:
        """Return the moves of *handoffs* of one referral, in the order they were made.

        Without *seal* what was said about them stays closed.
        """
        wanted = (
            sa.select(steps, organisations.c.name.label("organisation_name"))
            .outerjoin(organisations, organisations.c.id == steps.c.organisation)
            .where(steps.c.handoff_id.in_([handoff.id for handoff in handoffs]))
            .order_by(steps.c.at, steps.c.handoff_id, steps.c.version)
        )
        return [
            Step(
                handoff_id=row.handoff_id,
                version=row.version,
                action=Action(row.action),
                to_status=Status(row.to_status),
                party=Party(row.party),
                organisation=row.organisation,
                organisation_name=row.organisation_name,
                at=row.at,
                code=row.code,
                sentence=_opened(seal, row.handoff_id, row.version, row.sealed_sentence),
            )
            for row in self._connection.execute(wanted)
        ]


def _row(made: Made, seal: Seal | None) -> dict[str, object]:
    handoff, command = made.handoff, made.command
    sealed = None
    if command.sentence and seal:
        sealed = seal.close(_label(handoff.id, handoff.version), command.sentence)
    return {
        "handoff_id": handoff.id,
        "version": handoff.version,
        "referral_id": handoff.referral_id,
        "action": command.action.value,
        "to_status": handoff.status.value,
        "party": made.by.value,
        "organisation": made.actor.organisation,
        "principal": made.actor.principal,
        "at": made.at,
        "code": command.reason or command.outcome,
        "message_id": command.message_id,
        "sealed_sentence": sealed,
    }


def _opened(seal: Seal | None, handoff_id: UUID, version: int, sealed: bytes | None) -> str | None:
    if seal is None or sealed is None:
        return None
    return str(seal.open(_label(handoff_id, version), sealed))


def _label(handoff_id: UUID, version: int) -> str:
    return f"step.{handoff_id}.{version}"
