"""Who and what the referral tests are about, and somebody who plays the directory."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from onward import tables
from onward.clock import ManualClock
from onward.codec import decode, encode
from onward.contracts import directory as told
from onward.contracts.base import Event
from onward.envelope import Envelope
from onward.identity import Actor, Role
from onward.inbox import Arrival
from onward.service import RunningService
from onward.settings import Settings
from onward.web.tokens import issue_access_token

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
WARD, RESPONSE, ADVISERS, STRANGERS = (UUID(int=number) for number in (1, 2, 3, 4))
HOUSE, ADVICE, GARDEN, WELSH = (UUID(int=number) for number in (11, 12, 13, 14))
WARD_TO_RESPONSE = UUID(int=21)
PLACE = UUID(int=31)
NAMES = {
    WARD: "Ward Team",
    RESPONSE: "Response",
    ADVISERS: "Benefits Advisers",
    STRANGERS: "Strangers",
}
SAM = {
    "given_name": "Samuel",
    "family_name": "Quillfeather",
    "known_as": "Sam",
    "birth_date": "1990-05-17",
    "nhs_number": "999 000 0018",
    "contact": {
        "phone": "07700 900123",
        "address": "Flat 9, Marlbrook House",
        "rules": ["never-call"],
    },
}
TOLD = {
    "housing": {"summary": "Evicted from Marlbrook House in May."},
    "risk": {"summary": "Fell out with the landlord."},
}
PERSONAL = (
    "Quillfeather",
    "Samuel",
    "9990000018",
    "900123",
    "Marlbrook",
    "landlord",
    "1990-05-17",
)
"""Words of Sam's that no table, event or error may hold."""
OFFICE = "Europe/London; mon,tue,wed,thu,fri 09:00-17:00; england closed"


def house(**changes: Any) -> told.ServicePublished:
    """Return the Stepdown House as the directory publishes it."""
    published = told.ServicePublished(
        service_id=HOUSE,
        name="Stepdown House",
        status="active",
        recipient=RESPONSE,
        providers=(RESPONSE,),
        capacity_kind="bed",
        has_ledger=True,
        nation="england",
        asks_for=("identity", "contact", "housing"),
        acknowledge_hours=4,
        answer_hours=24,
        offer_hours=12,
        expire_days=14,
        review_day=10,
        maximum_stay_days=14,
    )
    return replace(published, **changes)


def advice(**changes: Any) -> told.ServicePublished:
    """Return a service without places."""
    published = house(
        service_id=ADVICE,
        name="Benefits advice",
        recipient=ADVISERS,
        providers=(ADVISERS,),
        capacity_kind="caseload",
        has_ledger=False,
        asks_for=("identity",),
        review_day=None,
        maximum_stay_days=None,
    )
    return replace(published, **changes)


def agreement(sender: UUID, recipient: UUID, **changes: Any) -> told.AgreementPublished:
    """Return an agreement that covers the usual sections for direct care."""
    signed = told.AgreementPublished(
        agreement_id=uuid4(),
        from_organisation=sender,
        to_organisation=recipient,
        purposes=("direct-care",),
        sections=("identity", "contact", "housing"),
        lawful_basis="direct-care",
        valid_from=date(2026, 1, 1),
    )
    return replace(signed, **changes)


class Directory:
    """Plays the directory: numbers what it tells as its outbox would."""

    def __init__(self, running: RunningService, clock: ManualClock) -> None:
        self.running = running
        self.clock = clock
        self._told: dict[UUID, int] = defaultdict(int)

    def tell(self, *events: Event) -> None:
        """Let the referral service hear *events*, in one batch."""
        self.running.inbox.receive([Arrival(encode(self._envelope(event))) for event in events])

    def publish_everything(self) -> None:
        """Tell who there is, what they offer, and who may share what."""
        self.tell(
            *(
                told.OrganisationPublished(organisation_id=id_, name=name, kind="charity")
                for id_, name in NAMES.items()
            ),
            house(),
            advice(),
            house(service_id=GARDEN, name="OurSpace", status="planned", has_ledger=False),
            house(service_id=WELSH, name="Oswestry over the border", nation="wales"),
            agreement(WARD, RESPONSE, agreement_id=WARD_TO_RESPONSE),
            agreement(RESPONSE, ADVISERS),
        )

    def about(self, handoff: Mapping[str, Any]) -> dict[str, Any]:
        """Return the ids that every fact about a handoff's place carries."""
        return {
            "handoff_id": UUID(handoff["id"]),
            "referral_id": UUID(handoff["referral_id"]),
            "service_id": UUID(handoff["service_id"]),
        }

    def hold(
        self,
        handoff: Mapping[str, Any],
        *,
        hours: int = 12,
        promoted: bool = False,
        ends_on: date | None = None,
    ) -> None:
        """Hold the one bed for *handoff*; on a course that *ends_on* a day, where one is given."""
        held = told.PlaceHeld(
            **self.about(handoff),
            place_id=PLACE,
            until=self.clock.now() + timedelta(hours=hours),
            promoted=promoted,
            ends_on=ends_on,
        )
        self.tell(held)

    def queue(self, handoff: Mapping[str, Any], position: int = 1) -> None:
        """Put *handoff* on the waiting list."""
        self.tell(
            told.PlaceQueued(
                **self.about(handoff),
                position=position,
                band="routine",
                waiting_since=self.clock.now(),
            )
        )

    def _envelope(self, event: Event) -> Envelope:
        self._told[event.subject] += 1
        return Envelope(
            id=uuid4(),
            source="directory",
            sequence=self._told[event.subject],
            occurred_at=self.clock.now(),
            correlation_id=uuid4(),
            causation_id=None,
            actor=Actor.service("directory"),
            event=event,
        )


