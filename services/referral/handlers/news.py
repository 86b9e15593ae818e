"""Let news wait for the person it concerns, hand it out to be told, and settle what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from onward.contracts.access import PersonTold
from onward.database import UnitOfWork
from onward.delivery.outcome import Outcome
from services.referral.domain.handoff import Handoff
from services.referral.domain.news import (
    DIED,
    MOST_ATTEMPTS,
    Kind,
    news_of,
    next_safe,
    reached_at,
    why_never,
)
from services.referral.domain.person import Person
from services.referral.domain.referral import Referral
from services.referral.storage.news import Waiting
from services.referral.storage.store import Store
from services.referral.storage.vault import Vault

LARGE_PRINT = "large-print"


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One message to be sent now."""

    news: Waiting
    to: str
    """A mailbox or a number: personal, for the sender's eyes only."""
    language: str | None
    large_print: bool

    @property
    def last(self) -> bool:
        """Whether it is not tried again."""
        return self.news.attempts + 1 >= MOST_ATTEMPTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What one look found."""

    found: int
    """How much was due, what may not be told now included."""
    errands: Sequence[Errand]


def note_moves(uow: UnitOfWork[Store], *changes: tuple[Handoff | None, Handoff]) -> None:
    """Let the people whose handoffs moved be told, as part of the transaction that moves them."""
    for before, after in changes:
        if after.reason == DIED:
            uow.store.news.want_none(after.person_id)
        elif kind := news_of(before, after):
            uow.store.news.note(after.person_id, after.referral_id, kind, at=uow.now)


def note_appointment(uow: UnitOfWork[Store], handoff: Handoff) -> None:
    """Let the person be told that an appointment was made or called off."""
    uow.store.news.note(handoff.person_id, handoff.referral_id, Kind.APPOINTMENT, at=uow.now)


def note_stop(uow: UnitOfWork[Store], referral: Referral) -> None:
    """Let the person be told that their stop was recorded: the last they hear about that referral."""
    uow.store.news.note(referral.person_id, referral.id, Kind.STOPPED, at=uow.now)


def claim_news(uow: UnitOfWork[Store], vault: Vault, *, most: int) -> Claimed:
    """Return what to send now of up to *most* due news; each is written down as tried.

    What may not be told is settled, what may not be told at this hour put off. Whoever dies after this
    leaves a message that is sent again an hour later, if at all.
    """
    found = uow.store.news.claim(uow.now, most=most)
    errands = [errand for one in found if (errand := _errand(uow, vault, one))]
    return Claimed(found=len(found), errands=errands)


def settle_news(uow: UnitOfWork[Store], errand: Errand, outcome: Outcome) -> None:
    """Write down how an attempt ended, and tell audit; one that failed is made again an hour later."""
    if outcome.taken or outcome.final or errand.last:
        _end(uow, errand.news, outcome.code)


def _errand(uow: UnitOfWork[Store], vault: Vault, one: Waiting) -> Errand | None:
    referral = uow.store.referrals.find(one.referral_id)
    if referral is None:
        raise LookupError("news of no referral")  # a foreign key forbids it
    person = uow.store.people.get(vault, one.person_id, referral.sender)
    if why := _why_not(uow, one, referral, person):
        _end(uow, one, why)
        return None
    safe = next_safe(one.times, uow.now)
    if safe > uow.now:
        uow.store.news.put_off(one.person_id, safe)
        return None
    uow.store.news.trying(one.person_id, at=uow.now)
    return Errand(
        news=one,
        to=reached_at(person.contact, one.way) or "",
        language=person.language,
        large_print=LARGE_PRINT in person.formats,
    )


def _why_not(
    uow: UnitOfWork[Store], one: Waiting, referral: Referral, person: Person
) -> str | None:
    """Return the code of why this may not be told, by all that holds at this moment."""
    page = uow.store.own_pages.of_referral(referral.id)
    if page is None or not page.is_open(uow.now):
        return "page-closed"
    if referral.consent.withdrawn and one.kind is not Kind.STOPPED:
        return "consent-withdrawn"
    if uow.store.copies.is_made_up(referral.sender):
        return "sandbox"
    if one.attempts >= MOST_ATTEMPTS:
        return "no-answer"
    return why_never(person.contact, one.way)


def _end(uow: UnitOfWork[Store], one: Waiting, code: str | None) -> None:
    uow.store.news.settle(one, code=code, at=uow.now)
    uow.emit(
        PersonTold(
            about=one.referral_id,
            referral_id=one.referral_id,
            message_id=one.message_id,
            channel=one.way.value,
            outcome=code or "told",
        )
    )
