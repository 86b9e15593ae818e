"""Record how a person wants to be told that there is news: said to a worker, or on their own page."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from onward.contracts.access import NewsWished, RecordRead
from onward.database import UnitOfWork
from onward.errors import ConflictError
from onward.identity import Role
from services.referral.domain.news import Receipt, Times, Way, Wish, require_safe, why_never
from services.referral.domain.referral import Referral
from services.referral.domain.routing import DIRECT_CARE
from services.referral.handlers.own_page import OWN_INFORMATION, open_page, see_as_party
from services.referral.storage.store import Store
from services.referral.storage.vault import Vault

SHOWN: Final = 10
"""Receipts on a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How a person is told, and what became of it."""

    wish: Wish | None
    why_not: Mapping[Way, str | None]
    """For each way, the code of why it cannot be chosen, None where it can."""
    receipts: Sequence[Receipt]


def wish_through_worker(
    uow: UnitOfWork[Store],
    vault: Vault,
    referral_id: UUID,
    way: Way | None,
    times: Times,
    *,
    set_up: Collection[Way],
) -> None:
    """Record what the person has said to a worker; no *way*: they want to be told nothing.

    Raises `NotFoundError`, `ForbiddenError` ``own-page-not-yours`` or `ConflictError`
    (``own-news-no-page``, ``own-news-not-safe``).
    """
    referral = see_as_party(uow, referral_id).referral
    page = uow.store.own_pages.of_referral(referral_id)
    if way and (page is None or not page.is_open(uow.now)):
        raise ConflictError(
            "own-news-no-page", "There is no page for news to be read on: make the page first."
        )
    _record(uow, vault, referral, way, times, set_up=set_up)


def wish_as_person(
    uow: UnitOfWork[Store],
    vault: Vault,
    token: str,
    way: Way | None,
    times: Times,
    *,
    set_up: Collection[Way],
) -> None:
    """Record what the person says themself. Raises `NotFoundError` or ``own-news-not-safe``."""
    _record(uow, vault, open_page(uow, token), way, times, set_up=set_up)


def read_told(
    uow: UnitOfWork[Store], vault: Vault, referral_id: UUID, *, set_up: Collection[Way]
) -> Told:
    """Return how the person is told, for a worker. Raises `NotFoundError` or ``own-page-not-yours``."""
    return _told(uow, vault, see_as_party(uow, referral_id).referral, set_up, DIRECT_CARE)


def read_own_wish(
    uow: UnitOfWork[Store], vault: Vault, token: str, *, set_up: Collection[Way]
) -> Told:
    """Return how they are told, for the person. Raises `NotFoundError`."""
    return _told(uow, vault, open_page(uow, token), set_up, OWN_INFORMATION)


def _record(
    uow: UnitOfWork[Store],
    vault: Vault,
    referral: Referral,
    way: Way | None,
    times: Times,
    *,
    set_up: Collection[Way],
) -> None:
    if way is None:
        uow.store.news.want_none(referral.person_id)
    else:
        require_safe(_why_not(uow, vault, referral, set_up)[way])
        by = "person" if uow.actor.role is Role.PERSON else "worker"
        wish = Wish(way=way, times=times, asked_by=by, asked_at=uow.now)
        uow.store.news.want(referral.person_id, wish)
    uow.emit(NewsWished(about=referral.id, referral_id=referral.id, channel=way or "none"))


def _told(
    uow: UnitOfWork[Store],
    vault: Vault,
    referral: Referral,
    set_up: Collection[Way],
    purpose: str,
) -> Told:
    uow.emit(
        RecordRead(about=referral.id, referral_id=referral.id, what="own-news", purpose=purpose)
    )
    return Told(
        wish=uow.store.news.wish(referral.person_id),
        why_not=_why_not(uow, vault, referral, set_up),
        receipts=uow.store.news.receipts(referral.id, most=SHOWN),
    )


def _why_not(
    uow: UnitOfWork[Store], vault: Vault, referral: Referral, set_up: Collection[Way]
) -> dict[Way, str | None]:
    contact = uow.store.people.get(vault, referral.person_id, referral.sender).contact
    return {
        way: why_never(contact, way) or (None if way in set_up else "not-set-up") for way in Way
    }
