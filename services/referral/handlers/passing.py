"""Let time pass in a sandbox: the clock goes on for everybody, what is to come there comes nearer."""

from datetime import timedelta

from onward.contracts.directory import SandboxTimePassed
from onward.database import UnitOfWork
from onward.envelope import Envelope
from onward.inbox import each
from services.referral.storage.passing import let_pass
from services.referral.storage.store import Store


@each
def let_time_pass(uow: UnitOfWork[Store], envelope: Envelope) -> None:
    """Bring what the sandbox's handoffs wait for nearer; the next look at the deadlines acts on it."""
    event = envelope.event
    if isinstance(event, SandboxTimePassed):
        let_pass(uow.connection, event.organisations, timedelta(hours=event.hours))
