"""Ask another organisation for advice without a referral, answer, and let a referral follow from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from onward.contracts.access import RecordRead
from onward.contracts.referral import (
    AdviceAnswered,
    AdviceAsked,
    AdviceClosed,
    AdviceTurnedIntoReferral,
)
from onward.database import UnitOfWork
from onward.errors import FieldError, InvalidError, NotFoundError
from onward.ids import new_id
from services.referral.domain.advice import (
    Advice,
    Word,
    after_word,
    closed,
    referred,
    require_nameless,
)
from services.referral.domain.moves import Party
from services.referral.domain.routing import DIRECT_CARE, Service, require_active
from services.referral.handlers.visibility import organisation_of
from services.referral.storage.store import Store
from services.referral.storage.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question with all that was said on it, as one of its sides sees it."""

    advice: Advice
    words: Sequence[Word]
    side: Party


def ask_advice(uow: UnitOfWork[Store], vault: Vault, service: Service | None, text: str) -> Advice:
    """Ask whoever runs *service*; no agreement is needed, because nobody is named.

    Raises `InvalidError` (``service-unknown``, ``to-yourself``, ``advice-names-somebody``) or what
    `require_active` raises.
    """
    organisation = organisation_of(uow)
    if service is None or uow.store.copies.are_apart(organisation, service.recipient):
        raise _unfit("service-unknown", "There is no such service in the directory.")
    if service.recipient == organisation:
        raise _unfit("to-yourself", "The service is your own organisation's: ask your colleagues.")
    require_active(service)
    require_nameless(text, Party.SENDER, today=uow.now.date())
    asked = Advice(
        id=new_id(),
        service_id=service.id,
        sender=organisation,
        recipient=service.recipient,
        asked_at=uow.now,
        changed_at=uow.now,
    )
    seal = uow.store.advice.add(vault, asked)
    uow.store.advice.say(_word(uow, asked, text), seal)
    uow.emit(AdviceAsked(**asked.told()))
    return asked


def say_on(uow: UnitOfWork[Store], vault: Vault, advice_id: UUID, text: str) -> Advice:
    """Answer as the one who was asked, ask on as the one who asks.

    Raises `NotFoundError`, ``advice-names-somebody`` or ``advice-settled``.
    """
    asked, side = _mine(uow, advice_id, lock=True)
    require_nameless(text, side, today=uow.now.date())
    after = after_word(asked, side, at=uow.now)
    uow.store.advice.change(after)
    uow.store.advice.say(_word(uow, asked, text), uow.store.advice.seal(vault, asked))
    told = AdviceAnswered if side is Party.RECIPIENT else AdviceAsked
    uow.emit(told(**after.told()))
    return after


def close_advice(uow: UnitOfWork[Store], advice_id: UUID) -> Advice:
    """Let nothing follow from a question. Raises `NotFoundError` or ``advice-settled``."""
    asked, side = _mine(uow, advice_id, lock=True)
    after = closed(asked, at=uow.now)
    uow.store.advice.change(after)
    uow.emit(AdviceClosed(**after.told(), by=side.value))
    return after


def read_advice(uow: UnitOfWork[Store], vault: Vault, advice_id: UUID) -> Asked:
    """Return a question with what was said on it; the read is told to audit. Raises `NotFoundError`."""
    asked, side = _mine(uow, advice_id)
    words = uow.store.advice.words(advice_id, uow.store.advice.seal(vault, asked))
    uow.emit(
        RecordRead(
            about=asked.referral_id or organisation_of(uow),
            referral_id=asked.referral_id,
            what="advice",
            purpose=DIRECT_CARE,
            records=len(words),
        )
    )
    return Asked(advice=asked, words=words, side=side)


def own_question(uow: UnitOfWork[Store], advice_id: UUID | None) -> Advice | None:
    """Return the question that a referral is to follow from, which nobody else can settle until commit.

    Raises `InvalidError` ``advice-unknown`` unless the asker's organisation has asked it.
    """
    if advice_id is None:
        return None
    asked = uow.store.advice.find(advice_id, lock=True)
    if asked is None or asked.sender != organisation_of(uow):
        raise InvalidError(
            "advice-unknown",
            "There is no such question of your organisation's for a referral to follow from.",
            errors=[FieldError(pointer="/advice_id", detail="Name a question you asked.")],
        )
    return asked


def turn_into_referral(uow: UnitOfWork[Store], asked: Advice, referral_id: UUID) -> None:
    """Note that a referral has followed from a question. Raises ``advice-settled``."""
    after = referred(asked, referral_id, at=uow.now)
    uow.store.advice.change(after)
    uow.emit(AdviceTurnedIntoReferral(**after.told(), referral_id=referral_id))


def _mine(uow: UnitOfWork[Store], advice_id: UUID, *, lock: bool = False) -> tuple[Advice, Party]:
    asked = uow.store.advice.find(advice_id, lock=lock)
    side = asked.side(organisation_of(uow)) if asked else None
    if asked is None or side is None:
        raise NotFoundError("question")
    return asked, side


def _word(uow: UnitOfWork[Store], asked: Advice, text: str) -> Word:
    return Word(
        id=new_id(),
        advice_id=asked.id,
        organisation=organisation_of(uow),
        principal=uow.actor.principal,
        text=text,
        at=uow.now,
    )


def _unfit(code: str, detail: str) -> InvalidError:
    errors = [FieldError(pointer="/service_id", detail="Take another from the directory.")]
    return InvalidError(code, detail, errors=errors)
