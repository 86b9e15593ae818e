"""Erase a person by destroying their key, and find people by a keyed hash of name and date of birth."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from onward.contracts.access import PersonErased, RecordRead
from onward.database import UnitOfWork
from onward.errors import ConflictError, NotFoundError
from onward.scope import act_as_platform
from services.referral.domain.person import Person, search_words
from services.referral.domain.routing import DIRECT_CARE
from services.referral.handlers.visibility import organisation_of
from services.referral.storage.store import Store
from services.referral.storage.vault import Vault

REASONS = {
    "requested": "The person has asked for it (UK GDPR Article 17)",
    "retention-over": "The time it is kept has passed",
    "unlawful": "It should not have been recorded",
}
"""Why a record is erased."""
MOST_FOUND = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """A record that opens no more."""

    person_id: UUID
    erased_at: datetime
    referrals: int
    """How many referrals of it remain, naming nobody."""


def erase_person(uow: UnitOfWork[Store], person_id: UUID, *, reason: str) -> Erased:
    """Destroy the key to everything about a person; nobody can undo it.

    Raises `NotFoundError`, or `ConflictError` (``person-erased``, ``person-in-care``, ``record-held``).
    """
    act_as_platform(uow.connection)  # an operator erases whosever record it is
    record = uow.store.people.lock(person_id)
    if record is None:
        raise NotFoundError("person")
    if record.erased_at is not None:
        raise ConflictError("person-erased", "This person's record was erased before.")
    handoffs = uow.store.handoffs.of_person(person_id)
    if any(handoff.is_open for handoff in handoffs):
        raise ConflictError(
            "person-in-care",
            "Somebody still works with this person: end or cancel their open handoffs first.",
            handoffs=[str(handoff.id) for handoff in handoffs if handoff.is_open],
        )
    if held := uow.store.retention.holds_on(person_id):
        raise ConflictError(
            "record-held",
            "This record is under legal hold: have an auditor lift the hold first.",
            holds=[str(hold.id) for hold in held],
        )
    uow.store.people.erase(person_id, reason, at=uow.now)
    referrals = len({handoff.referral_id for handoff in handoffs})
    uow.emit(
        PersonErased(
            about=person_id, organisation=record.organisation, reason=reason, referrals=referrals
        )
    )
    return Erased(person_id=person_id, erased_at=uow.now, referrals=referrals)


def find_people(
    uow: UnitOfWork[Store], vault: Vault, *, given_name: str, family_name: str, birth_date: date
) -> Sequence[Person]:
    """Return the asker's own records of whoever bears this name and was born on this day.

    Either first name finds them; case, accents and punctuation make no difference. Told to audit.
    """
    organisation = organisation_of(uow)
    words = search_words(given_name, family_name, birth_date)
    found = uow.store.people.find(vault, organisation, words, most=MOST_FOUND)
    if found:
        uow.emit(
            RecordRead(
                about=organisation,
                what="people",
                purpose=DIRECT_CARE,
                records=len(found),
                sensitivity="personal",
            )
        )
    return found
