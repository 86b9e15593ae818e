"""Tells events as the other services would: numbered in their lines, minutes apart, synthetic."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from onward.contracts import access, directory, notification, referral
from onward.contracts.base import Event
from onward.envelope import Envelope
from onward.identity import Actor, Role

SPACE = UUID("6f0d3c1e-0000-4000-8000-000000000000")
WARD = uuid5(SPACE, "ward")
HOUSE = uuid5(SPACE, "house")
COMMISSIONER = uuid5(SPACE, "commissioner")
STRANGER = uuid5(SPACE, "stranger")
STEPDOWN = uuid5(SPACE, "stepdown")
MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)

COORDINATOR = Actor(
    principal=f"worker:{uuid5(SPACE, 'coordinator')}", organisation=WARD, role=Role.CASEWORKER
)
HOUSE_WORKER = Actor(
    principal=f"worker:{uuid5(SPACE, 'house worker')}", organisation=HOUSE, role=Role.CASEWORKER
)
HOUSE_LEAD = Actor(
    principal=f"worker:{uuid5(SPACE, 'house lead')}", organisation=HOUSE, role=Role.TEAM_LEAD
)
AUDITOR = Actor(
    principal=f"worker:{uuid5(SPACE, 'auditor')}", organisation=COMMISSIONER, role=Role.AUDITOR
)
OPERATOR = Actor(principal="system:operator", organisation=None, role=Role.OPERATOR)


class Story:
    """A run of events over one referral."""

    def __init__(self, start: datetime = MONDAY, name: str = "sam") -> None:
        self.now = start
        self.referral = uuid5(SPACE, f"referral {name}")
        self.handoff = uuid5(SPACE, f"handoff {name}")
        self.journey = uuid5(SPACE, f"journey {name}")
        self._numbers: Counter[tuple[str, str, UUID]] = Counter()

    def tell(
        self,
        event: Event,
        actor: Actor,
        *,
        source: str = "referral",
        minutes: int = 5,
        cause: Envelope | None = None,
    ) -> Envelope:
        """Return *event* as it arrives, *minutes* after the one before."""
        self.now += timedelta(minutes=minutes)
        line = (source, event.stream, event.subject)
        self._numbers[line] += 1
        return Envelope(
            id=uuid4(),
            source=source,
            sequence=self._numbers[line],
            occurred_at=self.now,
            correlation_id=self.journey,
            causation_id=cause.id if cause else None,
            actor=actor,
            event=event,
        )

    def handoff_facts(self) -> dict[str, Any]:
        """Return what every event about the handoff carries."""
        return {
            "referral_id": self.referral,
            "handoff_id": self.handoff,
            "service_id": STEPDOWN,
            "sender": WARD,
            "recipient": HOUSE,
        }

    def place_facts(self) -> dict[str, Any]:
        """Return what every event about the handoff's place carries."""
        return {
            "referral_id": self.referral,
            "handoff_id": self.handoff,
            "service_id": STEPDOWN,
        }

    def requested(self, **changes: Any) -> Envelope:
        """Return the sender's request; to be answered within a day."""
        deadlines = {
            "acknowledge_by": self.now + timedelta(hours=4),
            "answer_by": self.now + timedelta(hours=24),
            "expires_at": self.now + timedelta(days=7),
        }
        facts = {
            "person_id": uuid5(SPACE, "person"),
            "intent": "transfer",
            "urgency": "urgent",
            "needs": ("housing", "support"),
            "lawful_basis": "direct-care",
            **deadlines,
            **self.handoff_facts(),
            **changes,
        }
        return self.tell(referral.HandoffRequested(**facts), COORDINATOR)

    def disclosed(self) -> Envelope:
        """Return what froze the pack."""
        event = referral.PackDisclosed(
            fields=("person.name", "risk.summary"),
            lawful_basis="direct-care",
            **self.handoff_facts(),
        )
        return self.tell(event, COORDINATOR, minutes=0)

    def read(
        self, actor: Actor = HOUSE_WORKER, *, what: str = "pack", minutes: int = 5
    ) -> Envelope:
        """Return *actor*'s look at the referral."""
        event = access.RecordRead(
            about=self.referral,
            referral_id=self.referral,
            handoff_id=self.handoff,
            what=what,
            purpose="direct-care",
        )
        return self.tell(event, actor, minutes=minutes)

    def told(self) -> Envelope:
        """Return the delivery of an e-mail to the recipient."""
        event = notification.MessageDelivered(
            message_id=uuid4(),
            about=self.referral,
            organisation_id=HOUSE,
            channel="email",
            template="handoff-requested",
            attempts=1,
        )
        return self.tell(event, Actor.service("notification"), source="notification", minutes=0)

    def accepted(self, *, minutes: int = 5) -> Envelope:
        """Return the recipient's yes."""
        event = referral.HandoffAccepted(
            urgency="urgent",
            requested_at=MONDAY,
            needs_place=True,
            offer_hours=24,
            **self.handoff_facts(),
        )
        return self.tell(event, HOUSE_WORKER, minutes=minutes)

    def held(self) -> Envelope:
        """Return the place that is kept."""
        event = directory.PlaceHeld(
            place_id=uuid5(SPACE, "bed"), until=self.now, **self.place_facts()
        )
        return self.tell(event, HOUSE_WORKER, source="directory", minutes=0)


