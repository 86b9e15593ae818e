"""What partners' systems may send through the broker, each as the request of the API it stands for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerEvent:
    """An event that a partner's system may send, and the request to our own API that it stands for."""

    name: str
    """Such as ``referral-submitted.v1``: what follows the organisation in the routing key."""
    service: str
    """Which of ours takes it."""
    says: str
    """What it means, in one sentence."""
    path: str
    """Of the request; ``{fields}`` in it are taken out of the data, the rest is the body."""
    method: str = "POST"
    readable: tuple[str, ...] = ()
    """Fields that may travel in the open: ids and codes. Any other has to be sealed."""
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of a field in the path that is no id: what it may say."""
    newest: str | None = None
    """Path that answers the newest version, where the request has to name one and the data may not."""
    tells: Mapping[str, str] = field(default_factory=dict)
    """What the sender is told when it was accepted: a name, and where in the answer it stands."""


ACTIONS: Final = (
    "acknowledge",
    "ask",
    "answer",
    "accept",
    "reject",
    "waitlist",
    "offer",
    "start",
    "hold",
    "resume",
    "complete",
    "fail",
    "cancel",
    "mark-in-error",
)
"""What may be done with a handoff."""
_MADE: Final = {"referral_id": "referral.id", "handoff_id": "handoff.id"}

INTAKE: Final = (
    PartnerEvent(
        name="referral-submitted.v1",
        service="referral",
        says="Refer a person to a service, or hand the referral in as a draft.",
        path="/api/v1/referrals",
        readable=(
            "service_id",
            "person_id",
            "based_on",
            "advice_id",
            "intent",
            "urgency",
            "needs",
            "purpose",
            "consent",
            "draft",
        ),
        tells=_MADE,
    ),
    PartnerEvent(
        name="referral-sent.v1",
        service="referral",
        says="Send a draft, or an open referral to another service.",
        path="/api/v1/referrals/{referral_id}/handoffs",
        readable=("referral_id", "service_id", "urgency", "needs", "consent"),
        tells=_MADE,
    ),
    PartnerEvent(
        name="handoff-moved.v1",
        service="referral",
        says="Answer a handoff, or carry it on: accept, reject, start, complete and so on.",
        path="/api/v1/handoffs/{handoff_id}/{action}",
        readable=("handoff_id", "action", "version", "reason", "outcome"),
        codes={"action": ACTIONS},
        newest="/api/v1/handoffs/{handoff_id}/actions",
        tells={"handoff_id": "id", "referral_id": "referral_id", "status": "status"},
    ),
    PartnerEvent(
        name="appointment-attended.v1",
        service="referral",
        says="Say whether the person came to an appointment.",
        path="/api/v1/handoffs/{handoff_id}/appointments/{appointment_id}/attendance",
        readable=("handoff_id", "appointment_id", "attended"),
        tells={"handoff_id": "handoff_id", "appointment_id": "id", "state": "state"},
    ),
    PartnerEvent(
        name="outcome-recorded.v1",
        service="referral",
        says="Record how somebody is; all of it travels sealed.",
        path="/api/v1/handoffs/{handoff_id}/outcomes",
        tells={"handoff_id": "handoff_id", "outcome_id": "id"},
    ),
    PartnerEvent(
        name="place-moved.v1",
        service="directory",
        says="Open or close a place: a bed, a home, a seat.",
        path="/api/v1/places/{place_id}",
        method="PATCH",
        readable=("place_id", "state"),
        tells={"place_id": "id", "state": "state"},
    ),
)


def taken_by(service: str) -> tuple[PartnerEvent, ...]:
    """Return what *service* takes."""
    return tuple(event for event in INTAKE if event.service == service)
