"""Open a pack for whoever asks: all of it for its sender, for a recipient what may still be read."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from onward.database import UnitOfWork
from onward.errors import ForbiddenError
from services.referral.domain.consent import Stop, ended, readable
from services.referral.domain.handoff import Handoff
from services.referral.domain.moves import Party
from services.referral.domain.pack import CLOSED, Consent, Value
from services.referral.handlers.visibility import organisation_of
from services.referral.storage.store import Store
from services.referral.storage.vault import Vault

Pack = Mapping[str, Mapping[str, Value]]

_OVER = {
    Stop.WITHDRAWN: "The person has withdrawn their consent: stop using what you were told.",
    Stop.EXPIRED: "The person's consent has run out: ask the sender whether they agree again.",
}


def open_pack(uow: UnitOfWork[Store], vault: Vault, handoff: Handoff) -> Pack:
    """Return what the asker, a party to *handoff*, may read of its pack now.

    Raises `ForbiddenError` (``pack-closed``, ``consent-withdrawn``, ``consent-expired``).
    """
    consent = require_known(uow, handoff)
    told = _frozen(uow, vault, handoff)
    if consent is None:
        return told
    return readable(told, consent, basis=handoff.lawful_basis, on=uow.now.date())


def require_known(uow: UnitOfWork[Store], handoff: Handoff) -> Consent | None:
    """Return the consent that binds the asker, a party to *handoff*; None for its sender, whom it does not.

    Raises `ForbiddenError` (``pack-closed``, ``consent-withdrawn``, ``consent-expired``) for a recipient
    that may not know about the person any more.
    """
    if _is_sender(handoff, organisation_of(uow)):
        return None
    referral = uow.store.referrals.find(handoff.referral_id)
    consent = referral.consent if referral else Consent(given=False, withdrawn=True)
    _require_open(handoff, consent, on=uow.now.date())
    return consent


def may_know(uow: UnitOfWork[Store], handoff: Handoff, consent: Consent) -> bool:
    """Tell whether the asker, a party to *handoff*, may (still) know about the person."""
    if _is_sender(handoff, organisation_of(uow)):
        return True
    return handoff.status not in CLOSED and may_hear(uow, handoff, consent)


def may_hear(uow: UnitOfWork[Store], handoff: Handoff, consent: Consent) -> bool:
    """Tell whether the asker may (still) read what was said when *handoff* was moved."""
    over = ended(consent, basis=handoff.lawful_basis, on=uow.now.date())
    return over is None or _is_sender(handoff, organisation_of(uow))


def _require_open(handoff: Handoff, consent: Consent, *, on: date) -> None:
    """Raise `ForbiddenError` unless the recipient may read anything of the pack on the day *on*."""
    if handoff.status in CLOSED:
        raise ForbiddenError(
            "pack-closed",
            "Your part in this has ended, and with it your need to know.",
        )
    over = ended(consent, basis=handoff.lawful_basis, on=on)
    if over is Stop.WITHDRAWN:
        raise ForbiddenError("consent-withdrawn", _OVER[over])
    if over is Stop.EXPIRED:
        raise ForbiddenError("consent-expired", _OVER[over])


def _frozen(uow: UnitOfWork[Store], vault: Vault, handoff: Handoff) -> Pack:
    key = uow.store.people.key(vault, handoff.person_id)
    seal = key.seal(organisation=handoff.sender, about=handoff.referral_id)
    return uow.store.packs.read(handoff.id, seal)


def _is_sender(handoff: Handoff, organisation: UUID) -> bool:
    return Party.SENDER in handoff.parties(organisation)
