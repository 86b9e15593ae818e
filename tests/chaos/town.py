"""A small town to break things in: a ward that refers, a house with beds, flats, and an advice desk."""

from typing import Any
from uuid import UUID, uuid4

from onward.identity import Actor, Role
from services.directory.domain.agreements import Agreement
from services.directory.domain.organisations import Organisation, OrganisationKind
from services.directory.domain.places import CapacityKind, Opening, Place
from services.directory.domain.services import Limits, Service, ServiceStatus
from services.directory.handlers import entries, places
from tests.chaos.together import Together, system

WARD, RESPONSE, LANDLORD, ADVISERS, STRANGERS = (UUID(int=number) for number in range(1, 6))
NAMES = {
    WARD: "Ward",
    RESPONSE: "Response",
    LANDLORD: "Landlord",
    ADVISERS: "Advisers",
    STRANGERS: "Strangers",
}
OPERATOR = Actor(principal="worker:operator", organisation=STRANGERS, role=Role.OPERATOR)
NURSE = system(WARD)


def _service(number: int, name: str, recipient: UUID, kind: CapacityKind) -> Service:
    return Service(
        id=UUID(int=number),
        name=name,
        summary="Somewhere to go.",
        status=ServiceStatus.ACTIVE,
        recipient=recipient,
        providers=(recipient,),
        capacity_kind=kind,
        limits=Limits(maximum_stay_days=14, review_day=10)
        if kind is CapacityKind.BED
        else Limits(),
        asks_for=("identity", "contact", "housing"),
    )


HOUSE = _service(11, "Stepdown House", RESPONSE, CapacityKind.BED)
FLATS = _service(12, "Flats", LANDLORD, CapacityKind.HOME)
ADVICE = _service(13, "Advice", ADVISERS, CapacityKind.CASELOAD)
SERVICES = (HOUSE, FLATS, ADVICE)
RECIPIENTS = {service.id: system(service.recipient) for service in SERVICES}

SAM = {"given_name": "Samuel", "family_name": "Quillfeather", "birth_date": "1990-05-17"}


def publish(town: Together) -> None:
    """Write everybody down in the directory, and let the others hear of them."""
    signed = town.clock.now().date().replace(day=1)
    with town.running["directory"].database.transaction(actor=OPERATOR) as uow:
        for id_, name in NAMES.items():
            kind = OrganisationKind.CHARITY
            entries.publish_organisation(uow, Organisation(id=id_, name=name, kind=kind))
        for service in SERVICES:
            entries.publish_service(uow, service)
            agreement = Agreement(
                id=uuid4(),
                from_organisation=WARD,
                to_organisation=service.recipient,
                purposes=("direct-care",),
                sections=("identity", "contact", "housing"),
                lawful_basis="direct-care",
                valid_from=signed,
            )
            entries.publish_agreement(uow, agreement)
    town.post.carry()


def open_place(
    town: Together, service: Service = HOUSE, label: str = "Bed 1", *, seats: int = 1
) -> Place:
    """Open one more place of *service*."""
    with town.running["directory"].database.transaction(actor=OPERATOR) as uow:
        return places.add_place(
            uow, service.id, label=label, opening=Opening.AVAILABLE, seats=seats
        )


def refer(town: Together, service: Service = HOUSE, **changes: Any) -> UUID:
    """Send a referral from the ward; return its handoff's id."""
    answer = town.ask(
        "referral", NURSE, "POST", "/api/v1/referrals", json=referral(service, **changes)
    )
    assert answer.status_code == 201, answer.json
    return UUID(answer.json["handoff"]["id"])


def referral(service: Service = HOUSE, **changes: Any) -> dict[str, Any]:
    """Return the body of a referral."""
    return {
        "person": SAM,
        "service_id": str(service.id),
        "urgency": "urgent",
        "needs": ["housing"],
        "lawful_basis": {"code": "direct-care"},
        "consent": {"given": True},
        "sections": {"housing": {"summary": "No home to go to."}},
        **changes,
    }


def act(
    town: Together, actor: Actor, handoff: UUID, action: str, *, version: int, **body: Any
) -> Any:
    """Take *action* on what was read as *version*; return the answer."""
    return town.ask(
        "referral",
        actor,
        "POST",
        f"/api/v1/handoffs/{handoff}/{action}",
        json=body,
        headers={"If-Match": f'"{version}"'},
    )
