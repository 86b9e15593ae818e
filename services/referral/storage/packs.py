"""Keep packs as they were frozen when sent, and the ledger of what was told to whom."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from onward import rows
from services.referral.domain.consent import Stop
from services.referral.domain.handoff import Handoff
from services.referral.domain.pack import Sections, Value, field_names
from services.referral.domain.sections import Sensitivity, sensitivity
from services.referral.storage.tables import disclosures, organisations, packs
from services.referral.storage.vault import Seal


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """One field that one recipient was told."""

    handoff_id: UUID
    field: str
    recipient: UUID
    recipient_name: str | None
    lawful_basis: str
    agreement_id: UUID | None
    disclosed_at: datetime
    stopped_at: datetime | None
    """Since when the recipient may not read it any more."""
    stopped_because: Stop | None
    sensitivity: Sensitivity


class Packs:
    """Packs by handoff."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def freeze(self, handoff: Handoff, told: Sections, seal: Seal, *, at: datetime) -> None:
        """Write what the recipient of a handoff that is being sent may read from now on."""
        if not told:
            return
        rows.insert(
            self._connection,
            packs,
            [
                {
                    "handoff_id": handoff.id,
                    "section": section,
                    "sealed_fields": seal.close(_label(handoff.id, section), dict(fields)),
                }
                for section, fields in told.items()
            ],
        )
        rows.insert(
            self._connection,
            disclosures,
            [
                {
                    "handoff_id": handoff.id,
                    "field": field,
                    "referral_id": handoff.referral_id,
                    "recipient": handoff.recipient,
                    "lawful_basis": handoff.lawful_basis,
                    "agreement_id": handoff.agreement_id,
                    "disclosed_at": at,
                }
                for field in field_names(told)
            ],
        )

    def read(self, handoff_id: UUID, seal: Seal) -> dict[str, dict[str, Value]]:
        """Return what the recipient may read."""
        wanted = sa.select(packs).filter_by(handoff_id=handoff_id).order_by(packs.c.section)
        return {
            row.section: open_section(seal, handoff_id, row.section, row.sealed_fields)
            for row in self._connection.execute(wanted)
        }

    def disclosed(self, referral_id: UUID, recipient: UUID | None) -> list[Disclosure]:
        """Return the ledger of a referral; only *recipient*'s part of it where one is named."""
        wanted = (
            sa.select(disclosures, organisations.c.name.label("recipient_name"))
            .outerjoin(organisations, organisations.c.id == disclosures.c.recipient)
            .where(disclosures.c.referral_id == referral_id)
            .order_by(disclosures.c.disclosed_at, disclosures.c.handoff_id, disclosures.c.field)
        )
        if recipient is not None:
            wanted = wanted.where(disclosures.c.recipient == recipient)
        return [
            Disclosure(
                handoff_id=row.handoff_id,
                field=row.field,
                recipient=row.recipient,
                recipient_name=row.recipient_name,
                lawful_basis=row.lawful_basis,
                agreement_id=row.agreement_id,
                disclosed_at=row.disclosed_at,
                stopped_at=row.stopped_at,
                stopped_because=Stop(row.stopped_because) if row.stopped_because else None,
                sensitivity=sensitivity(row.field),
            )
            for row in self._connection.execute(wanted)
        ]

    def stop(
        self, handoff_id: UUID, fields: Collection[str], because: Stop, *, at: datetime
    ) -> None:
        """Note in the ledger that *fields* of a handoff may not be read any more."""
        self._note(handoff_id, fields, stopped_at=at, stopped_because=because.value)

    def reopen(self, handoff_id: UUID, fields: Collection[str]) -> None:
        """Note in the ledger that *fields* of a handoff may be read again."""
        self._note(handoff_id, fields, stopped_at=None, stopped_because=None)

    def _note(self, handoff_id: UUID, fields: Collection[str], **values: object) -> None:
        told = sa.update(disclosures).filter_by(handoff_id=handoff_id)
        self._connection.execute(told.where(disclosures.c.field.in_(fields)).values(**values))


def open_section(seal: Seal, handoff_id: UUID, section: str, sealed: bytes) -> dict[str, Value]:
    """Return the fields of one section of a pack."""
    opened: dict[str, Value] = seal.open(_label(handoff_id, section), sealed)
    return opened


def _label(handoff_id: UUID, section: str) -> str:
    return f"pack.{handoff_id}.{section}"
