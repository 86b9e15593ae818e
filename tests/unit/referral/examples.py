"""A handoff, a service and an agreement to start from."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from services.referral.domain.effects import Command
from services.referral.domain.handoff import Handoff, Intent, Urgency
from services.referral.domain.moves import Action, Status
from services.referral.domain.pack import Consent
from services.referral.domain.routing import Agreement, Request, Service
from services.referral.domain.timing import Policy, sent

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
WARD = UUID("00000000-0000-4000-8000-000000000001")
HOUSE = UUID("00000000-0000-4000-8000-000000000002")
OTHERS = UUID("00000000-0000-4000-8000-000000000003")
SERVICE = UUID("00000000-0000-4000-8000-00000000000a")
AGREEMENT = UUID("00000000-0000-4000-8000-00000000000b")
MESSAGE = UUID("00000000-0000-4000-8000-00000000000c")
PLACE = UUID("00000000-0000-4000-8000-00000000000d")
REFERRAL = UUID("00000000-0000-4000-8000-0000000000f0")
POLICY = Policy(
    acknowledge_hours=4,
    answer_hours=24,
    offer_hours=12,
    expire_days=14,
    review_day=10,
    maximum_stay_days=14,
)


def handoff(status: Status = Status.DRAFT, **changes: Any) -> Handoff:
    """Return a handoff of the ward to the house that stands at *status*."""
    drafted = Handoff(
        id=UUID(int=0xF1),
        referral_id=REFERRAL,
        person_id=UUID(int=0xF2),
        service_id=SERVICE,
        sender=WARD,
        recipient=HOUSE,
        intent=Intent.REFERRAL,
        urgency=Urgency.URGENT,
        needs=("housing",),
        purpose="direct-care",
        lawful_basis="direct-care",
        policy=POLICY,
        created_at=NOON,
    )
    if status is not Status.DRAFT:
        drafted = replace(drafted, status=status, requested_at=NOON, due=sent(POLICY, NOON))
    return replace(drafted, **changes)


def service(**changes: Any) -> Service:
    """Return the house's service, active and in England."""
    house = Service(
        id=SERVICE,
        name="Stepdown House",
        status="active",
        recipient=HOUSE,
        providers=(HOUSE,),
        capacity_kind="bed",
        has_ledger=True,
        nation="england",
        asks_for=("identity", "housing"),
        policy=POLICY,
    )
    return replace(house, **changes)


def agreement(**changes: Any) -> Agreement:
    """Return the ward's agreement with the house, without an end."""
    signed = Agreement(
        id=AGREEMENT,
        from_organisation=WARD,
        to_organisation=HOUSE,
        purposes=("direct-care",),
        sections=("identity", "housing", "risk"),
        lawful_basis="direct-care",
        valid_from=date(2026, 1, 1),
        valid_until=None,
    )
    return replace(signed, **changes)


def request(**changes: Any) -> Request:
    """Return what the ward asks of routing."""
    asked = Request(
        sender=WARD,
        intent=Intent.REFERRAL,
        purpose="direct-care",
        lawful_basis="direct-care",
        consent=Consent(given=True),
    )
    return replace(asked, **changes)


REASONS = {
    Action.REJECT: "no-capacity",
    Action.CANCEL: "no-longer-needed",
    Action.HOLD: "person-away",
    Action.FAIL: "readmitted",
    Action.MARK_IN_ERROR: "wrong-person",
}


def command(action: Action, **changes: Any) -> Command:
    """Return a complete command for *action*."""
    complete = Command(
        action=action,
        reason=REASONS.get(action),
        sentence="Because of the roof.",
        outcome="goals-reached" if action is Action.COMPLETE else None,
        message_id=MESSAGE if action in {Action.ASK, Action.ANSWER} else None,
        place_id=PLACE if action is Action.OFFER else None,
    )
    return replace(complete, **changes)
