"""Events published by the referral service: the life of every handoff, step by step."""

from datetime import datetime
from uuid import UUID

from onward.contracts.base import Event, event, shared_fields


@shared_fields
class HandoffEvent(Event):
    """What every fact about a handoff carries."""

    referral_id: UUID
    handoff_id: UUID
    service_id: UUID
    sender: UUID
    """The organisation that hands over."""
    recipient: UUID
    """The organisation that is asked to take the person on."""


@event("referral.handoff-requested.v1", subject="referral_id", prompt=True)
class HandoffRequested(HandoffEvent):
    """A sender has asked a recipient to take a person on."""

    person_id: UUID
    """Pseudonymous; only the referral service can tell who it is."""
    intent: str
    """``referral``, ``transfer``, ``onward``, ``self-referral`` or ``duty-to-refer``."""
    urgency: str
    """``routine``, ``urgent`` or ``emergency``."""
    needs: tuple[str, ...]
    lawful_basis: str
    agreement_id: UUID | None = None
    based_on: UUID | None = None
    """The referral this one follows from."""
    acknowledge_by: datetime
    answer_by: datetime
    expires_at: datetime


@event("referral.pack-disclosed.v1", subject="referral_id")
class PackDisclosed(HandoffEvent):
    """What the recipient may read was frozen: the fields, and on which basis."""

    fields: tuple[str, ...]
    """``section.field`` names, never values."""
    lawful_basis: str
    agreement_id: UUID | None = None


@event("referral.pack-corrected.v1", subject="referral_id")
class PackCorrected(HandoffEvent):
    """The sender has corrected who somebody is, or how to reach them; the recipient reads it at once."""

    fields: tuple[str, ...]
    """``section.field`` names of what is different, never values."""
    safe_to_contact: bool
    """Whether what must never happen when somebody gets in touch, or what to beware of, is among them."""

    @property
    def can_wait(self) -> bool:
        """Whether nobody is in danger where the recipient looks later."""
        return not self.safe_to_contact


@event("referral.disclosure-stopped.v1", subject="referral_id", prompt=True)
class DisclosureStopped(HandoffEvent):
    """The recipient may no longer read what it was told: it has to stop using it."""

    fields: tuple[str, ...]
    """``section.field`` names, never values."""
    reason: str
    """``withdrawn``, ``expired`` or ``limited``."""


@event("referral.disclosure-reopened.v1", subject="referral_id")
class DisclosureReopened(HandoffEvent):
    """The person has agreed again: the recipient may read what it was told once more."""

    fields: tuple[str, ...]
    """``section.field`` names, never values."""


@event("referral.person-said-stop.v1", subject="referral_id", prompt=True)
class PersonSaidStop(HandoffEvent):
    """The person wants nothing shared any more; told of each handoff that was sent."""

    by: str
    """``person`` where they said so on their own page, ``sender`` where it was recorded for them."""
    reads_on: bool
    """Whether the recipient may read on: it was told on a basis that does not rest on the person's word."""
    newest: bool
    """Whether this is the referral's newest handoff: with it the sender is told, once."""


@event("referral.glass-broken.v1", subject="referral_id", prompt=True)
class GlassBroken(HandoffEvent):
    """Somebody reads what they were not told, for a stated reason; the sender is told at once.

    The handoff is the newest one; who reads is the event's actor.
    """

    opening_id: UUID
    reason: str
    """``life-at-risk``, ``safeguarding`` or ``court-order``; the words stay in the referral service."""
    ends_at: datetime


@event("referral.handoff-acknowledged.v1", subject="referral_id")
class HandoffAcknowledged(HandoffEvent):
    """The recipient has seen the request."""


@event("referral.information-requested.v1", subject="referral_id", prompt=True)
class InformationRequested(HandoffEvent):
    """The recipient has asked the sender a question; the words stay in the referral service."""

    message_id: UUID


@event("referral.information-answered.v1", subject="referral_id", prompt=True)
class InformationAnswered(HandoffEvent):
    """The sender has answered the recipient's question."""

    message_id: UUID
    acknowledge_by: datetime
    answer_by: datetime


