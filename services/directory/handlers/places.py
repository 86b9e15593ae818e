"""Keep the place ledger: answer handoffs with places, and let providers open and close them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from onward.contracts import referral
from onward.contracts.referral import HandoffEvent
from onward.database import UnitOfWork
from onward.envelope import Envelope
from onward.errors import ConflictError, NotFoundError, Poison
from onward.ids import new_id
from services.directory.domain import ledger as rules
from services.directory.domain.accounts import require_may_edit
from services.directory.domain.claims import Urgency
from services.directory.domain.ledger import Asked, Ledger, Outcome, Wish
from services.directory.domain.places import Opening, Place
from services.directory.storage.store import Store

Step = Callable[[Ledger, Any, datetime], Outcome]


def keep_places(uow: UnitOfWork[Store], envelopes: Sequence[Envelope]) -> None:
    """Answer a batch of handoffs in their order, all ledgers locked, each written once.

    Raises `Poison` for an urgency that the ledger does not know.
    """
    heard = [(one, one.event) for one in envelopes if isinstance(one.event, HandoffEvent)]
    before = uow.store.ledgers.lock(
        {event.service_id for _, event in heard}, {event.handoff_id for _, event in heard}
    )
    after = dict(before)
    for envelope, event in heard:
        ledger = after.get(event.service_id)
        if ledger is None:
            _answer_without_ledger(uow, envelope)
            continue
        outcome = STEPS[type(event)](ledger, event, uow.now)
        after[event.service_id] = outcome.ledger
        for told in outcome.events:
            uow.emit(told, cause=envelope)
    uow.store.ledgers.save(*((ledger, after[id_]) for id_, ledger in before.items()))


def add_place(uow: UnitOfWork[Store], service_id: UUID, *, label: str, opening: Opening) -> Place:
    """Add a place to a service; whoever waits longest gets it when it is available.

    Raises `NotFoundError`, `ForbiddenError`, or `ConflictError` (``no-ledger`` or as the ledger says).
    """
    ledger = _own_ledger(uow, service_id)
    number = max((place.number for place in ledger.places), default=0) + 1
    place = Place(id=new_id(), number=number, label=label, opening=opening)
    _carry_out(uow, ledger, rules.add_place(ledger, place, at=uow.now))
    return place


def move_place(uow: UnitOfWork[Store], place_id: UUID, to: Opening) -> Ledger:
    """Open or withdraw a place; return the ledger as it then stands.

    Raises `NotFoundError`, `ForbiddenError`, or `ConflictError` as the ledger says.
    """
    service_id = uow.store.ledgers.service_of(place_id)
    if service_id is None:
        raise NotFoundError("place")
    ledger = _own_ledger(uow, service_id)
    outcome = rules.move_place(ledger, place_id, to, at=uow.now)
    _carry_out(uow, ledger, outcome)
    return outcome.ledger


def _own_ledger(uow: UnitOfWork[Store], service_id: UUID) -> Ledger:
    service = uow.store.services.get(service_id)
    require_may_edit(uow.actor, frozenset(service.keepers))
    ledger = uow.store.ledgers.lock({service_id}).get(service_id)
    if ledger is None:
        raise ConflictError("no-ledger", "This service does not give out places one by one.")
    return ledger


def _carry_out(uow: UnitOfWork[Store], before: Ledger, outcome: Outcome) -> None:
    uow.store.ledgers.save((before, outcome.ledger))
    for told in outcome.events:
        uow.emit(told)


def _answer_without_ledger(uow: UnitOfWork[Store], envelope: Envelope) -> None:
    """Refuse who needs a place where none are given out; others need no answer."""
    event = envelope.event
    if isinstance(event, referral.HandoffAccepted) and event.needs_place:
        uow.emit(rules.refusal(_asked(event), "no-ledger"), cause=envelope)


def _request(ledger: Ledger, event: referral.HandoffAccepted, at: datetime) -> Outcome:
    if not event.needs_place:
        return Outcome(ledger=ledger)
    try:
        urgency = Urgency(event.urgency)
    except ValueError:
        raise Poison("unknown-urgency") from None
    wish = Wish(
        asked=_asked(event),
        urgency=urgency,
        requested_at=event.requested_at,
        offer_hours=event.offer_hours,
    )
    return rules.request(ledger, wish, at=at)


def _take(ledger: Ledger, event: referral.HandoffStarted, at: datetime) -> Outcome:
    return rules.take(ledger, _asked(event), event.place_id, at=at)


def _lapse(ledger: Ledger, event: referral.OfferLapsed, at: datetime) -> Outcome:
    return rules.lapse(ledger, _asked(event), offer_hours=event.offer_hours, at=at)


def _release(reason: str) -> Step:
    def step(ledger: Ledger, event: HandoffEvent, at: datetime) -> Outcome:
        return rules.release(ledger, _asked(event), reason=reason, at=at)

    return step


def _asked(event: HandoffEvent) -> Asked:
    return Asked(
        handoff_id=event.handoff_id,
        referral_id=event.referral_id,
        service_id=event.service_id,
    )


STEPS: Mapping[type[HandoffEvent], Step] = {
    referral.HandoffAccepted: _request,
    referral.HandoffStarted: _take,
    referral.OfferLapsed: _lapse,
    referral.HandoffCompleted: _release("completed"),
    referral.HandoffFailed: _release("failed"),
    referral.HandoffCancelled: _release("cancelled"),
    referral.HandoffEnteredInError: _release("entered-in-error"),
}
"""What each fact about a handoff does to the ledger."""
