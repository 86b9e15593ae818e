"""Read a referral, a handoff or a pack; each read of personal or referral data is told to audit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from onward.contracts.access import RecordRead
from onward.database import UnitOfWork
from services.referral.domain.handoff import Handoff
from services.referral.domain.moves import Status
from services.referral.domain.pack import field_names
from services.referral.domain.person import Person
from services.referral.domain.routing import DIRECT_CARE
from services.referral.domain.sections import Sensitivity, highest
from services.referral.handlers.packs import Pack, may_hear, open_pack
from services.referral.handlers.visibility import (
    Seen,
    organisation_of,
    see_handoff,
    see_referral,
)
from services.referral.storage.copies import Claim
from services.referral.storage.packs import Disclosure
from services.referral.storage.steps import Step
from services.referral.storage.store import Store
from services.referral.storage.vault import Vault
from services.referral.storage.worklists import Filter, Item

MOST_SHARING: Final = 20
"""Handoffs that are shown where several are quoted alike."""


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
    heard = may_hear(uow, seen.newest, referral.consent)
    mentioned = {part for one in seen.handoffs for part in (one.service_id, one.recipient)}
    _tell_read(uow, referral_id, "referral")
    return Story(
        seen=seen,
        person=store.people.get(vault, referral.person_id, referral.sender) if own else None,
        sections=store.referrals.sections(referral.id, seal) if own else {},
        basis_note=store.referrals.basis_note(referral.id, seal) if own else None,
        steps=store.steps.of_handoffs(seen.handoffs, seal if heard else None),
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
    """Return what the recipient was told when the handoff was sent, as far as it may be read now.

    Raises `NotFoundError`, or `ForbiddenError` ``pack-closed`` for a recipient that did not take the
    person on, ``consent-withdrawn`` or ``consent-expired`` for one that may not read on.
    """
    handoff = see_handoff(uow, handoff_id)
    pack = open_pack(uow, vault, handoff)
    read = highest(field_names(pack))
    _tell_read(uow, handoff.referral_id, "pack", handoff_id, sensitivity=read)
    return pack


def find_quoted(uow: UnitOfWork[Store], vault: Vault, quoted: bytes) -> list[Item]:
    """Return a handoff of each referral that people quote so, as the actor's own lists show it.

    Nearly always there is one at most: of a million handoffs about 200 share their digits with another,
    and hardly any with one that the same organisation may see.
    """
    lists, organisation = uow.store.worklists, organisation_of(uow)
    every = frozenset(Status)
    received = lists.inbox(
        vault,
        organisation,
        Filter(statuses=every, quoted=quoted),
        today=uow.now.date(),
        after=None,
        most=MOST_SHARING,
    )
    sent = lists.sent(vault, organisation, every, quoted=quoted, after=None, most=MOST_SHARING)
    return list({item.handoff.referral_id: item for item in (*received, *sent)}.values())


def tell_printed(uow: UnitOfWork[Store], seen: Seen) -> None:
    """Tell audit that what was read goes on on paper."""
    _tell_read(uow, seen.referral.id, "printed-pack", seen.newest.id)


def tell_list_read(uow: UnitOfWork[Store], what: str, items: Sequence[Item]) -> None:
    """Tell audit that a list was read that names people."""
    if items:
        uow.emit(
            RecordRead(
                about=organisation_of(uow), what=what, purpose=DIRECT_CARE, records=len(items)
            )
        )


def _tell_read(
    uow: UnitOfWork[Store],
    referral_id: UUID,
    what: str,
    handoff_id: UUID | None = None,
    *,
    sensitivity: Sensitivity | None = None,
) -> None:
    uow.emit(
        RecordRead(
            about=referral_id,
            referral_id=referral_id,
            handoff_id=handoff_id,
            what=what,
            purpose=DIRECT_CARE,
            sensitivity=sensitivity.value if sensitivity else None,
        )
    )
