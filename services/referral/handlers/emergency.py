"""Break the glass, and read what lies behind it; the sender and audit are told of both."""

from dataclasses import dataclass
from uuid import UUID

from onward.contracts.access import RecordRead
from onward.contracts.referral import GlassBroken
from onward.database import UnitOfWork
from onward.errors import ConflictError, ForbiddenError, NotFoundError
from onward.ids import new_id
from onward.scope import act_as_platform
from services.referral.domain.emergency import LASTS, Opening
from services.referral.domain.handoff import Handoff
from services.referral.domain.moves import Status
from services.referral.domain.pack import Sections, field_names, with_person
from services.referral.domain.referral import Referral
from services.referral.domain.sections import highest
from services.referral.handlers.packs import may_know
from services.referral.handlers.visibility import organisation_of
from services.referral.storage.store import Store
from services.referral.storage.vault import Seal, Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What lies behind the glass: all that the sender recorded, and who has the person now."""

    opening: Opening
    handoff: Handoff
    sections: Sections
    """Identity and contact first, and in them what must never happen before how to get in touch."""


def break_glass(
    uow: UnitOfWork[Store], vault: Vault, referral_id: UUID, *, reason: str, sentence: str
) -> Opening:
    """Let the actor read a referral for an hour, for *reason* and what they say of it in *sentence*.

    Raises `NotFoundError`, or `ConflictError` ``glass-not-needed`` for whoever may read it anyhow.
    """
    organisation = organisation_of(uow)
    referral, newest = _sent(uow, referral_id)
    parties = newest.parties(organisation)
    if referral.sender == organisation or (parties and may_know(uow, newest, referral.consent)):
        raise ConflictError(
            "glass-not-needed", "Your organisation may read this referral: open it as always."
        )
    opening = Opening(
        id=new_id(),
        referral_id=referral_id,
        organisation=organisation,
        principal=uow.actor.principal,
        reason=reason,
        opened_at=uow.now,
        ends_at=uow.now + LASTS,
    )
    uow.store.openings.add(opening, sentence, _seal(uow, vault, referral))
    uow.emit(
        GlassBroken(**newest.told(), opening_id=opening.id, reason=reason, ends_at=opening.ends_at)
    )
    return opening


def read_behind(
    uow: UnitOfWork[Store], vault: Vault, referral_id: UUID, opening_id: UUID
) -> Behind:
    """Return what lies behind glass that the actor themself has broken; the read is told to audit.

    Raises `NotFoundError`, or `ForbiddenError` ``glass-closed`` once the hour is over.
    """
    opening = uow.store.openings.find(opening_id)
    own = uow.actor.principal, organisation_of(uow)
    if opening is None or (opening.principal, opening.organisation) != own:
        raise NotFoundError("opening")
    if opening.referral_id != referral_id:
        raise NotFoundError("opening")
    if not opening.is_for(*own, uow.now):
        raise ForbiddenError(
            "glass-closed", "Your hour is over: break the glass again if there is still a reason."
        )
    referral, newest = _sent(uow, referral_id)
    person = uow.store.people.get(vault, referral.person_id, referral.sender)
    told = uow.store.referrals.sections(referral_id, _seal(uow, vault, referral))
    sections = with_person(told, person)
    read = highest(field_names(sections))
    uow.emit(
        RecordRead(
            about=referral_id,
            referral_id=referral_id,
            handoff_id=newest.id,
            what="break-glass",
            purpose=opening.reason,
            sensitivity=read.value if read else None,
        )
    )
    return Behind(opening=opening, handoff=newest, sections=sections)


def _sent(uow: UnitOfWork[Store], referral_id: UUID) -> tuple[Referral, Handoff]:
    """Return a referral that somebody was asked for: of a draft nobody else has heard."""
    act_as_platform(uow.connection)  # breaking the glass is to go beyond one's own rows
    referral = uow.store.referrals.find(referral_id)
    handoffs = uow.store.handoffs.of_referral(referral_id) if referral else []
    if referral is None or not handoffs or handoffs[-1].status is Status.DRAFT:
        raise NotFoundError("referral")
    return referral, handoffs[-1]


def _seal(uow: UnitOfWork[Store], vault: Vault, referral: Referral) -> Seal:
    key = uow.store.people.key(vault, referral.person_id)
    return key.seal(organisation=referral.sender, about=referral.id)
