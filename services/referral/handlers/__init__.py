"""What the referral service does when it is asked, and when it hears something."""

from collections.abc import Mapping

from onward.contracts import directory as told
from onward.contracts.base import Event
from onward.inbox import Handler
from onward.intake.systems import remember_systems
from onward.web.sessions import remember_ended_sessions
from services.referral.handlers.closing import close_sandbox
from services.referral.handlers.copies import (
    keep_agreements,
    keep_organisations,
    keep_placements,
    keep_services,
)
from services.referral.handlers.passing import let_time_pass
from services.referral.handlers.places import follow_ledger
from services.referral.storage.store import Store

HANDLERS: Mapping[type[Event], Handler[Store]] = {
    told.OrganisationPublished: keep_organisations,
    told.ServicePublished: keep_services,
    told.AgreementPublished: keep_agreements,
    told.PlacementPublished: keep_placements,
    told.PlaceHeld: follow_ledger,
    told.PlaceQueued: follow_ledger,
    told.PlaceTaken: follow_ledger,
    told.PlaceReleased: follow_ledger,
    told.PlaceRefused: follow_ledger,
    told.SandboxTimePassed: let_time_pass,
    told.SandboxClosed: close_sandbox,
    told.SessionEnded: remember_ended_sessions,
    told.AccountChanged: remember_systems,
}