class Desk:
    """Somebody's seat in one organisation: asks the API on their behalf."""

    def __init__(
        self,
        client: FlaskClient,
        settings: Settings,
        clock: ManualClock,
        organisation: UUID,
        role: Role = Role.CASEWORKER,
    ) -> None:
        self.client = client
        self.settings = settings
        self.clock = clock
        self.actor = Actor(principal=f"system:{role}", organisation=organisation, role=role)

    def ask(self, method: str, path: str, **options: Any) -> TestResponse:
        """Send a request with this desk's token."""
        token = issue_access_token(self.settings, self.actor, at=self.clock.now())
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **options)

    def get(self, path: str) -> Any:
        """Return what a GET answers; fail unless it is 200."""
        response = self.ask("GET", path)
        assert response.status_code == 200, response.get_data(as_text=True)
        return response.json

    def submit(self, **changes: Any) -> TestResponse:
        """Submit a referral of Sam to the house, or what *changes* say."""
        body: dict[str, Any] = {
            "person": SAM,
            "service_id": str(HOUSE),
            "urgency": "urgent",
            "needs": ["housing"],
            "lawful_basis": {"code": "direct-care"},
            "consent": {"given": True},
            "sections": TOLD,
            **changes,
        }
        if body["person"] is None:
            del body["person"]
        return self.ask("POST", "/referrals", json=body)

    def sent(self, **changes: Any) -> dict[str, Any]:
        """Submit, and return the handoff."""
        response = self.submit(**changes)
        assert response.status_code == 201, response.get_data(as_text=True)
        handoff: dict[str, Any] = response.json["handoff"]  # type: ignore[index]
        return handoff

    def act(
        self, handoff: Mapping[str, Any], action: str, version: int | None = None, **body: Any
    ) -> TestResponse:
        """Take *action* on what was read as *version*, by default on the version there is now."""
        current = version or self.get(f"/handoffs/{handoff['id']}")["version"]
        return self.ask(
            "POST",
            f"/handoffs/{handoff['id']}/{action}",
            json=body,
            headers={"If-Match": f'"{current}"'},
        )

    def does(self, handoff: Mapping[str, Any], action: str, **body: Any) -> dict[str, Any]:
        """Take *action*; return the handoff afterwards."""
        response = self.act(handoff, action, **body)
        assert response.status_code == 200, response.get_data(as_text=True)
        after: dict[str, Any] = response.json  # type: ignore[assignment]
        return after


def envelopes(running: RunningService) -> list[Envelope]:
    """Return everything the service has told, in order."""
    wanted = sa.select(tables.outbox.c.body).order_by(tables.outbox.c.position)
    with running.engine.connect() as connection:
        return [decode(bytes(body)) for body in connection.scalars(wanted)]


def names_told(running: RunningService) -> list[str]:
    """Return the names of the events told, without reads."""
    return [
        envelope.event.key.split(".")[1]
        for envelope in envelopes(running)
        if envelope.event.stream == "referral"
    ]


def cells(running: RunningService) -> Iterator[tuple[str, str]]:
    """Yield every value of every table of the service, as readable as it gets."""
    with running.database.transaction() as uow:
        connection = uow.connection
        inspector = sa.inspect(connection)
        for table in inspector.get_table_names():
            for row in connection.execute(sa.text(f'SELECT * FROM "{table}"')):
                for value in row:
                    readable = bytes(value) if isinstance(value, memoryview) else value
                    text = (
                        readable.decode("utf-8", "ignore")
                        if isinstance(readable, bytes)
                        else str(readable)
                    )
                    yield table, text
