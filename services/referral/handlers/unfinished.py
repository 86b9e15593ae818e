"""Keep what somebody has begun to type, give it back to them alone, and forget it in time."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from onward.contracts.access import RecordRead
from onward.database import UnitOfWork
from onward.errors import NotFoundError
from services.referral.domain.routing import DIRECT_CARE
from services.referral.handlers.visibility import organisation_of
from services.referral.storage.store import Store
from services.referral.storage.unfinished import Begun, Typed
from services.referral.storage.vault import Vault

LASTS: Final = timedelta(days=7)
MOST: Final = 20
"""Shown at once."""


def keep_begun(
    uow: UnitOfWork[Store], vault: Vault, form_id: UUID, service_id: UUID, typed: Typed
) -> None:
    """Keep a form as it is now. Raises `NotFoundError` for one of somebody else's."""
    begun = Begun(
        id=form_id,
        organisation=organisation_of(uow),
        principal=uow.actor.principal,
        service_id=service_id,
        kept_at=uow.now,
    )
    if not uow.store.unfinished.keep(vault, begun, typed):
        raise NotFoundError("form")


def begun_by(uow: UnitOfWork[Store]) -> list[Begun]:
    """Return what the actor has begun, the latest first."""
    return uow.store.unfinished.of(uow.actor.principal, organisation_of(uow), most=MOST)


def read_begun(uow: UnitOfWork[Store], vault: Vault, form_id: UUID) -> Typed:
    """Return what the actor had typed; the read is told to audit. Raises `NotFoundError`."""
    organisation = organisation_of(uow)
    typed = uow.store.unfinished.read(vault, form_id, uow.actor.principal, organisation)
    if typed is None:
        raise NotFoundError("form")
    uow.emit(RecordRead(about=organisation, what="unfinished-form", purpose=DIRECT_CARE))
    return typed


def forget_begun(uow: UnitOfWork[Store], form_id: UUID) -> None:
    """Forget a form of the actor's."""
    uow.store.unfinished.drop(form_id, uow.actor.principal)


def forget_old(uow: UnitOfWork[Store]) -> int:
    """Forget what nobody has touched for `LASTS`; return how many there were."""
    return uow.store.unfinished.drop_older(uow.now - LASTS)
