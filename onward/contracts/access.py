"""Events any service publishes about who looked at what, and what was refused. Audit hears them."""

from datetime import date, datetime
from uuid import UUID

from onward.contracts.base import Event, event


@event("access.read.v1", subject="about")
class RecordRead(Event):
    """Somebody read something that concerns a person or a partner."""

    about: UUID
    """The referral where there is one, else the reader's organisation."""
    referral_id: UUID | None = None
    handoff_id: UUID | None = None
    what: str
    """``referral``, ``pack``, ``inbox``, ``trail``, ``entries``, …"""
    purpose: str
    """Why: ``direct-care``, ``audit``, ``service-management``, …"""
    records: int = 1
    """How many records the answer held."""
    sensitivity: str | None = None
    """The highest of what was read: ``personal``, ``special`` or ``restricted``, where it is known."""


@event("access.consent-recorded.v1", subject="about")
class ConsentRecorded(Event):
    """A sender has written down what the person agrees to have told from now on."""

    about: UUID
    """The referral."""
    referral_id: UUID
    given: bool
    withdrawn: bool
    """Whether the person said stop; false where they were only never asked."""
    withheld: tuple[str, ...] = ()
    """Names of sections and fields not to be told, never values."""
    until: date | None = None
    """Last day it holds."""


@event("access.kept.v1", subject="about")
class RecordKept(Event):
    """Somebody wrote down something that only their own organisation reads."""

    about: UUID
    """The referral."""
    referral_id: UUID
    handoff_id: UUID | None = None
    what: str
    """``note``, …"""


@event("access.person-corrected.v1", subject="about")
class PersonCorrected(Event):
    """Somebody has corrected what their organisation's record says about a person."""

    about: UUID
    """The person's pseudonymous id."""
    organisation: UUID
    """Whose record of them it is."""
    fields: tuple[str, ...]
    """``section.field`` names of what is different, never values."""
    recipients: int
    """How many handoffs' packs say something else because of it."""


@event("access.person-erased.v1", subject="about")
class PersonErased(Event):
    """The key to everything about a person was destroyed; ids, codes and times remain."""

    about: UUID
    """The person's pseudonymous id."""
    organisation: UUID
    """Whose record of them it was."""
    reason: str
    referrals: int
    """How many referrals of that record can name nobody any more."""


@event("access.vault-rotated.v1", subject="vault_id")
class VaultRotated(Event):
    """An operator has the keys to people's records wrapped under another key of the platform's.

    Told when it begins, and when it ends; nobody's record opens to anybody else because of it.
    """

    vault_id: UUID
    under: str
    """Tells the platform's key from others; says nothing about it."""
    rewrapped: int
    """How many it has wrapped under it; 0 when it begins."""
    remaining: int
    """How many are still under others."""


@event("access.hold-placed.v1", subject="about")
class HoldPlaced(Event):
    """What is known about a referral is kept from now on, whatever its age."""

    about: UUID
    """The referral."""
    referral_id: UUID
    hold_id: UUID
    """The same for every referral of a person who is held as a whole."""
    reason: str
    until: date | None = None
    """Its last day; none: until it is lifted."""


@event("access.hold-ended.v1", subject="about")
class HoldEnded(Event):
    """A legal hold stops nothing any more."""

    about: UUID
    """The referral."""
    referral_id: UUID
    hold_id: UUID
    reason: str
    """``lifted``, or ``over`` where its last day has passed."""


@event("access.record-disposed.v1", subject="about")
class RecordDisposed(Event):
    """Something about a referral was disposed of because its time was over; ids, codes and times remain."""

    about: UUID
    """The referral."""
    referral_id: UUID
    handoff_id: UUID | None = None
    """Whose copy it was, where it was not everything about the person."""
    kind: str
    """The rule of retention, such as ``not-accepted``."""


@event("access.advice-disposed.v1", subject="about")
class AdviceDisposed(Event):
    """A question for advice was deleted with its answers because its time was over; ids and times remain."""

    about: UUID
    """The question."""
    sender: UUID
    """The organisation that asked."""
    recipient: UUID
    """The organisation that was asked."""
    kind: str
    """The rule of retention: ``advice``."""


@event("access.own-page-made.v1", subject="about")
class OwnPageMade(Event):
    """Somebody made a page on which the person can see for themself where their referral stands."""

    about: UUID
    """The referral."""
    referral_id: UUID
    page_id: UUID
    ends_at: datetime


@event("access.own-page-closed.v1", subject="about")
class OwnPageClosed(Event):
    """A person's own page was closed before its time; its address leads nowhere from now on."""

    about: UUID
    """The referral."""
    referral_id: UUID
    page_id: UUID


@event("access.news-wished.v1", subject="about")
class NewsWished(Event):
    """A person wants to be told that there is news, or nothing any more; themself or through a worker."""

    about: UUID
    """The referral on whose page that was said."""
    referral_id: UUID
    channel: str
    """``email``, ``text`` or ``none``."""


@event("access.person-told.v1", subject="about")
class PersonTold(Event):
    """A person was sent word that there is news for them, or could not be."""

    about: UUID
    """The referral."""
    referral_id: UUID
    message_id: UUID
    channel: str
    """``email`` or ``text``."""
    outcome: str
    """``told`` where it was taken, else why not, such as ``contact-rule``."""


@event("access.team-entered.v1", subject="about")
class TeamEntered(Event):
    """Somebody began to work in another organisation's team that they are placed in."""

    about: UUID
    """The host."""
    employer: UUID


@event("access.refused.v1", subject="about")
class AccessRefused(Event):
    """Somebody asked for something a rule did not let them have."""

    about: UUID
    """The referral where there is one, else the asker's organisation."""
    referral_id: UUID | None = None
    handoff_id: UUID | None = None
    what: str
    """What was asked for: a route's name, or ``routing``."""
    code: str
    """The rule that said no, as in the problem document."""


@event("access.records-stated.v1", subject="ledger_id")
class RecordsStated(Event):
    """A service states from its own tables which handoffs were sent, for the audit log to be held against."""

    ledger_id: UUID
    """The service's book: statements about it are numbered, so that none can go missing unseen."""
    total: int
    """How many handoffs the book holds, these included."""
    referrals: tuple[UUID, ...]
    handoffs: tuple[UUID, ...]
    """Sent since the last statement; each belongs to the referral at the same place."""
    disclosed: tuple[UUID, ...] = ()
    """Those of them of which something was disclosed."""


@event("access.parked-decided.v1", subject="event_id")
class ParkedDecided(Event):
    """An operator decided what becomes of an event that could not be handled."""

    event_id: UUID
    service: str
    decision: str
    """``retry`` or ``discard``."""
    reason_sha256: str | None = None
    """Digest of the stated reason; the sentence itself stays in the service."""