@event("referral.handoff-accepted.v1", subject="referral_id")
class HandoffAccepted(HandoffEvent):
    """The recipient takes the person on."""

    urgency: str
    """``routine``, ``urgent`` or ``emergency``."""
    requested_at: datetime
    """When the sender first asked: waiting time counts from here."""
    needs_place: bool
    """Whether the place ledger must find a place first."""
    offer_hours: int


@event("referral.handoff-rejected.v1", subject="referral_id")
class HandoffRejected(HandoffEvent):
    """The recipient does not take the person on; the sender can route the referral again."""

    reason: str
    """``no-capacity``, ``outside-area``, ``not-eligible``, ``risk-cannot-be-managed``,
    ``needs-other-service``, ``needs-too-complex``, ``insufficient-information``, ``already-known``,
    ``person-not-contactable``, ``person-declined`` or ``person-chose-other``.
    """
    decided_by: str
    """``service`` or ``person``: whose decision it was."""


@event("referral.handoff-waitlisted.v1", subject="referral_id")
class HandoffWaitlisted(HandoffEvent):
    """Accepted, and waiting for a place."""

    position: int | None = None


@event("referral.handoff-offered.v1", subject="referral_id")
class HandoffOffered(HandoffEvent):
    """A place is held for the person."""

    place_id: UUID | None = None
    lapses_at: datetime


@event("referral.offer-lapsed.v1", subject="referral_id")
class OfferLapsed(HandoffEvent):
    """Nobody took the offered place up in time; the handoff waits again."""

    place_id: UUID | None = None
    offer_hours: int


@event("referral.handoff-started.v1", subject="referral_id")
class HandoffStarted(HandoffEvent):
    """The service has begun: the person has moved in, or the first session took place."""

    place_id: UUID | None = None
    review_due: datetime | None = None
    stay_ends: datetime | None = None
    """When the longest stay is over, or the course, whichever is sooner."""


@event("referral.handoff-put-on-hold.v1", subject="referral_id")
class HandoffPutOnHold(HandoffEvent):
    """The service pauses for a stated reason."""

    reason: str
    """``person-in-hospital``, ``person-in-custody``, ``awaiting-information``,
    ``service-interrupted``, ``person-away`` or ``person-asked-to-pause``.
    """


@event("referral.handoff-resumed.v1", subject="referral_id")
class HandoffResumed(HandoffEvent):
    """The pause is over."""


@event("referral.handoff-completed.v1", subject="referral_id")
class HandoffCompleted(HandoffEvent):
    """The service has done its part."""

    outcome: str
    """Where the person went next, or what was reached: ``goals-reached``, ``goals-partly-reached``,
    ``moved-on-to-own-home``, ``moved-on-to-supported-home``, ``moved-on-to-family``,
    ``moved-on-to-other-service``, ``returned-to-hospital``, ``tenancy-sustained``, ``benefits-secured``,
    ``advice-given`` or ``course-finished``.
    """


@event("referral.handoff-failed.v1", subject="referral_id")
class HandoffFailed(HandoffEvent):
    """The service ended without doing its part."""

    reason: str
    """``person-not-contactable``, ``risk-cannot-be-managed``, ``needs-too-complex``,
    ``readmitted``, ``service-ended``, ``person-died``, ``person-disengaged`` or ``person-left``.
    """


@event("referral.handoff-cancelled.v1", subject="referral_id")
class HandoffCancelled(HandoffEvent):
    """Somebody withdrew the request or the placement."""

    reason: str
    """``no-longer-needed``, ``needs-changed``, ``sent-to-wrong-service``, ``found-elsewhere``,
    ``service-withdrew``, ``person-moved-away``, ``person-died`` or ``person-withdrew``.
    """
    cancelled_by: str
    """``sender``, ``recipient`` or ``person``."""


@event("referral.handoff-expired.v1", subject="referral_id")
class HandoffExpired(HandoffEvent):
    """Nobody answered in time."""


