"""Record what the person agrees to, and stop what they no longer agree to at every recipient."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from onward.contracts.access import ConsentRecorded
from onward.contracts.referral import DisclosureReopened, DisclosureStopped, PersonSaidStop
from onward.database import UnitOfWork
from onward.errors import FieldError, InvalidError, NotFoundError, StaleVersionError
from onward.identity import Role
from services.referral.domain.consent import stopped
from services.referral.domain.handoff import Handoff
from services.referral.domain.pack import Consent
from services.referral.domain.referral import Referral
from services.referral.domain.routing import BASES
from services.referral.handlers.news import note_stop
from services.referral.handlers.visibility import Seen, organisation_of
from services.referral.storage.packs import Disclosure
from services.referral.storage.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a change of consent did to what one recipient may read."""

    handoff: Handoff
    stopped: Sequence[str] = ()
    reopened: Sequence[str] = ()

    @property
    def stands(self) -> bool:
        """Whether the recipient was told on a basis that does not rest on the person's word."""
        return _stands(self.handoff)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A referral with the consent that holds from now on."""

    seen: Seen
    effects: Sequence[Effect]
    """One for each recipient that was told something."""


def record_consent(
    uow: UnitOfWork[Store], referral_id: UUID, version: int, consent: Consent
) -> Recorded:
    """Let *consent* hold from now on, for a referral that was read as *version*.

    Raises `NotFoundError`, `StaleVersionError`, or `InvalidError` ``consent-in-the-past``.
    """
    referral = uow.store.referrals.lock(referral_id)
    if referral is None or referral.sender != organisation_of(uow):
        raise NotFoundError("referral")
    handoffs = uow.store.handoffs.of_referral(referral_id)
    seen = Seen(referral=referral, handoffs=handoffs, as_sender=True)
    if seen.version != version:
        raise StaleVersionError(seen.version)
    _require_ahead(uow, consent)
    changed, effects = _hold(uow, referral, handoffs, consent)
    return Recorded(seen=replace(seen, referral=changed), effects=effects)


def withdraw(uow: UnitOfWork[Store], referral_id: UUID) -> Sequence[Effect]:
    """Let the person themself say stop; saying it again changes nothing. Raises `NotFoundError`."""
    referral = uow.store.referrals.lock(referral_id)
    if referral is None:
        raise NotFoundError("referral")
    if referral.consent.withdrawn:
        return []
    stop = replace(referral.consent, given=False, withdrawn=True)
    handoffs = uow.store.handoffs.of_referral(referral_id)
    _, effects = _hold(uow, referral, handoffs, stop)
    return effects


def end_expired_consents(uow: UnitOfWork[Store], *, most: int) -> int:
    """Stop what up to *most* referrals' consent no longer covers today; return how many there were."""
    found = uow.store.referrals.claim_expired(uow.now.date(), most=most)
    for referral in found:
        _apply(uow, referral, uow.store.handoffs.of_referral(referral.id))
    return len(found)


def _hold(
    uow: UnitOfWork[Store], referral: Referral, handoffs: Sequence[Handoff], consent: Consent
) -> tuple[Referral, list[Effect]]:
    """Let *consent* hold; return the referral with it, and what that did at each recipient."""
    changed = replace(referral, consent=consent, version=referral.version + 1)
    uow.store.referrals.change(changed)
    uow.emit(
        ConsentRecorded(
            about=referral.id,
            referral_id=referral.id,
            given=consent.given,
            withdrawn=consent.withdrawn,
            withheld=tuple(sorted(consent.withheld)),
            until=consent.until,
        )
    )
    if consent.withdrawn and not referral.consent.withdrawn:
        _tell_stop(uow, [one for one in handoffs if one.requested_at])
        note_stop(uow, changed)
    return changed, _apply(uow, changed, handoffs)


def _tell_stop(uow: UnitOfWork[Store], sent: Sequence[Handoff]) -> None:
    """Tell the sender, and everybody who was asked, that the person has said stop."""
    by = "person" if uow.actor.role is Role.PERSON else "sender"
    for handoff in sent:
        uow.emit(
            PersonSaidStop(
                **handoff.told(), by=by, reads_on=_stands(handoff), newest=handoff is sent[-1]
            )
        )


def _stands(handoff: Handoff) -> bool:
    basis = BASES.get(handoff.lawful_basis or "")
    return basis is not None and basis.stands


def _require_ahead(uow: UnitOfWork[Store], consent: Consent) -> None:
    if consent.until is not None and consent.until < uow.now.date():
        raise InvalidError(
            "consent-in-the-past",
            "The day until which the person agrees has passed: name a later one, or withdraw.",
            errors=[FieldError(pointer="/valid_until", detail="Name today or a later day.")],
        )


def _apply(
    uow: UnitOfWork[Store], referral: Referral, handoffs: Sequence[Handoff]
) -> list[Effect]:
    ledger = uow.store.packs.disclosed(referral.id, None)
    effects = []
    for handoff in handoffs:
        told = [one for one in ledger if one.handoff_id == handoff.id]
        if told:
            effects.append(_apply_to(uow, referral.consent, handoff, told))
    return effects


def _apply_to(
    uow: UnitOfWork[Store], consent: Consent, handoff: Handoff, told: Collection[Disclosure]
) -> Effect:
    names = [one.field for one in told]
    now = stopped(names, consent, basis=handoff.lawful_basis, on=uow.now.date())
    was = {one.field for one in told if one.stopped_at is not None}
    closing = tuple(name for name in names if name in now and name not in was)
    opening = tuple(name for name in names if name in was and name not in now)
    if closing:
        because = now[closing[0]]
        uow.store.packs.stop(handoff.id, closing, because, at=uow.now)
        uow.emit(DisclosureStopped(**handoff.told(), fields=closing, reason=because.value))
    if opening:
        uow.store.packs.reopen(handoff.id, opening)
        uow.emit(DisclosureReopened(**handoff.told(), fields=opening))
    return Effect(handoff=handoff, stopped=closing, reopened=opening)
