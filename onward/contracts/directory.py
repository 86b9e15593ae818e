"""Events published by the directory: who there is, what they offer, who may share, who has which place."""

from datetime import date, datetime
from uuid import UUID

from onward.contracts.base import Event, event, shared_fields


@event("directory.organisation-published.v1", subject="organisation_id")
class OrganisationPublished(Event):
    """An organisation's public entry, whole, each time it changes."""

    organisation_id: UUID
    name: str
    kind: str
    """``statutory``, ``charity``, ``housing-provider``, ``practice``, ``council``, ``co-operative``, …"""
    active: bool = True
    mailbox: str | None = None
    """A shared mailbox of the organisation, never a person's own address."""
    phone: str | None = None
    """Its public number, for people who ask how to reach it."""
    sandbox: UUID | None = None
    """The sandbox it was made up for: nobody outside hears of what it does. None for a real one."""


@event("directory.service-published.v1", subject="service_id")
class ServicePublished(Event):
    """A service's public entry, as far as routing and telling need it, whole, each time it changes."""

    service_id: UUID
    name: str
    status: str
    """``planned``, ``active``, ``paused`` or ``closed``; only ``active`` can be referred to."""
    recipient: UUID
    """The provider that answers referrals."""
    providers: tuple[UUID, ...]
    """Every organisation that provides it, the recipient among them."""
    capacity_kind: str
    """``bed``, ``home``, ``cohort``, ``sessions``, ``caseload`` or ``drop_in``."""
    has_ledger: bool
    """Whether the directory's place ledger gives out its places one by one: beds and homes always,
    courses, caseloads and sessions from the moment their provider says how many there are."""
    nation: str
    """``england`` or ``wales``: which law governs a referral to it."""
    asks_for: tuple[str, ...]
    """Sections of the handoff pack it needs."""
    acknowledge_hours: int
    answer_hours: int
    offer_hours: int
    """How long an offered place is kept before the offer lapses."""
    expire_days: int
    """After this many days without an answer the request expires."""
    review_day: int | None = None
    maximum_stay_days: int | None = None
    mailbox: str | None = None
    needs: tuple[str, ...] = ()
    """Codes of what it helps with, such as ``housing``."""
    programme: UUID | None = None
    """The programme it belongs to."""
    sessions_per_person: int | None = None
    """How many sessions one person is offered at most; None where there is no such ceiling."""
    working_hours: str | None = None
    """The hours in which ``acknowledge_hours`` and ``answer_hours`` count for routine requests, such as
    ``Europe/London; mon,tue 09:00-17:00; england closed; 2026-12-24/2026-12-26 closed`` (weekly hours, bank
    holidays of a nation, dated exceptions; 26:00 is two in the morning). None: all hours count."""


@event("directory.attendance-counted.v1", subject="service_id")
class AttendanceCounted(Event):
    """A service has said how many people came on a day; nobody's name."""

    service_id: UUID
    on: date
    people: int


@event("directory.programme-published.v1", subject="programme_id")
class ProgrammePublished(Event):
    """A programme's public entry, whole, each time it changes."""

    programme_id: UUID
    name: str
    status: str
    """``planned``, ``active``, ``paused`` or ``closed``."""
    lead: UUID
    """The organisation that answers for it."""
    part_of: UUID | None = None
    """The larger programme it is a part of."""


@event("directory.agreement-published.v1", subject="agreement_id")
class AgreementPublished(Event):
    """A sharing agreement from one organisation to another, whole, each time it changes."""

    agreement_id: UUID
    from_organisation: UUID
    to_organisation: UUID
    purposes: tuple[str, ...]
    sections: tuple[str, ...]
    lawful_basis: str
    valid_from: date
    valid_until: date | None = None
    """Last day it holds; open-ended without one."""


@event("directory.placement-published.v1", subject="placement_id")
class PlacementPublished(Event):
    """A worker of one organisation sits in another's team for a time; whole, each time it changes."""

    placement_id: UUID
    principal: str
    """``worker:<uuid>``, as an event's actor names them."""
    employer: UUID
    """The organisation they work for, then as before."""
    host: UUID
    """The organisation whose referrals they may work with meanwhile."""
    starts_at: datetime
    ends_at: datetime | None = None
    """The first moment at which they may no more; open-ended without one."""


@event("directory.account-changed.v1", subject="organisation_id")
class AccountChanged(Event):
    """Somebody, or a system, may act for an organisation from now on, or may no longer."""

    organisation_id: UUID
    principal: str
    """``worker:<uuid>`` or ``system:<client id>``, as an event's actor names them."""
    role: str
    change: str
    """``opened``, ``changed`` (a worker has another role), ``renewed`` (a system has a new secret) or
    ``closed``."""


@event("directory.partner-queue-changed.v1", subject="organisation_id")
class PartnerQueueChanged(Event):
    """The systems of an organisation are told on a queue of the broker from now on, or no longer."""

    organisation_id: UUID
    change: str
    """``opened`` or ``closed``."""


@event("directory.sandbox-time-passed.v1", subject="sandbox_id")
class SandboxTimePassed(Event):
    """Whoever tries a sandbox out let time pass in it: what is still to come there comes nearer."""

    sandbox_id: UUID
    organisations: tuple[UUID, ...]
    """Those made up for it."""
    hours: int


@event("directory.sandbox-closed.v1", subject="sandbox_id")
class SandboxClosed(Event):
    """A sandbox is over: whatever is kept of what was tried out in it goes."""

    sandbox_id: UUID
    organisations: tuple[UUID, ...]
    """Those made up for it; nobody acts for them any more."""


@event("directory.signed-in.v1", subject="session_id")
class SignedIn(Event):
    """A worker proved who they are and was given a session."""

    session_id: UUID
    organisation_id: UUID


@event("directory.session-ended.v1", subject="session_id")
class SessionEnded(Event):
    """A session is over: no service may honour its cookie any longer."""

    session_id: UUID
    organisation_id: UUID
    expires_at: datetime
    """When the cookie would have expired by itself."""


@shared_fields
class PlaceEvent(Event):
    """What every fact about a place asked for by a handoff carries."""

    handoff_id: UUID
    referral_id: UUID
    service_id: UUID


@event("directory.place-held.v1", subject="handoff_id")
class PlaceHeld(PlaceEvent):
    """A place is kept for this handoff until the offer is taken up, lapses or is given back."""

    place_id: UUID
    until: datetime
    promoted: bool = False
    """Whether it came from the waiting list."""
    ends_on: date | None = None
    """Last day of the course that the place is on; None where it is no course."""


@event("directory.place-queued.v1", subject="handoff_id")
class PlaceQueued(PlaceEvent):
    """No place is free: this handoff waits."""

    position: int
    """1 is next."""
    band: str
    """Urgency band that decides the order first."""
    waiting_since: datetime


@event("directory.place-taken.v1", subject="handoff_id")
class PlaceTaken(PlaceEvent):
    """The person has moved into the place that was held."""

    place_id: UUID


@event("directory.place-released.v1", subject="handoff_id")
class PlaceReleased(PlaceEvent):
    """The place, or the wait for one, was given back."""

    place_id: UUID | None = None
    """None when the handoff was still waiting."""
    reason: str
    """``completed``, ``failed``, ``cancelled``, ``offer-lapsed``, ``entered-in-error``, …"""


@event("directory.place-refused.v1", subject="handoff_id")
class PlaceRefused(PlaceEvent):
    """A place could not be given or taken as asked; the recipient has to decide anew."""

    code: str
    """``no-ledger``, ``not-held``, ``service-closed``, …"""