def the_house() -> list[Envelope]:
    """Return the directory's announcement of both organisations and the service."""
    story = Story()
    actor = Actor.service("directory")

    def organisation(id_: UUID, name: str) -> Envelope:
        event = directory.OrganisationPublished(
            organisation_id=id_, name=name, kind="charity", mailbox="team@example.org"
        )
        return story.tell(event, actor, source="directory")

    service = directory.ServicePublished(
        service_id=STEPDOWN,
        name="Stepdown House",
        status="active",
        recipient=HOUSE,
        providers=(HOUSE,),
        capacity_kind="bed",
        has_ledger=True,
        nation="england",
        asks_for=("person", "risk"),
        acknowledge_hours=4,
        answer_hours=24,
        offer_hours=24,
        expire_days=7,
    )
    return [
        organisation(WARD, "Oxford Health"),
        organisation(HOUSE, "Response"),
        organisation(COMMISSIONER, "Integrated Care Board"),
        story.tell(service, actor, source="directory"),
    ]


def a_handoff(name: str = "sam", start: datetime = MONDAY) -> list[Envelope]:
    """Return a handoff from the request to the first night, reads and notices included."""
    story = Story(start, name)
    facts = story.handoff_facts()
    return [
        story.requested(),
        story.disclosed(),
        story.told(),
        story.read(minutes=40),
        story.tell(referral.HandoffAcknowledged(**facts), HOUSE_WORKER),
        story.tell(referral.InformationRequested(message_id=uuid4(), **facts), HOUSE_WORKER),
        story.tell(
            referral.InformationAnswered(
                message_id=uuid4(),
                acknowledge_by=story.now + timedelta(hours=4),
                answer_by=story.now + timedelta(hours=24),
                **facts,
            ),
            COORDINATOR,
            minutes=90,
        ),
        story.read(HOUSE_LEAD, minutes=30),
        story.accepted(minutes=10),
        story.held(),
        story.tell(
            referral.HandoffOffered(lapses_at=story.now + timedelta(hours=24), **facts),
            Actor.service("referral"),
            minutes=0,
        ),
        story.tell(
            referral.HandoffStarted(place_id=uuid5(SPACE, "bed"), **facts),
            HOUSE_WORKER,
            minutes=60 * 26,
        ),
        story.tell(
            directory.PlaceTaken(place_id=uuid5(SPACE, "bed"), **story.place_facts()),
            HOUSE_WORKER,
            source="directory",
            minutes=0,
        ),
    ]


def many_reads(count: int, *, name: str = "busy") -> Sequence[Envelope]:
    """Return *count* reads of one referral."""
    story = Story(name=name)
    return [story.read() for _ in range(count)]