@event("referral.handoff-entered-in-error.v1", subject="referral_id")
class HandoffEnteredInError(HandoffEvent):
    """It should never have been sent."""

    reason: str
    """``wrong-person``, ``wrong-service``, ``duplicate``, ``not-agreed`` or ``test-entry``."""


@event("referral.deadline-reached.v1", subject="referral_id")
class DeadlineReached(HandoffEvent):
    """A deadline frozen at sending has come."""

    deadline_id: UUID
    kind: str
    """``acknowledge``, ``answer``, ``review`` or ``stay``."""
    due_at: datetime
    rung: int = 1
    """Step of the escalation ladder: 1 tells the team, 2 tells the other side too, 3 the team leads."""


@event("referral.message-sent.v1", subject="referral_id", prompt=True)
class MessageSent(HandoffEvent):
    """One side of a handoff has written to the other; the words stay in the referral service."""

    message_id: UUID
    by: str
    """``sender`` or ``recipient``."""


@event("referral.appointment-made.v1", subject="referral_id")
class AppointmentMade(HandoffEvent):
    """The person is to meet the service; where is not told."""

    appointment_id: UUID
    starts_at: datetime
    minutes: int
    by: str
    """``sender`` or ``recipient``."""


@event("referral.appointment-cancelled.v1", subject="referral_id")
class AppointmentCancelled(HandoffEvent):
    """A meeting that was planned does not take place."""

    appointment_id: UUID
    starts_at: datetime
    by: str
    """``sender`` or ``recipient``."""


@event("referral.attendance-recorded.v1", subject="referral_id")
class AttendanceRecorded(HandoffEvent):
    """The service has said whether the person came."""

    appointment_id: UUID
    attended: bool
    sessions: int
    """How many the person has come to so far."""


@event("referral.attachment-added.v1", subject="referral_id")
class AttachmentAdded(HandoffEvent):
    """One side of a handoff has added a file for both; its name stays in the referral service."""

    attachment_id: UUID
    size: int
    """Bytes."""
    by: str
    """``sender`` or ``recipient``."""


@event("referral.outcome-recorded.v1", subject="referral_id")
class OutcomeRecorded(HandoffEvent):
    """The service has used an instrument with the person; what was answered stays with it."""

    outcome_id: UUID
    instrument: str
    """Its code: ``ons4``, ``eq-5d-5l``, …"""
    occasion: str
    """``before``, ``review`` or ``after``."""


@shared_fields
class AdviceEvent(Event):
    """What every fact about a question carries that is asked without a referral, about nobody by name."""

    advice_id: UUID
    service_id: UUID
    sender: UUID
    """The organisation that asks."""
    recipient: UUID
    """The organisation that is asked."""


@event("referral.advice-asked.v1", subject="advice_id", prompt=True)
class AdviceAsked(AdviceEvent):
    """An organisation has asked another for advice, or asked on; the words stay in the referral service."""


@event("referral.advice-answered.v1", subject="advice_id", prompt=True)
class AdviceAnswered(AdviceEvent):
    """Whoever was asked has answered."""


@event("referral.advice-closed.v1", subject="advice_id")
class AdviceClosed(AdviceEvent):
    """One side has closed the question; nothing follows from it."""

    by: str
    """``sender`` or ``recipient``."""


@event("referral.advice-turned-into-referral.v1", subject="advice_id")
class AdviceTurnedIntoReferral(AdviceEvent):
    """A referral, to this service or another, has followed from the question."""

    referral_id: UUID


@event("referral.goal-set.v1", subject="referral_id")
class GoalSet(HandoffEvent):
    """The service has agreed with the person what they want to reach; their words stay with it."""

    goal_id: UUID


@event("referral.goal-reviewed.v1", subject="referral_id")
class GoalReviewed(HandoffEvent):
    """The service and the person have looked at a goal again."""

    goal_id: UUID
    progress: str
    """``on-the-way``, ``achieved``, ``not-achieved`` or ``no-longer-wanted``."""
