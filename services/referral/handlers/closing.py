"""Let go of what was tried out in a sandbox that is closed: nothing in it was ever about anybody."""

from typing import Final

from onward.contracts.access import PersonErased
from onward.contracts.directory import SandboxClosed
from onward.database import UnitOfWork
from onward.envelope import Envelope
from onward.inbox import each
from services.referral.domain.deciding import decide
from services.referral.domain.effects import Command
from services.referral.domain.handoff import Handoff
from services.referral.domain.moves import TERMINAL, Action, Party
from services.referral.storage.steps import Made
from services.referral.storage.store import Store

SANDBOX_CLOSED: Final = "sandbox-closed"
"""Why a person made up for a sandbox is erased."""
_TRIED_OUT: Final = Command(
    action=Action.MARK_IN_ERROR, reason="test-entry", sentence="The sandbox was closed."
)


@each
def close_sandbox(uow: UnitOfWork[Store], envelope: Envelope) -> None:
    """End every handoff of a sandbox as a test, and destroy the keys to whom and what they were about.

    Whoever is under legal hold stays: what was entered into a sandbox by mistake may be evidence.
    """
    event = envelope.event
    if not isinstance(event, SandboxClosed):
        return
    for person_id in uow.store.people.of_organisations(event.organisations):
        handoffs = uow.store.handoffs.of_person(person_id)
        locked = uow.store.handoffs.lock(*(handoff.id for handoff in handoffs)).values()
        for handoff in locked:
            if handoff.status not in TERMINAL:
                _end(uow, handoff, envelope)
        if uow.store.retention.holds_on(person_id):
            continue
        uow.store.people.erase(person_id, SANDBOX_CLOSED, at=uow.now)
        erased = PersonErased(
            about=person_id,
            organisation=handoffs[0].sender if handoffs else event.organisations[0],
            reason=SANDBOX_CLOSED,
            referrals=len({handoff.referral_id for handoff in handoffs}),
        )
        uow.emit(erased, cause=envelope)
    uow.store.advice.forget_words(event.organisations)


def _end(uow: UnitOfWork[Store], handoff: Handoff, envelope: Envelope) -> None:
    decision = decide(handoff, _TRIED_OUT, by=Party.SENDER, at=uow.now)
    uow.store.moved((handoff, decision.handoff))
    uow.store.steps.add(
        Made(
            handoff=decision.handoff,
            command=_TRIED_OUT,
            by=Party.SENDER,
            actor=uow.actor,
            at=uow.now,
        )
    )
    for event in decision.events:
        uow.emit(event, cause=envelope)
