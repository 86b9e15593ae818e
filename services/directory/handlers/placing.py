"""Answer handoffs with places: what each fact about a handoff does to the ledger of its service."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from onward.contracts import referral
from onward.contracts.referral import HandoffEvent
from onward.database import UnitOfWork
from onward.envelope import Envelope
from onward.errors import Poison
from services.directory.domain import ledger as rules
from services.directory.domain.claims import Urgency
from services.directory.domain.ledger import Asked, Outcome, Wish
from services.directory.domain.seats import Ledger
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
    uncounted: list[Envelope] = []
    for envelope, event in heard:
        ledger = after.get(event.service_id)
        if ledger is None:
            uncounted.append(envelope)
            continue
        outcome = STEPS[type(event)](ledger, event, uow.now)
        after[event.service_id] = outcome.ledger
        for told in outcome.events:
            uow.emit(told, cause=envelope)
    _keep_uncounted(uow, uncounted)
    changes = ((ledger, after[id_]) for id_, ledger in before.items())
    uow.store.ledgers.save(*changes, at=uow.now)


def _keep_uncounted(uow: UnitOfWork[Store], envelopes: Sequence[Envelope]) -> None:
    """Note who is with services that count no places; refuse whoever needs one there."""
    accepted, begun, ended, came = [], [], {}, {}
    for envelope in envelopes:
        event = envelope.event
        match event:
            case referral.HandoffAccepted(needs_place=True):
                uow.emit(rules.refusal(_asked(event), "no-ledger"), cause=envelope)
            case referral.HandoffAccepted():
                accepted.append((event.service_id, rules.accepted(_wish(event))))
            case referral.HandoffStarted() | referral.HandoffResumed():
                begun.append(event.handoff_id)
            case referral.AttendanceRecorded():
                came[event.handoff_id] = event.sessions
            case HandoffEvent() if type(event) in ENDS:
                ended[event.handoff_id] = ENDS[type(event)]
    uow.store.uncounted.accept(accepted)
    uow.store.uncounted.begin(begun, at=uow.now)
    uow.store.uncounted.attend(came)
    uow.store.uncounted.end(ended, at=uow.now)


def _request(ledger: Ledger, event: referral.HandoffAccepted, at: datetime) -> Outcome:
    if not event.needs_place:
        return rules.accept(ledger, _wish(event))
    return rules.request(ledger, _wish(event), at=at)


def _take(ledger: Ledger, event: referral.HandoffStarted, at: datetime) -> Outcome:
    return rules.take(ledger, _asked(event), event.place_id, at=at)


def _resume(ledger: Ledger, event: referral.HandoffResumed, at: datetime) -> Outcome:
    return rules.begin(ledger, _asked(event), at=at)


def _lapse(ledger: Ledger, event: referral.OfferLapsed, at: datetime) -> Outcome:
    return rules.lapse(ledger, _asked(event), offer_hours=event.offer_hours, at=at)


def _release(ledger: Ledger, event: HandoffEvent, at: datetime) -> Outcome:
    return rules.release(ledger, _asked(event), reason=ENDS[type(event)], at=at)


def _attend(ledger: Ledger, event: referral.AttendanceRecorded, _at: datetime) -> Outcome:
    return rules.attend(ledger, _asked(event), event.sessions)


def _wish(event: referral.HandoffAccepted) -> Wish:
    try:
        urgency = Urgency(event.urgency)
    except ValueError:
        raise Poison("unknown-urgency") from None
    return Wish(
        asked=_asked(event),
        urgency=urgency,
        requested_at=event.requested_at,
        offer_hours=event.offer_hours,
    )


def _asked(event: HandoffEvent) -> Asked:
    return Asked(
        handoff_id=event.handoff_id,
        referral_id=event.referral_id,
        service_id=event.service_id,
    )


ENDS: Final[Mapping[type[HandoffEvent], str]] = {
    referral.HandoffCompleted: "completed",
    referral.HandoffFailed: "failed",
    referral.HandoffCancelled: "cancelled",
    referral.HandoffEnteredInError: "entered-in-error",
}
"""Why a claim ended, by the fact that ended it."""
STEPS: Final[Mapping[type[HandoffEvent], Step]] = {
    referral.HandoffAccepted: _request,
    referral.HandoffStarted: _take,
    referral.HandoffResumed: _resume,
    referral.OfferLapsed: _lapse,
    referral.AttendanceRecorded: _attend,
    **dict.fromkeys(ENDS, _release),
}
"""What each fact about a handoff does to the ledger."""
