"""Who is there and what happens, for the notification service's tests."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from onward.contracts import audit, directory, referral
from onward.contracts.base import Event
from onward.envelope import Envelope
from onward.identity import Actor, Role
from onward.ids import new_id

MORNING = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
WARD = UUID("00000000-0000-4000-8000-00000000000a")
RESPONSE = UUID("00000000-0000-4000-8000-00000000000b")
STRANGERS = UUID("00000000-0000-4000-8000-00000000000c")
HOUSE = UUID("00000000-0000-4000-8000-0000000000f1")
PERSON = UUID("00000000-0000-4000-8000-0000000000ee")

KIM = Actor(principal="worker:kim", organisation=RESPONSE, role=Role.CASEWORKER)
LEE = Actor(principal="worker:lee", organisation=RESPONSE, role=Role.TEAM_LEAD)
ANN = Actor(principal="worker:ann", organisation=WARD, role=Role.CASEWORKER)
EVE = Actor(principal="worker:eve", organisation=STRANGERS, role=Role.TEAM_LEAD)
AUD = Actor(principal="worker:aud", organisation=STRANGERS, role=Role.AUDITOR)
GUEST = Actor(principal="worker:guest", organisation=STRANGERS, role=Role.CASEWORKER)
CRM = Actor(principal="system:crm", organisation=RESPONSE, role=Role.PARTNER_SYSTEM)


class Told:
    """Numbers events within their lines, as the outboxes of the other services do."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, UUID], int] = defaultdict(int)

    def __call__(
        self, event: Event, *, by: Actor = ANN, id_: UUID | None = None, at: datetime = MORNING
    ) -> Envelope:
        line = (event.stream, event.subject)
        self._last[line] += 1
        return Envelope(
            id=id_ or new_id(),
            source=event.stream,
            sequence=self._last[line],
            occurred_at=at,
            correlation_id=uuid4(),
            causation_id=None,
            actor=by,
            event=event,
        )


def organisation(id_: UUID, name: str, mailbox: str | None) -> directory.OrganisationPublished:
    return directory.OrganisationPublished(
        organisation_id=id_, name=name, kind="charity", mailbox=mailbox
    )


def house(mailbox: str | None = None) -> directory.ServicePublished:
    return directory.ServicePublished(
        service_id=HOUSE,
        name="Stepdown House",
        status="active",
        recipient=RESPONSE,
        providers=(RESPONSE,),
        capacity_kind="bed",
        has_ledger=True,
        nation="england",
        asks_for=("housing",),
        acknowledge_hours=4,
        answer_hours=24,
        offer_hours=48,
        expire_days=14,
        mailbox=mailbox,
    )


def everybody() -> list[Event]:
    return [
        organisation(WARD, "Oxford Health AMHT", "ward@amht.test"),
        organisation(RESPONSE, "Response", "office@response.test"),
        organisation(STRANGERS, "Strangers", None),
        house(),
    ]


def account(who: Actor, change: str = "opened") -> directory.AccountChanged:
    assert who.organisation
    return directory.AccountChanged(
        organisation_id=who.organisation, principal=who.principal, role=who.role, change=change
    )


def sides(referral_id: UUID | None = None, **other: Any) -> dict[str, Any]:
    ids = {"referral_id": referral_id or uuid4(), "handoff_id": uuid4(), "service_id": HOUSE}
    return {**ids, "sender": WARD, "recipient": RESPONSE, **other}


def requested(urgency: str = "routine", **other: Any) -> referral.HandoffRequested:
    return referral.HandoffRequested(
        **sides(**other),
        person_id=PERSON,
        intent="referral",
        urgency=urgency,
        needs=("housing",),
        lawful_basis="direct-care",
        acknowledge_by=MORNING + timedelta(hours=4),
        answer_by=MORNING + timedelta(hours=24),
        expires_at=MORNING + timedelta(days=14),
    )


def accepted(of: referral.HandoffRequested) -> referral.HandoffAccepted:
    return referral.HandoffAccepted(
        referral_id=of.referral_id,
        handoff_id=of.handoff_id,
        service_id=of.service_id,
        sender=of.sender,
        recipient=of.recipient,
        urgency=of.urgency,
        requested_at=MORNING,
        needs_place=True,
        offer_hours=48,
    )


def tampering() -> audit.TamperingFound:
    return audit.TamperingFound(log_id=uuid4(), checkpoint_size=100, first_wrong_leaf=7)
