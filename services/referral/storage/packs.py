"""Keep packs as they were frozen when sent, and the ledger of what was told to whom."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from onward import rows
from services.referral.domain.consent import Stop
from services.referral.domain.handoff import Handoff
from services.referral.domain.pack import Sections, Value, field_names
from services.referral.domain.sections import Sensitivity, sensitivity
from services.referral.storage.tables import disclosures, earlier_packs, organisations, packs
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
    corrected_at: datetime | None
    """When the recipient was last told something else instead."""
    sensitivity: Sensitivity


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A section of a pack as it read before it was corrected."""

    section: str
    until: datetime
    fields: Mapping[str, Value]


class Packs:
    """Packs by handoff."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def freeze(self, handoff: Handoff, told: Sections, seal: Seal, *, at: datetime) -> None:
        """Write what the recipient of a handoff that is being sent may read from now on."""
        if not told:
            return
        rows.insert(self._connection, packs, _sealed(handoff, told, seal))
        rows.insert(self._connection, disclosures, _entries(handoff, field_names(told), at=at))

    def told(self, handoff_id: UUID) -> frozenset[str]:
        """Return the ``section.field`` names that the recipient of a handoff was ever told."""
        wanted = sa.select(disclosures.c.field).filter_by(handoff_id=handoff_id)
        return frozenset(self._connection.scalars(wanted))

    def correct(
        self,
        handoff: Handoff,
        told: Sections,
        changed: Collection[str],
        seal: Seal,
        *,
        at: datetime,
    ) -> None:
        """Let the recipient read *told* where *changed* fields stand; what stood there before is kept."""
        touched = {name.partition(".")[0] for name in changed}
        those = packs.c.section.in_(touched), packs.c.handoff_id == handoff.id
        before = sa.select(
            packs.c.handoff_id, packs.c.section, sa.literal(at), packs.c.sealed_fields
        )
        columns = ["handoff_id", "section", "until", "sealed_fields"]
        self._connection.execute(
            sa.insert(earlier_packs).from_select(columns, before.where(*those))
        )
        self._connection.execute(sa.delete(packs).where(*those))
        now = {
            section: fields for section, fields in told.items() if section in touched and fields
        }
        rows.insert(self._connection, packs, _sealed(handoff, now, seal))
        known = self.told(handoff.id)
        self._note(handoff.id, changed, corrected_at=at)
        new = [name for name in field_names(now) if name in changed and name not in known]
        rows.insert(self._connection, disclosures, _entries(handoff, new, at=at))

    def earlier(self, handoff_id: UUID, seal: Seal) -> list[Earlier]:
        """Return what a pack said before it was corrected, the oldest first."""
        column = earlier_packs.c
        wanted = sa.select(earlier_packs).filter_by(handoff_id=handoff_id)
        return [
            Earlier(
                section=row.section,
                until=row.until,
                fields=open_section(seal, handoff_id, row.section, row.sealed_fields),
            )
            for row in self._connection.execute(wanted.order_by(column.until, column.section))
        ]

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
                corrected_at=row.corrected_at,
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


def _sealed(handoff: Handoff, told: Sections, seal: Seal) -> list[dict[str, Any]]:
    return [
        {
            "handoff_id": handoff.id,
            "section": section,
            "sealed_fields": seal.close(_label(handoff.id, section), dict(fields)),
        }
        for section, fields in told.items()
    ]


def _entries(handoff: Handoff, names: Collection[str], *, at: datetime) -> list[dict[str, Any]]:
    return [
        {
            "handoff_id": handoff.id,
            "field": name,
            "referral_id": handoff.referral_id,
            "recipient": handoff.recipient,
            "lawful_basis": handoff.lawful_basis,
            "agreement_id": handoff.agreement_id,
            "disclosed_at": at,
        }
        for name in names
    ]


def _label(handoff_id: UUID, section: str) -> str:
    return f"pack.{handoff_id}.{section}"
