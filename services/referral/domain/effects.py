"""What each move changes in a handoff and what it tells, once it is known to be legal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

from onward.contracts import referral as told
from services.referral.domain import timing
from services.referral.domain.handoff import Handoff
from services.referral.domain.moves import Action, Party, Status
from services.referral.domain.reasons import Decider, find_reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What somebody wants to happen to a handoff, and what they say about it."""

    action: Action
    reason: str | None = None
    sentence: str | None = None
    """In people's own words: a question, an answer, why. Never leaves this service."""
    outcome: str | None = None
    message_id: UUID | None = None
    """Under which the sentence of a question or an answer is kept."""
    needs_place: bool = False
    """For accept: whether the place ledger gives out the service's places."""
    place_id: UUID | None = None
    until: datetime | None = None
    """For offer: how long the ledger keeps the place."""
    stay_ends: datetime | None = None
    """For offer: when the course is over that the place is on."""
    position: int | None = None
    """For waitlist: the place in the queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One legal move about to be made."""

    handoff: Handoff
    command: Command
    by: Party
    at: datetime

    @property
    def reason(self) -> str:
        """The coded reason, checked before."""
        return known(self.command.reason)


T = TypeVar("T")
Changes = Mapping[str, Any]
Effect = tuple[Changes, tuple[told.HandoffEvent, ...]]


def known(value: T | None) -> T:
    """Return *value*, which the rules guarantee to be there by now."""
    if value is None:
        raise ValueError("a rule let an incomplete move through")
    return value


def _acknowledge(step: Step) -> Effect:
    return {}, (told.HandoffAcknowledged(**step.handoff.told()),)


def _ask(step: Step) -> Effect:
    message = known(step.command.message_id)
    return {"asked_at": step.at}, (
        told.InformationRequested(**step.handoff.told(), message_id=message),
    )


def _answer(step: Step) -> Effect:
    asked = step.handoff.asked_at
    due = timing.pushed(step.handoff.due, step.handoff.policy, asked or step.at, step.at)
    return {"asked_at": None, "due": due}, (
        told.InformationAnswered(
            **step.handoff.told(),
            message_id=known(step.command.message_id),
            acknowledge_by=known(due.acknowledge_by),
            answer_by=known(due.answer_by),
        ),
    )


def _accept(step: Step) -> Effect:
    needs_place = step.command.needs_place
    return {"needs_place": needs_place}, (
        told.HandoffAccepted(
            **step.handoff.told(),
            urgency=step.handoff.urgency.value,
            requested_at=known(step.handoff.requested_at),
            needs_place=needs_place,
            offer_hours=step.handoff.policy.offer_hours,
        ),
    )


def _reject(step: Step) -> Effect:
    whose = _decider(step)
    return {"reason": step.reason}, (
        told.HandoffRejected(**step.handoff.told(), reason=step.reason, decided_by=whose.value),
    )


def _waitlist(step: Step) -> Effect:
    return {}, (told.HandoffWaitlisted(**step.handoff.told(), position=step.command.position),)


def _offer(step: Step) -> Effect:
    place = step.command.place_id
    lapses = step.command.until or step.at + timedelta(hours=step.handoff.policy.offer_hours)
    due = replace(step.handoff.due, lapses_at=lapses, stay_ends=step.command.stay_ends)
    return {"due": due, "place_id": place}, (
        told.HandoffOffered(**step.handoff.told(), place_id=place, lapses_at=lapses),
    )


def _lapse(step: Step) -> Effect:
    handoff = step.handoff
    due = replace(handoff.due, lapses_at=None, stay_ends=None)
    return {"due": due, "place_id": None}, (
        told.OfferLapsed(
            **handoff.told(),
            place_id=handoff.place_id,
            offer_hours=handoff.policy.offer_hours,
        ),
    )


def _start(step: Step) -> Effect:
    due = _stay(step)
    return {"due": due, "started_at": step.at}, (
        told.HandoffStarted(
            **step.handoff.told(),
            place_id=step.handoff.place_id,
            review_due=due.review_due,
            stay_ends=due.stay_ends,
        ),
    )


def _hold(step: Step) -> Effect:
    return {"reason": step.reason}, (
        told.HandoffPutOnHold(**step.handoff.told(), reason=step.reason),
    )


def _resume(step: Step) -> Effect:
    """Take up again, or begin at last where it was paused before it had begun."""
    changes: dict[str, Any] = {"reason": None}
    if step.handoff.started_at is None:
        changes |= {"started_at": step.at, "due": _stay(step)}
    return changes, (told.HandoffResumed(**step.handoff.told()),)


def _complete(step: Step) -> Effect:
    outcome = known(step.command.outcome)
    return {"outcome": outcome, "reason": None}, (
        told.HandoffCompleted(**step.handoff.told(), outcome=outcome),
    )


def _fail(step: Step) -> Effect:
    return {"reason": step.reason}, (
        told.HandoffFailed(**step.handoff.told(), reason=step.reason),
    )


def _cancel(step: Step) -> Effect:
    whose = Party.PERSON if _decider(step) is Decider.PERSON else step.by
    return {"reason": step.reason}, (
        told.HandoffCancelled(**step.handoff.told(), reason=step.reason, cancelled_by=whose.value),
    )


def _mark_in_error(step: Step) -> Effect:
    """Nobody is told about a draft: nobody has heard of it."""
    event = told.HandoffEnteredInError(**step.handoff.told(), reason=step.reason)
    unsent = step.handoff.status is Status.DRAFT
    return {"reason": step.reason}, () if unsent else (event,)


def _expire(step: Step) -> Effect:
    return {}, (told.HandoffExpired(**step.handoff.told()),)


def _decider(step: Step) -> Decider:
    return known(find_reason(step.command.action, step.reason)).decided_by


def _stay(step: Step) -> timing.Due:
    review_due, longest = timing.stay(step.handoff.policy, step.at)
    due = replace(step.handoff.due, lapses_at=None, review_due=review_due)
    return timing.ending(due, longest)


EFFECTS: Final[Mapping[Action, Callable[[Step], Effect]]] = {
    Action.ACKNOWLEDGE: _acknowledge,
    Action.ASK: _ask,
    Action.ANSWER: _answer,
    Action.ACCEPT: _accept,
    Action.REJECT: _reject,
    Action.WAITLIST: _waitlist,
    Action.OFFER: _offer,
    Action.LAPSE: _lapse,
    Action.START: _start,
    Action.HOLD: _hold,
    Action.RESUME: _resume,
    Action.COMPLETE: _complete,
    Action.FAIL: _fail,
    Action.CANCEL: _cancel,
    Action.MARK_IN_ERROR: _mark_in_error,
    Action.EXPIRE: _expire,
}
"""Every action but `SEND`, which `services.referral.domain.routing` decides."""
