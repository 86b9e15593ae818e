"""What the notification service does: the events it hears, and its use cases, one module per concern."""

from onward.contracts import audit, directory, referral
from onward.inbox import Handlers
from onward.web.sessions import remember_ended_sessions
from services.notification.domain.rules import heard
from services.notification.handlers.accounts import follow_accounts
from services.notification.handlers.learning import (
    forget_sandboxes,
    learn_organisations,
    learn_placements,
    learn_queues,
    learn_services,
    learn_sign_ins,
)
from services.notification.handlers.telling import raise_alarm, tell, tell_provider
from services.notification.storage.store import Store

HANDLERS: Handlers[Store] = {
    **{
        event: tell
        for event in heard()
        if issubclass(event, referral.HandoffEvent | referral.AdviceEvent)
    },
    directory.PlaceRefused: tell_provider,
    audit.TamperingFound: raise_alarm,
    directory.OrganisationPublished: learn_organisations,
    directory.ServicePublished: learn_services,
    directory.PartnerQueueChanged: learn_queues,
    directory.SandboxClosed: forget_sandboxes,
    directory.AccountChanged: follow_accounts,
    directory.PlacementPublished: learn_placements,
    directory.SignedIn: learn_sign_ins,
    directory.SessionEnded: remember_ended_sessions,
}
