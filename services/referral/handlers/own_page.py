"""Make and close a person's own page, and read it as the person; each read is told to audit."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from onward.contracts.access import OwnPageClosed, OwnPageMade, RecordRead
from onward.database import UnitOfWork
from onward.errors import ConflictError, ForbiddenError, NotFoundError
from onward.identity import Actor, Role
from onward.ids import new_id
from services.referral.domain.appointments import Appointment, State
from services.referral.domain.handoff import Handoff
from services.referral.domain.moves import Status
from services.referral.domain.own_page import OwnPage, lasting, new_token
from services.referral.domain.person import ContactRule
from services.referral.domain.referral import Referral
from services.referral.handlers.packs import may_know
from services.referral.handlers.visibility import Seen, organisation_of, see_referral
from services.referral.storage.copies import Claim
from services.referral.storage.packs import Disclosure
from services.referral.storage.store import Store
from services.referral.storage.vault import Seal, Vault

OWN_INFORMATION: Final = "own-information"
"""Why somebody reads who reads what is theirs (UK GDPR Article 15)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lent:
    """A person's page, with what its address ends in; neither while there is none."""

    page: OwnPage | None
    token: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What a person sees of their referral: no name, so that whoever finds the page learns none."""

    page: OwnPage
    referral: Referral
    handoff: Handoff
    """The newest that was sent."""
    claim: Claim | None
    appointments: Sequence[Appointment]
    """Those that lie ahead."""
    rules: Sequence[ContactRule]
    disclosures: Sequence[Disclosure]
    names: Mapping[UUID, str]
    phones: Mapping[UUID, str]


def make_page(uow: UnitOfWork[Store], vault: Vault, referral_id: UUID, *, days: int) -> OwnPage:
    """Make a page for the person, open for *days*; one that there was is closed.

    Raises `NotFoundError`, `ForbiddenError` ``own-page-not-yours``, `InvalidError` ``own-page-days``, or
    `ConflictError` (``own-page-too-early``, ``person-erased``).
    """
    lasts = lasting(days)
    uow.store.referrals.lock(referral_id)
    seen = see_as_party(uow, referral_id)
    if seen.newest.status is Status.DRAFT:
        raise ConflictError(
            "own-page-too-early", "Nobody has been asked yet: send the referral first."
        )
    _close(uow, referral_id)
    page = OwnPage(
        id=new_id(),
        referral_id=referral_id,
        organisation=organisation_of(uow),
        made_at=uow.now,
        ends_at=uow.now + lasts,
    )
    seal = _seal(uow, vault, seen.referral)
    uow.store.own_pages.add(page, new_token(secrets.choice), seal)
    made = OwnPageMade(
        about=referral_id, referral_id=referral_id, page_id=page.id, ends_at=page.ends_at
    )
    uow.emit(made)
    return page


def close_page(uow: UnitOfWork[Store], referral_id: UUID) -> None:
    """Close the person's page, if there is one. Raises `NotFoundError` or ``own-page-not-yours``."""
    see_as_party(uow, referral_id)
    uow.store.referrals.lock(referral_id)
    _close(uow, referral_id)


def read_lent(uow: UnitOfWork[Store], vault: Vault, referral_id: UUID) -> Lent:
    """Return the person's page with its address, for whoever hands it over; that is a read, too.

    Raises `NotFoundError` or ``own-page-not-yours``.
    """
    seen = see_as_party(uow, referral_id)
    page = uow.store.own_pages.of_referral(referral_id)
    seal = _seal(uow, vault, seen.referral)
    if page is None or not page.is_open(uow.now) or seal.is_lost:
        return Lent(page=None, token=None)
    _tell_read(uow, seen.referral, "own-page-address", "direct-care")
    return Lent(page=page, token=uow.store.own_pages.token(page.id, seal))


def who_reads(uow: UnitOfWork[Store], vault: Vault, token: str) -> Actor:
    """Return the person whose open page *token* belongs to. Raises `NotFoundError`, after an erasure, too."""
    referral = _referral(uow, _open(uow, token))
    if _seal(uow, vault, referral).is_lost:
        raise NotFoundError("page")
    return Actor(principal=f"person:{referral.person_id}", organisation=None, role=Role.PERSON)


def read_own(uow: UnitOfWork[Store], vault: Vault, token: str) -> Own:
    """Return what the person may see. Raises `NotFoundError`."""
    page = _open(uow, token)
    store, referral = uow.store, _referral(uow, page)
    seal = _seal(uow, vault, referral)
    sent = [one for one in store.handoffs.of_referral(referral.id) if one.requested_at]
    if not sent:
        raise NotFoundError("page")
    newest = sent[-1]
    _tell_read(uow, referral, "own-page", OWN_INFORMATION)
    met = store.appointments.of_handoffs([newest.id], seal)
    mentioned = {newest.sender, newest.recipient, newest.service_id}
    return Own(
        page=page,
        referral=referral,
        handoff=newest,
        claim=store.copies.claims([newest.id]).get(newest.id),
        appointments=[one for one in met if one.state is State.PLANNED and one.ends_at > uow.now],
        rules=store.people.get(vault, referral.person_id, referral.sender).contact.rules,
        disclosures=store.packs.disclosed(referral.id, None),
        names=store.copies.names(mentioned),
        phones=store.copies.phones([newest.sender, newest.recipient]),
    )


def open_page(uow: UnitOfWork[Store], token: str) -> Referral:
    """Return the referral that an open page is about. Raises `NotFoundError`."""
    return _referral(uow, _open(uow, token))


def see_as_party(uow: UnitOfWork[Store], referral_id: UUID) -> Seen:
    """Return a referral as its sender sees it, or a recipient that knows about the person."""
    seen = see_referral(uow, referral_id)
    if not may_know(uow, seen.newest, seen.referral.consent):
        raise ForbiddenError(
            "own-page-not-yours", "Your part in this has ended: ask the sender for a page."
        )
    return seen


def _close(uow: UnitOfWork[Store], referral_id: UUID) -> None:
    page = uow.store.own_pages.of_referral(referral_id)
    if page is None:
        return
    uow.store.own_pages.close(page.id, at=uow.now)
    if page.is_open(uow.now):
        uow.emit(OwnPageClosed(about=referral_id, referral_id=referral_id, page_id=page.id))


def _open(uow: UnitOfWork[Store], token: str) -> OwnPage:
    page = uow.store.own_pages.of_token(token)
    if page is None or not page.is_open(uow.now):
        raise NotFoundError("page")
    return page


def _referral(uow: UnitOfWork[Store], page: OwnPage) -> Referral:
    referral = uow.store.referrals.find(page.referral_id)
    if referral is None:
        raise NotFoundError("page")
    return referral


def _seal(uow: UnitOfWork[Store], vault: Vault, referral: Referral) -> Seal:
    key = uow.store.people.key(vault, referral.person_id)
    return key.seal(organisation=referral.sender, about=referral.id)


def _tell_read(uow: UnitOfWork[Store], referral: Referral, what: str, purpose: str) -> None:
    uow.emit(RecordRead(about=referral.id, referral_id=referral.id, what=what, purpose=purpose))
