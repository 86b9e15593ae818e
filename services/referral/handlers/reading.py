"""Read a referral, a handoff or a pack; each read of personal or referral data is told to audit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from onward.contracts.access import RecordRead
from onward.database import UnitOfWork
from onward.errors import ForbiddenError
from services.referral.domain.handoff import Handoff
from services.referral.domain.pack import Value
from services.referral.domain.person import Person
from services.referral.domain.routing import DIRECT_CARE
from services.referral.handlers.visibility import (
    Seen,
    may_read_pack,
    organisation_of,
    see_handoff,
    see_referral,
)
from services.referral.storage.copies import Claim
from services.referral.storage.packs import Disclosure
from services.referral.storage.steps import Step
from services.referral.storage.store import Store
from services.referral.storage.vault import Seal, Vault
from services.referral.storage.worklists import Item

Pack = Mapping[str, Mapping[str, Value]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everything the asker may see of one referral."""

    seen: Seen
    person: Person | None
    """The sender's own record; a recipient reads the pack instead."""
    sections: Pack
    """What there is to tell, for the sender."""
    basis_note: str | None
    """What the sender noted about the lawful basis, for the sender."""
    steps: Sequence[Step]
    disclosures: Sequence[Disclosure]
    claims: Mapping[UUID, Claim]
    names: Mapping[UUID, str]
    """Of the organisations and services it mentions."""


def read_referral(uow: UnitOfWork[Store], vault: Vault, referral_id: UUID) -> Story:
    """Return a referral with its handoffs, moves and disclosures. Raises `NotFoundError`."""
    seen = see_referral(uow, referral_id)
    store, referral = uow.store, seen.referral
    key = store.people.key(vault, referral.person_id)
    seal = key.seal(organisation=referral.sender, about=referral.id)
    own = seen.as_sender
    mentioned = {part for one in seen.handoffs for part in (one.service_id, one.recipient)}
    _tell_read(uow, referral_id, "referral")
    return Story(
        seen=seen,
        person=store.people.get(vault, referral.person_id, referral.sender) if own else None,
        sections=store.referrals.sections(referral.id, seal) if own else {},
        basis_note=store.referrals.basis_note(referral.id, seal) if own else None,
        steps=store.steps.of_handoffs(seen.handoffs, seal),
        disclosures=store.packs.disclosed(referral.id, None if own else organisation_of(uow)),
        claims=store.copies.claims(handoff.id for handoff in seen.handoffs),
        names=store.copies.names(mentioned | {referral.sender}),
    )


def read_handoff(uow: UnitOfWork[Store], handoff_id: UUID) -> Handoff:
    """Return a handoff. Raises `NotFoundError`."""
    handoff = see_handoff(uow, handoff_id)
    _tell_read(uow, handoff.referral_id, "handoff", handoff_id)
    return handoff


def read_pack(uow: UnitOfWork[Store], vault: Vault, handoff_id: UUID) -> Pack:
    """Return what the recipient was told when the handoff was sent.

    Raises `NotFoundError`, or `ForbiddenError` ``pack-closed`` for a recipient that did not take the
    person on.
    """
    handoff = see_handoff(uow, handoff_id)
    if not may_read_pack(handoff, organisation_of(uow)):
        raise ForbiddenError(
            "pack-closed",
            "Your part in this has ended, and with it your need to know.",
        )
    _tell_read(uow, handoff.referral_id, "pack", handoff_id)
    return uow.store.packs.read(handoff_id, _seal(uow, vault, handoff))


def tell_list_read(uow: UnitOfWork[Store], what: str, items: Sequence[Item]) -> None:
    """Tell audit that a list was read that names people."""
    if items:
        uow.emit(
            RecordRead(
                about=organisation_of(uow), what=what, purpose=DIRECT_CARE, records=len(items)
            )
        )


def _tell_read(
    uow: UnitOfWork[Store], referral_id: UUID, what: str, handoff_id: UUID | None = None
) -> None:
    uow.emit(
        RecordRead(
            about=referral_id,
            referral_id=referral_id,
            handoff_id=handoff_id,
            what=what,
            purpose=DIRECT_CARE,
        )
    )


def _seal(uow: UnitOfWork[Store], vault: Vault, handoff: Handoff) -> Seal:
    key = uow.store.people.key(vault, handoff.person_id)
    return key.seal(organisation=handoff.sender, about=handoff.referral_id)
