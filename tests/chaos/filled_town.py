"""A town in which something is there for each request that changes something."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from onward.identity import Actor, Role
from services.audit.timers import sign
from services.directory.handlers.sandboxes import open_sandbox
from services.notification.handlers.tokens import unsubscribe_token
from tests.chaos import town
from tests.chaos.bodies import PROGRAMME, SERVICE, agreement, question, webhook, worker
from tests.chaos.good import ADVISER, AUDITOR, COLLEAGUE, KEEPER, V1, A, Good
from tests.chaos.together import Together

FIRST = {"If-Match": '"1"'}


@dataclass(slots=True)
class Town:
    """What the good requests are about; each call makes something new to ask for."""

    here: Together
    handoff: UUID = field(init=False)

    def __post_init__(self) -> None:
        """Fill the town: something told to everybody, and signed."""
        town.publish(self.here)
        town.open_place(self.here)
        self.handoff = town.refer(self.here)
        self.here.post.carry()
        self.here.clock.advance(timedelta(seconds=5))
        sign(self.here.running["audit"])

    def made(self, service: str, actor: Actor, path: str, **body: Any) -> dict[str, Any]:
        """Make something over the API; return it."""
        answer = self.here.ask(service, actor, "POST", path, json=body)
        assert answer.status_code in {201, 202}, answer.json
        found: dict[str, Any] = answer.json
        return found

    def draft(self) -> str:
        """Return a draft's address."""
        body = town.referral(draft=True)
        made = self.made("referral", town.NURSE, "/api/v1/referrals", **body)
        return f"/api/v1/referrals/{made['referral']['id']}"

    def person(self) -> str:
        """Return somebody of whom nothing is open."""
        body = town.referral(draft=True)
        made = self.made("referral", town.NURSE, "/api/v1/referrals", **body)
        return str(made["referral"]["person_id"])

    def organisation(self) -> dict[str, Any]:
        """Return a new organisation."""
        body = {"name": "New", "kind": "charity"}
        return self.made("directory", town.OPERATOR, "/api/v1/organisations", **body)

    def service(self) -> dict[str, Any]:
        """Return a new service."""
        return self.made("directory", town.OPERATOR, "/api/v1/services", **SERVICE)

    def drop_in(self) -> str:
        """Return a new drop-in's id."""
        advisers = str(town.ADVISERS)
        body = SERVICE | {"capacity_kind": "drop_in", "limits": {}, "recipient": advisers}
        made = self.made(
            "directory", town.OPERATOR, f"{V1}/services", **body | {"providers": [advisers]}
        )
        return str(made["id"])

    def programme(self) -> dict[str, Any]:
        """Return a new programme."""
        return self.made("directory", town.OPERATOR, "/api/v1/programmes", **PROGRAMME)

    def worker(self) -> dict[str, Any]:
        """Return a new account."""
        return self.made("directory", town.OPERATOR, "/api/v1/workers", **worker())

    def placement(self) -> str:
        """Return the address of a new placement."""
        path = f"{V1}/workers/{self.worker()['id']}/placements"
        made = self.made("directory", town.OPERATOR, path, host=str(town.ADVISERS))
        return f"{path}/{made['id']}"

    def partner(self) -> dict[str, Any]:
        """Return a new system with its secret."""
        body = {"organisation_id": str(town.WARD), "name": "New system"}
        return self.made("directory", town.OPERATOR, "/api/v1/partners", **body)

    def sandbox(self) -> str:
        """Return a new sandbox's id."""
        owner = UUID(self.organisation()["id"])
        directory = self.here.running["directory"]
        with directory.database.transaction(actor=town.OPERATOR) as uow:
            return str(open_sandbox(uow, owner).sandbox.id)

    def agreement(self) -> dict[str, Any]:
        """Return a new agreement."""
        return self.made("directory", town.OPERATOR, "/api/v1/agreements", **agreement())

    def changed(self, kind: str, made: dict[str, Any], body: dict[str, Any]) -> str:
        """Return the address of what was *made*, changed to *body* since: it has two versions."""
        path = f"/api/v1/{kind}/{made['id']}"
        changed = {**body, "name": "Renamed"}
        answer = self.here.ask(
            "directory", town.OPERATOR, "PUT", path, json=changed, headers=FIRST
        )
        assert answer.status_code == 200, answer.json
        return path

    def ended(self) -> str:
        """Return the address of an agreement whose end was named."""
        path = f"/api/v1/agreements/{self.agreement()['id']}"
        body = {"last_day": "2026-12-01"}
        answer = self.here.ask(
            "directory", town.OPERATOR, "POST", f"{path}/end", json=body, headers=FIRST
        )
        assert answer.status_code == 200, answer.json
        return path

    def place(self) -> str:
        """Return a new flat's address."""
        label = f"Flat {uuid4()}"[:20]
        return f"/api/v1/places/{town.open_place(self.here, town.FLATS, label).id}"

    def webhook(self, *, enabled: bool = True, address: str | None = None) -> str:
        """Return a new webhook's address."""
        known = self.here.ask("notification", KEEPER, "GET", f"{V1}/webhooks").json
        for each in known[:-19]:  # twenty are allowed, this one among them
            self.here.ask("notification", KEEPER, "DELETE", f"{V1}/webhooks/{each['id']}")
        body = webhook() | ({"url": address} if address else {})
        made = self.made("notification", KEEPER, "/api/v1/webhooks", **body)
        path = f"/api/v1/webhooks/{made['id']}"
        if not enabled:
            assert self.here.ask("notification", KEEPER, "POST", f"{path}/disable").is_json
        return path

    def delivery(self) -> str:
        """Return the address of a delivery that was not taken."""
        path = self.webhook()
        assert self.here.ask("notification", KEEPER, "POST", f"{path}/test").status_code == 202
        (sent,) = self.here.ask("notification", KEEPER, "GET", f"{path}/deliveries").json
        return f"{path}/deliveries/{sent['id']}"

    def pulled(self) -> Good:
        """Return the request that settles what was handed out to whoever asks."""
        path = self.webhook(address=f"pull:{uuid4().hex}")
        assert self.here.ask("notification", KEEPER, "POST", f"{path}/test").status_code == 202
        (sent,) = self.here.ask("notification", KEEPER, "GET", f"{path}/deliveries").json
        outcome = {"code": "timeout", "status_code": 500, "milliseconds": 9}
        body = {"settled": [{"id": sent["id"], **outcome}]}
        return Good(actor=KEEPER, path=f"{path}/pull", json=body, may_be_empty=True)

    def notifications(self) -> list[dict[str, Any]]:
        """Return what the house was told."""
        found: list[dict[str, Any]] = self.here.ask(
            "notification", KEEPER, "GET", "/api/v1/notifications"
        ).json
        assert found
        return found

    def lead(self) -> Actor:
        """Return a team lead of the house; a colleague is there to cover for them."""
        lead = Actor(
            principal=f"worker:{uuid4()}", organisation=town.RESPONSE, role=Role.TEAM_LEAD
        )
        with self.here.running["notification"].database.transaction() as uow:
            uow.store.people.notice([lead, COLLEAGUE])
        return lead

    def team(self) -> dict[str, Any]:
        """Return a new team's body."""
        return {"name": f"Team {uuid4()}", "members": [self.lead().principal]}

    def telling(self, path: str, body: dict[str, Any]) -> str:
        """Return the address of a new rule or team."""
        return f"{path}/{self.made('notification', KEEPER, path, **body)['id']}"

    def unsubscribing(self) -> str:
        """Return where somebody's digest is stopped."""
        running = self.here.running["notification"]
        token = unsubscribe_token(running.settings.secret_key, f"worker:{uuid4()}")
        return f"{V1}/notifications/unsubscribe/{token}"

    def referral_id(self) -> str:
        """Return the id of what was referred first."""
        path = f"/api/v1/handoffs/{self.handoff}"
        return str(self.here.ask("referral", town.NURSE, "GET", path).json["referral_id"])

    def taken_on(self) -> UUID:
        """Return a handoff that the advisers have taken on."""
        made = town.refer(self.here, town.ADVICE)
        answer = town.act(self.here, ADVISER, made, "accept", version=1)
        assert answer.status_code == 200, answer.json
        return made

    def appointment(self) -> str:
        """Return a new appointment's address."""
        path = f"/api/v1/handoffs/{self.handoff}/appointments"
        begun = self.here.clock.now().isoformat()
        made = self.made("referral", KEEPER, path, starts_at=begun)
        return f"{path}/{made['id']}"

    def case(self) -> str:
        """Return a new case file's address."""
        made = self.made(A, AUDITOR, f"{V1}/audit/cases", title="Stalled in May")
        return f"{V1}/audit/cases/{made['id']}"

    def goal(self) -> str:
        """Return a new goal's address."""
        path = f"/api/v1/handoffs/{self.taken_on()}/goals"
        made = self.made("referral", ADVISER, path, text="Cook.", closeness=3)
        return f"{path}/{made['id']}"

    def question(self) -> str:
        """Return the address of a new question to the house."""
        made = self.made("referral", town.NURSE, f"{V1}/advice", **question())
        return f"{V1}/advice/{made['id']}"

    def based_on(self) -> str:
        """Return a referral that was made before."""
        return self.draft().rpartition("/")[2]
