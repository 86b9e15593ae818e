"""Keep referrals, and what their sender has to tell."""

from dataclasses import fields
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from onward import rows
from services.referral.domain.handoff import Handoff, Intent, Urgency
from services.referral.domain.pack import Consent, Sections, Value
from services.referral.domain.referral import Referral, Standing, standing_after
from services.referral.storage.tables import handoffs, referrals, sections
from services.referral.storage.vault import Seal

_PLAIN = tuple(
    field.name
    for field in fields(Referral)
    if field.name not in {"standing", "intent", "urgency", "consent"}
)


class Referrals:
    """Referrals by id, and the sections that their sender filled in."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def add(self, referral: Referral, *, basis_note: str | None, seal: Seal) -> None:
        """Write a new one."""
        note = seal.close("basis_note", basis_note) if basis_note else None
        row = _row(referral) | {"sealed_basis_note": note}
        rows.insert(self._connection, referrals, [row])

    def change(self, referral: Referral) -> None:
        """Write what its sender has changed."""
        self._connection.execute(
            sa.update(referrals).filter_by(id=referral.id).values(**_row(referral))
        )

    def find(self, referral_id: UUID) -> Referral | None:
        """Return one, or None."""
        row = self._connection.execute(sa.select(referrals).filter_by(id=referral_id)).first()
        return _referral(row) if row else None

    def basis_note(self, referral_id: UUID, seal: Seal) -> str | None:
        """Return what its sender noted about the lawful basis."""
        sealed = self._connection.execute(
            sa.select(referrals.c.sealed_basis_note).filter_by(id=referral_id)
        ).scalar_one()
        return str(seal.open("basis_note", sealed)) if sealed is not None else None

    def lock(self, referral_id: UUID) -> Referral | None:
        """Return one that nobody else can route until commit, or None."""
        row = self._connection.execute(
            sa.select(referrals).filter_by(id=referral_id).with_for_update()
        ).first()
        return _referral(row) if row else None

    def lock_of_person(self, person_id: UUID) -> dict[UUID, Referral]:
        """Return those about one person, which nobody else can route until commit."""
        wanted = sa.select(referrals).filter_by(person_id=person_id).order_by(referrals.c.id)
        found = self._connection.execute(wanted.with_for_update())
        return {row.id: _referral(row) for row in found}

    def claim_expired(self, today: date, *, most: int) -> list[Referral]:
        """Return referrals whose consent has run out before *today*, each once: they are noted as seen to.

        What another transaction is seeing to is left to it.
        """
        due = (
            sa.select(referrals)
            .where(referrals.c.consent_until < today, ~referrals.c.consent_lapsed)
            .order_by(referrals.c.consent_until)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        found = [_referral(row) for row in self._connection.execute(due)]
        if found:
            ids = [referral.id for referral in found]
            noted = sa.update(referrals).where(referrals.c.id.in_(ids))
            self._connection.execute(noted.values(consent_lapsed=True))
        return found

    def follow(self, *moved: Handoff) -> None:
        """Bring referrals to where their newest handoff, if it is one of *moved*, now leaves them."""
        newer = handoffs.alias()
        for handoff in moved:
            standing = standing_after(handoff.status).value
            is_newest = ~sa.exists().where(
                newer.c.referral_id == handoff.referral_id, newer.c.number > handoff.number
            )
            self._connection.execute(
                sa.update(referrals)
                .filter_by(id=handoff.referral_id)
                .where(referrals.c.standing != standing, is_newest)
                .values(standing=standing, version=referrals.c.version + 1)
            )

    def keep_sections(self, referral_id: UUID, told: Sections, seal: Seal) -> None:
        """Write what the sender has to tell, over what was there."""
        if not told:
            return
        sealed = [
            {
                "referral_id": referral_id,
                "section": section,
                "sealed_fields": seal.close(f"section.{section}", dict(fields)),
            }
            for section, fields in told.items()
        ]
        rows.keep(self._connection, sections, sealed)

    def sections(self, referral_id: UUID, seal: Seal) -> dict[str, dict[str, Value]]:
        """Return what the sender has to tell."""
        found = self._connection.execute(
            sa.select(sections).filter_by(referral_id=referral_id).order_by("section")
        )
        return {
            row.section: seal.open(f"section.{row.section}", row.sealed_fields) for row in found
        }


def _row(referral: Referral) -> dict[str, Any]:
    return {
        **{name: getattr(referral, name) for name in _PLAIN},
        "standing": referral.standing.value,
        "intent": referral.intent.value,
        "urgency": referral.urgency.value,
        "consent_given": referral.consent.given,
        "consent_withheld": sorted(referral.consent.withheld),
        "consent_until": referral.consent.until,
        "consent_withdrawn": referral.consent.withdrawn,
        "consent_lapsed": False,
    }


def consent_from(row: sa.Row[Any]) -> Consent:
    """Return the consent in the columns of *row*."""
    return Consent(
        given=row.consent_given,
        withheld=frozenset(row.consent_withheld),
        until=row.consent_until,
        withdrawn=row.consent_withdrawn,
    )


def _referral(row: sa.Row[Any]) -> Referral:
    return Referral(
        id=row.id,
        sender=row.sender,
        person_id=row.person_id,
        standing=Standing(row.standing),
        version=row.version,
        intent=Intent(row.intent),
        urgency=Urgency(row.urgency),
        needs=row.needs,
        purpose=row.purpose,
        lawful_basis=row.lawful_basis,
        consent=consent_from(row),
        based_on=row.based_on,
        created_at=row.created_at,
        created_by=row.created_by,
    )
