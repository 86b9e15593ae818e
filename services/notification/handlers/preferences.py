"""What a worker chooses for themself: where and when they are told, and who covers for them."""

from dataclasses import replace

from onward.contracts.notification import TellingChanged
from onward.errors import FieldError, InvalidError, NotFoundError, StaleVersionError
from services.notification.domain.people import Preferences
from services.notification.domain.rules import Urgency
from services.notification.handlers.inbox import organisation_of
from services.notification.storage.store import Work

WORKER = "worker:"


def chosen(uow: Work) -> Preferences:
    """Return what the actor chose, or what holds until they do. Raises `NotFoundError` for a system."""
    organisation = organisation_of(uow.actor)
    if not uow.actor.principal.startswith(WORKER):
        raise NotFoundError("preferences")
    kept = uow.store.people.preferences(uow.actor.principal)
    if kept is None or kept.organisation != organisation:
        version = kept.version if kept else 0
        return Preferences(
            principal=uow.actor.principal, organisation=organisation, version=version
        )
    return kept


def prefer(uow: Work, new: Preferences, *, version: int) -> Preferences:
    """Store what the actor chose on *version*.

    Raises `StaleVersionError` when they chose elsewhere meanwhile, `InvalidError` with ``cover-unknown``
    when nobody of that name may sign in for their organisation, or ``cover-yourself``.
    """
    before = chosen(uow)
    if before.version != version:
        raise StaleVersionError(before.version)
    _require_cover(uow, new)
    kept = replace(new, version=version + 1)
    if not uow.store.people.prefer(kept, uow.now):
        raise StaleVersionError(version + 1)
    _tell(uow, kept, "changed")
    return kept


def unsubscribe(uow: Work, principal: str) -> bool:
    """Send *principal* no routine e-mail from now on; tell whether they had any."""
    kept = uow.store.people.preferences(principal)
    if kept is None:
        return False
    if Urgency.ROUTINE not in kept.mail_for:
        return False
    left = tuple(urgency for urgency in kept.mail_for if urgency is not Urgency.ROUTINE)
    new = replace(kept, mail_for=left, digest_at=None, version=kept.version + 1)
    if not uow.store.people.prefer(new, uow.now):
        raise StaleVersionError(kept.version + 1)
    uow.store.messages.skip_gathered(principal, uow.now)
    _tell(uow, new, "unsubscribed")
    return True


def colleagues(uow: Work) -> list[Preferences]:
    """Return those of the actor's organisation who said what colleagues call them, by that name."""
    organisation = organisation_of(uow.actor)
    circle = uow.store.people.everybody([organisation], uow.now)
    at_work = {one.principal for one in circle.workers if one.organisation == organisation}
    named = [one for one in circle.preferences.values() if one.called and one.principal in at_work]
    return sorted(named, key=lambda one: (one.called or "", one.principal))


def _require_cover(uow: Work, new: Preferences) -> None:
    if new.cover is None:
        return
    if new.cover == new.principal:
        raise _wrong("cover-yourself", "Choose somebody else to cover for you.")
    if not uow.store.people.is_open(new.cover, new.organisation):
        raise _wrong("cover-unknown", "Choose a colleague who signs in for your organisation.")


def _wrong(code: str, detail: str) -> InvalidError:
    return InvalidError(code, detail, errors=[FieldError(pointer="/cover", detail=detail)])


def _tell(uow: Work, kept: Preferences, change: str) -> None:
    uow.emit(TellingChanged(organisation_id=kept.organisation, what="preferences", change=change))
