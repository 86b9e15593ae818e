"""Who and what the directory's tests are about: a ward, a house with one bed, and an adviser."""

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from onward.codec import encode
from onward.contracts import referral
from onward.contracts.referral import HandoffEvent
from onward.envelope import Envelope
from onward.identity import Actor, Role
from onward.inbox import Arrival
from onward.service import RunningService
from services.directory.domain.organisations import Organisation, OrganisationKind
from services.directory.domain.places import CapacityKind
from services.directory.domain.services import Limits, Service, ServiceStatus

WARD = Organisation(id=UUID(int=1), name="Ward Team", kind=OrganisationKind.STATUTORY)
RESPONSE = Organisation(
    id=UUID(int=2), name="Response", kind=OrganisationKind.CHARITY, charity_number="1234567"
)
CONNECTION = Organisation(id=UUID(int=3), name="Connection", kind=OrganisationKind.CHARITY)
ADVISERS = Organisation(id=UUID(int=4), name="Advisers", kind=OrganisationKind.CHARITY)
ORGANISATIONS = (WARD, RESPONSE, CONNECTION, ADVISERS)
HOUSE = Service(
    id=UUID(int=11),
    name="Stepdown House",
    summary="A short stay after hospital.",
    status=ServiceStatus.ACTIVE,
    recipient=RESPONSE.id,
    providers=(RESPONSE.id, CONNECTION.id),
    capacity_kind=CapacityKind.BED,
    limits=Limits(maximum_stay_days=14, review_day=10),
    asks_for=("identity", "housing"),
)
ADVICE = Service(
    id=UUID(int=12),
    name="Benefits advice",
    summary="What somebody is entitled to.",
    status=ServiceStatus.ACTIVE,
    recipient=ADVISERS.id,
    providers=(ADVISERS.id,),
    capacity_kind=CapacityKind.CASELOAD,
)
OPERATOR = Actor(principal="worker:operator", organisation=WARD.id, role=Role.OPERATOR)
NURSE = Actor(principal="worker:nurse", organisation=WARD.id, role=Role.CASEWORKER)


class Handoffs:
    """Plays the referral service: tells what becomes of handoffs, numbered as its outbox would."""

    def __init__(self, running: RunningService) -> None:
        self.running = running
        self._told: dict[UUID, int] = defaultdict(int)

    def envelope(self, event: HandoffEvent) -> Envelope:
        self._told[event.subject] += 1
        return Envelope(
            id=uuid4(),
            source="referral",
            sequence=self._told[event.subject],
            occurred_at=self.running.clock.now(),
            correlation_id=uuid4(),
            causation_id=None,
            actor=NURSE,
            event=event,
        )

    def tell(self, *events: HandoffEvent) -> None:
        """Let the directory hear *events* in one batch, as from the broker."""
        bodies = [encode(self.envelope(event)) for event in events]
        self.running.inbox.receive([Arrival(body=body) for body in bodies])

    def accept(
        self,
        handoff: int,
        *,
        service: Service = HOUSE,
        urgency: str = "routine",
        requested_at: datetime | None = None,
        needs_place: bool = True,
    ) -> referral.HandoffAccepted:
        return referral.HandoffAccepted(
            **about(handoff, service),
            urgency=urgency,
            requested_at=requested_at or self.running.clock.now(),
            needs_place=needs_place,
            offer_hours=48,
        )


def about(handoff: int, service: Service = HOUSE) -> dict[str, Any]:
    """Return the fields that every fact about a handoff carries."""
    return {
        "referral_id": UUID(int=2000 + handoff),
        "handoff_id": UUID(int=1000 + handoff),
        "service_id": service.id,
        "sender": WARD.id,
        "recipient": service.recipient,
    }
