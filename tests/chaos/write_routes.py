"""One good request for each route that changes something, in a town where each would be taken."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from onward.identity import Actor, Role
from onward_verifier import witness as watching
from services.audit.timers import sign
from services.directory.handlers.sandboxes import open_sandbox
from services.directory.web import import_schemas
from services.notification.handlers.tokens import unsubscribe_token
from services.referral.web.attachments import BODY as ATTACHED
from tests.chaos import town
from tests.chaos.together import Together, system

KEEPER = system(town.RESPONSE)
ADVISER = system(town.ADVISERS)
AUDITOR = Actor(principal="worker:auditor", organisation=town.STRANGERS, role=Role.AUDITOR)
COLLEAGUE = Actor(principal="worker:day", organisation=town.RESPONSE, role=Role.CASEWORKER)
STRANGER = Actor(principal="worker:night", organisation=town.STRANGERS, role=Role.CASEWORKER)
FORM = "application/x-www-form-urlencoded"
FIRST = {"If-Match": '"1"'}
WRITES = ("post", "put", "patch", "delete")

Route = tuple[str, str, str]
"""Service, method and path template."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """A request that is taken."""

    actor: Actor | None
    path: str
    json: dict[str, Any] | None = None
    form: dict[str, str] | None = None
    version: int | None = None
    """Set where If-Match is asked for."""
    may_be_empty: bool = False
    """Whether no body means an empty object."""
    largest: int = 256 * 1024
    """Bytes that a body may have."""


def routes(here: Together) -> Iterator[tuple[Route, dict[str, Any]]]:
    """Yield every route that changes something, as the services' own documents list them."""
    for name, app in here.apps.items():
        document: Any = app.test_client().get(f"/api/v1/{name}/openapi.json").json
        for path, methods in document["paths"].items():
            for method in WRITES:
                if method in methods:
                    yield (name, method.upper(), path), methods[method]


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


ORGANISATION = {
    "name": "New",
    "kind": "charity",
    "incorporated": True,
    "ods_code": None,
    "mailbox": "desk@example.org",
    "active": True,
}
SERVICE: dict[str, Any] = {
    "name": "New service",
    "summary": "Somewhere to go.",
    "status": "active",
    "recipient": str(town.RESPONSE),
    "providers": [str(town.RESPONSE)],
    "capacity_kind": "bed",
    "nation": "england",
    "limits": {"maximum_stay_days": 14, "review_day": 10},
    "terms": {"acknowledge_hours": 4, "answer_hours": 24, "offer_hours": 12, "expire_days": 14},
    "asks_for": ["housing"],
    "needs": ["housing"],
    "sites": [
        {
            "name": "House",
            "locality": "Oxford",
            "postcode": "OX4 1AA",
            "latitude": 51.75,
            "longitude": -1.23,
            "position": "site",
        }
    ],
    "areas": [{"name": "Oxford", "by": "residence", "code": "E07000178", "outcodes": ["OX4"]}],
    "modes": ["in-person"],
    "ways_in": ["referral"],
    "languages": ["en"],
    "eligibility": {"rule": {"fact": "age", "over": 18}},
    "opening": {"weekly": [{"days": ["mon"], "from": "09:00", "to": "17:00"}]},
    "hosts": [{"name": "Ward", "organisation": str(town.WARD), "count": 2}],
    "posts": [{"title": "Worker", "count": 3, "full_time": True, "employer": str(town.WARD)}],
    "funders": [{"organisation": str(town.WARD), "scheme": "Grant"}],
    "related": [{"kind": "alongside", "name": "Cafe"}],
    "began": "2019-11",
    "website": "https://house.example.org",
    "mailbox": "desk@example.org",
    "provenance": {"source": "Its leaflet", "unstated": ["size"], "inferred": ["kind"]},
}
SEARCH = {
    "needs": ["housing"],
    "facts": {"age": 34},
    "place": {"latitude": 51.75, "longitude": -1.23},
}
IMPORT = {
    "name": "services.json",
    "format": "json",
    "content": "[]",
    "organisation_kind": "charity",
    "service_kind": "caseload",
}
PROGRAMME: dict[str, Any] = {
    "name": "New programme",
    "summary": "What several services belong to.",
    "status": "active",
    "pilot": True,
    "lead": str(town.RESPONSE),
    "funders": [{"organisation": str(town.WARD), "scheme": "Grant"}],
    "areas": [{"name": "Oxford", "code": "E07000178", "outcodes": ["OX4"]}],
    "eligibility": {"rule": {"fact": "age", "at_least": 18}},
    "began": "2019",
    "website": "https://programme.example.org",
    "provenance": {"source": "Its leaflet"},
}


def person() -> dict[str, Any]:
    """Return somebody with everything that can be said of them."""
    return {
        "given_name": "Samuel",
        "family_name": "Quillfeather",
        "known_as": "Sam",
        "birth_date": "1990-05-17",
        "nhs_number": "999 000 0018",
        "contact": {
            "phone": "07700 900123",
            "email": "sam@example.org",
            "address": "Flat 9",
            "no_fixed_abode": False,
            "rules": ["never-call"],
            "note": "Write.",
        },
        "language": "cy",
        "interpreter": True,
        "formats": ["large-print"],
    }


def referral() -> dict[str, Any]:
    """Return a referral with everything that can be said in one."""
    return town.referral(
        person=person(),
        intent="referral",
        purpose="direct-care",
        draft=False,
        lawful_basis={"code": "direct-care", "note": "Asked on the ward."},
        consent={"given": True, "withheld": ["risk"]},
    )


def question() -> dict[str, Any]:
    """Return a question without a referral."""
    return {"service_id": str(town.HOUSE.id), "text": "Do you take somebody of 17?"}


def agreement() -> dict[str, Any]:
    """Return a new agreement's body."""
    return {
        "from_organisation": str(town.WARD),
        "to_organisation": str(town.STRANGERS),
        "purposes": ["direct-care"],
        "sections": ["housing"],
        "lawful_basis": "direct-care",
        "valid_from": "2026-11-01",
        "valid_until": "2027-11-01",
    }


def worker() -> dict[str, Any]:
    """Return a new account's body."""
    return {
        "organisation_id": str(town.WARD),
        "username": f"p.{uuid4().hex[:12]}",
        "display_name": "P. Nowak",
        "role": "caseworker",
    }


def webhook() -> dict[str, Any]:
    """Return a new webhook's body."""
    address = f"https://crm.example.org/{uuid4().hex}"
    return {"url": address, "events": ["referral.handoff-requested.v1"]}


def telling_rule(whom: Actor) -> dict[str, Any]:
    """Return a new rule's body."""
    return {
        "whom": "person",
        "name": whom.principal,
        "templates": ["handoff-requested"],
        "service_id": str(town.HOUSE.id),
        "urgencies": ["urgent"],
    }


def _form(partner: dict[str, Any]) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": partner["client_id"],
        "client_secret": partner["client_secret"],
    }


def _hold(t: Town) -> dict[str, Any]:
    return {"referral_id": t.referral_id(), "reason": "inquiry", "sentence": "An inquest began."}


def _witness() -> tuple[str, Ed25519PrivateKey]:
    """Return the public and the private key of a new witness."""
    private = Ed25519PrivateKey.generate()
    return watching.public_key("watch.example", private), private


def _cosignature(t: Town) -> dict[str, Any]:
    """Return a new witness's line under the newest checkpoint."""
    public, private = _witness()
    t.made("audit", AUDITOR, "/api/v1/audit/witnesses", key=public)
    note = t.here.ask("audit", AUDITOR, "GET", "/api/v1/audit/checkpoint").text
    at = int(t.here.clock.now().timestamp())
    line = watching.countersigned(note, "watch.example", private, at=at)
    return {"size": int(note.split("\n")[1]), "line": line}


V1 = "/api/v1"
D, R, N, A = "directory", "referral", "notification", "audit"
ROWS: dict[Route, Callable[[Town], Good]] = {
    (R, "POST", f"{V1}/referrals"): lambda _: Good(
        actor=town.NURSE, path=f"{V1}/referrals", json=referral()
    ),
    (R, "POST", f"{V1}/referrals/lists"): lambda _: Good(
        actor=town.NURSE,
        path=f"{V1}/referrals/lists",
        json={
            "service_id": str(town.HOUSE.id),
            "intent": "referral",
            "csv": "given_name,family_name,basis\nSamuel,Quillfeather,direct-care",
            "check_only": False,
        },
    ),
    (R, "POST", f"{V1}/referrals/{{referral_id}}/handoffs"): lambda t: Good(
        actor=town.NURSE,
        path=f"{t.draft()}/handoffs",
        json={
            name: value
            for name, value in referral().items()
            if name in {"service_id", "urgency", "needs", "lawful_basis", "consent", "sections"}
        },
        may_be_empty=True,
    ),
    (R, "PUT", f"{V1}/referrals/{{referral_id}}/consent"): lambda t: Good(
        actor=town.NURSE,
        path=f"{t.draft()}/consent",
        json={"given": True, "withheld": ["risk"], "valid_until": "2027-11-01"},
        version=2,
    ),
    (R, "PUT", f"{V1}/referrals/{{referral_id}}/own-page/news"): lambda t: Good(
        actor=town.NURSE,
        path=f"{V1}/referrals/{t.referral_id()}/own-page/news",
        json={"way": None, "times": "evening"},
    ),
    (R, "POST", f"{V1}/referrals/{{referral_id}}/break-glass"): lambda t: Good(
        actor=STRANGER,
        path=f"{V1}/referrals/{t.referral_id()}/break-glass",
        json={"reason": "life-at-risk", "sentence": "Found on the bridge."},
    ),
    (R, "POST", f"{V1}/people/search"): lambda _: Good(
        actor=town.NURSE,
        path=f"{V1}/people/search",
        json={
            "given_name": "Samuel",
            "family_name": "Quillfeather",
            "birth_date": "1990-05-17",
        },
    ),
    (R, "POST", f"{V1}/people/{{person_id}}/erasure"): lambda t: Good(
        actor=town.OPERATOR,
        path=f"{V1}/people/{t.person()}/erasure",
        json={"reason": "requested"},
    ),
    (R, "POST", f"{V1}/retention/holds"): lambda t: Good(
        actor=AUDITOR, path=f"{V1}/retention/holds", json=_hold(t)
    ),
    (R, "DELETE", f"{V1}/retention/holds/{{hold_id}}"): lambda t: Good(
        actor=AUDITOR,
        path=f"{V1}/retention/holds/{t.made(R, AUDITOR, f'{V1}/retention/holds', **_hold(t))['id']}",
    ),
    (R, "POST", f"{V1}/handoffs/{{handoff_id}}/{{action}}"): lambda t: Good(
        actor=KEEPER,
        path=f"{V1}/handoffs/{town.refer(t.here)}/reject",
        json={"reason": "no-capacity", "sentence": "We are full."},
        version=1,
        may_be_empty=True,
    ),
    (R, "POST", f"{V1}/handoffs/{{handoff_id}}/messages"): lambda t: Good(
        actor=KEEPER,
        path=f"{V1}/handoffs/{t.handoff}/messages",
        json={"text": "Bring the letter.", "visibility": "both"},
    ),
    (R, "POST", f"{V1}/advice"): lambda _: Good(
        actor=town.NURSE, path=f"{V1}/advice", json=question()
    ),
    (R, "POST", f"{V1}/advice/{{advice_id}}/words"): lambda t: Good(
        actor=KEEPER, path=f"{t.question()}/words", json={"text": "From 17 and a half on."}
    ),
    (R, "POST", f"{V1}/advice/{{advice_id}}/close"): lambda t: Good(
        actor=town.NURSE, path=f"{t.question()}/close"
    ),
    (R, "POST", f"{V1}/handoffs/{{handoff_id}}/goals"): lambda t: Good(
        actor=ADVISER,
        path=f"{V1}/handoffs/{t.taken_on()}/goals",
        json={
            "text": "Cook twice a week.",
            "closeness": 3,
            "set_on": f"{t.here.clock.now():%Y-%m-%d}",
            "visibility": "both",
        },
    ),
    (R, "POST", f"{V1}/handoffs/{{handoff_id}}/goals/{{goal_id}}/reviews"): lambda t: Good(
        actor=ADVISER,
        path=f"{t.goal()}/reviews",
        json={
            "progress": "achieved",
            "closeness": 10,
            "reviewed_on": f"{t.here.clock.now():%Y-%m-%d}",
            "note": "A neighbour helped.",
        },
    ),
    (R, "POST", f"{V1}/handoffs/{{handoff_id}}/outcomes"): lambda t: Good(
        actor=ADVISER,
        path=f"{V1}/handoffs/{t.taken_on()}/outcomes",
        json={
            "instrument": "ons4",
            "occasion": "before",
            "taken_on": f"{t.here.clock.now():%Y-%m-%d}",
            "answers": {"satisfied": 4, "worthwhile": 5, "happy": 3, "anxious": 8},
            "visibility": "both",
        },
    ),
    (R, "POST", f"{V1}/handoffs/{{handoff_id}}/attachments"): lambda t: Good(
        actor=KEEPER,
        path=f"{V1}/handoffs/{t.handoff}/attachments",
        json={"name": "letter.txt", "media_type": "text/plain", "content": "QnJpbmcgaXQu"},
        largest=ATTACHED,
    ),
    (R, "POST", f"{V1}/handoffs/{{handoff_id}}/appointments"): lambda t: Good(
        actor=KEEPER,
        path=f"{V1}/handoffs/{t.handoff}/appointments",
        json={
            "starts_at": (t.here.clock.now() + timedelta(days=1)).isoformat(),
            "minutes": 45,
            "mode": "phone",
            "place": "Ring the ward.",
        },
    ),
    (R, "POST", f"{V1}/handoffs/{{handoff_id}}/appointments/{{appointment_id}}/cancel"): (
        lambda t: Good(actor=KEEPER, path=f"{t.appointment()}/cancel", may_be_empty=True)
    ),
    (R, "POST", f"{V1}/handoffs/{{handoff_id}}/appointments/{{appointment_id}}/attendance"): (
        lambda t: Good(actor=KEEPER, path=f"{t.appointment()}/attendance", json={"attended": True})
    ),
    (A, "POST", f"{V1}/audit/witnesses"): lambda _: Good(
        actor=AUDITOR, path=f"{V1}/audit/witnesses", json={"key": _witness()[0]}
    ),
    (A, "DELETE", f"{V1}/audit/witnesses/{{witness_id}}"): lambda t: Good(
        actor=AUDITOR,
        path=f"{V1}/audit/witnesses/{t.made(A, AUDITOR, f'{V1}/audit/witnesses', key=_witness()[0])['id']}",
    ),
    (A, "POST", f"{V1}/audit/cases"): lambda _: Good(
        actor=AUDITOR, path=f"{V1}/audit/cases", json={"title": "Stalled in May"}
    ),
    (A, "DELETE", f"{V1}/audit/cases/{{case_id}}"): lambda t: Good(actor=AUDITOR, path=t.case()),
    (A, "POST", f"{V1}/audit/cases/{{case_id}}/referrals"): lambda t: Good(
        actor=AUDITOR, path=f"{t.case()}/referrals", json={"referral_id": t.referral_id()}
    ),
    (A, "POST", f"{V1}/audit/cases/{{case_id}}/notes"): lambda t: Good(
        actor=AUDITOR, path=f"{t.case()}/notes", json={"text": "Who was told?"}
    ),
    (A, "POST", f"{V1}/audit/cases/{{case_id}}/checkpoint"): lambda t: Good(
        actor=AUDITOR, path=f"{t.case()}/checkpoint"
    ),
    (A, "POST", f"{V1}/audit/cosignatures"): lambda t: Good(
        actor=None, path=f"{V1}/audit/cosignatures", json=_cosignature(t)
    ),
    (D, "POST", f"{V1}/organisations"): lambda _: Good(
        actor=town.OPERATOR, path=f"{V1}/organisations", json=ORGANISATION
    ),
    (D, "PUT", f"{V1}/organisations/{{organisation_id}}"): lambda t: Good(
        actor=town.OPERATOR,
        path=f"{V1}/organisations/{t.organisation()['id']}",
        json=ORGANISATION,
        version=1,
    ),
    (D, "POST", f"{V1}/services"): lambda _: Good(
        actor=town.OPERATOR, path=f"{V1}/services", json=SERVICE
    ),
    (D, "PUT", f"{V1}/services/{{service_id}}"): lambda t: Good(
        actor=town.OPERATOR, path=f"{V1}/services/{t.service()['id']}", json=SERVICE, version=1
    ),
    (D, "POST", f"{V1}/programmes"): lambda _: Good(
        actor=town.OPERATOR, path=f"{V1}/programmes", json=PROGRAMME
    ),
    (D, "PUT", f"{V1}/programmes/{{programme_id}}"): lambda t: Good(
        actor=town.OPERATOR,
        path=f"{V1}/programmes/{t.programme()['id']}",
        json=PROGRAMME,
        version=1,
    ),
    (D, "POST", f"{V1}/services/{{service_id}}/eligibility"): lambda _: Good(
        actor=town.NURSE,
        path=f"{V1}/services/{town.HOUSE.id}/eligibility",
        json={"facts": {"age": 34}},
    ),
    (D, "POST", f"{V1}/imports"): lambda _: Good(
        actor=town.OPERATOR, path=f"{V1}/imports", json=IMPORT, largest=import_schemas.LARGEST
    ),
    (D, "POST", f"{V1}/matches"): lambda _: Good(
        actor=town.NURSE, path=f"{V1}/matches", json=SEARCH
    ),
    (D, "POST", f"{V1}/agreements"): lambda _: Good(
        actor=town.OPERATOR, path=f"{V1}/agreements", json=agreement()
    ),
    (D, "POST", f"{V1}/agreements/{{agreement_id}}/end"): lambda t: Good(
        actor=town.OPERATOR,
        path=f"{V1}/agreements/{t.agreement()['id']}/end",
        json={"last_day": "2026-12-01"},
        version=1,
    ),
    (D, "POST", f"{V1}/organisations/{{entry_id}}/restore"): lambda t: Good(
        actor=town.OPERATOR,
        path=f"{t.changed('organisations', t.organisation(), ORGANISATION)}/restore",
        json={"version": 1},
        version=2,
    ),
    (D, "POST", f"{V1}/services/{{entry_id}}/restore"): lambda t: Good(
        actor=town.OPERATOR,
        path=f"{t.changed('services', t.service(), SERVICE)}/restore",
        json={"version": 1},
        version=2,
    ),
    (D, "POST", f"{V1}/programmes/{{entry_id}}/restore"): lambda t: Good(
        actor=town.OPERATOR,
        path=f"{t.changed('programmes', t.programme(), PROGRAMME)}/restore",
        json={"version": 1},
        version=2,
    ),
    (D, "POST", f"{V1}/agreements/{{entry_id}}/restore"): lambda t: Good(
        actor=town.OPERATOR, path=f"{t.ended()}/restore", json={"version": 1}, version=2
    ),
    (D, "POST", f"{V1}/places"): lambda _: Good(
        actor=town.OPERATOR,
        path=f"{V1}/places",
        json={
            "service_id": str(town.FLATS.id),
            "label": f"New {uuid4()}"[:16],
            "state": "available",
        },
    ),
    (D, "POST", f"{V1}/services/{{service_id}}/headcounts"): lambda t: Good(
        actor=system(town.ADVISERS),
        path=f"{V1}/services/{t.drop_in()}/headcounts",
        json={"on": f"{t.here.clock.now():%Y-%m-%d}", "people": 12},
    ),
    (D, "PATCH", f"{V1}/places/{{place_id}}"): lambda t: Good(
        actor=town.OPERATOR, path=t.place(), json={"state": "closed"}
    ),
    (D, "POST", f"{V1}/workers"): lambda _: Good(
        actor=town.OPERATOR, path=f"{V1}/workers", json=worker()
    ),
    (D, "POST", f"{V1}/workers/{{worker_id}}/placements"): lambda t: Good(
        actor=town.OPERATOR,
        path=f"{V1}/workers/{t.worker()['id']}/placements",
        json={"host": str(town.ADVISERS), "ends_at": "2027-06-01T00:00:00Z"},
    ),
    (D, "POST", f"{V1}/workers/{{worker_id}}/placements/{{placement_id}}/end"): lambda t: Good(
        actor=town.OPERATOR,
        path=f"{t.placement()}/end",
        json={"ends_at": "2027-06-01T00:00:00Z"},
        version=1,
        may_be_empty=True,
    ),
    (D, "POST", f"{V1}/workers/{{worker_id}}/role"): lambda t: Good(
        actor=town.OPERATOR,
        path=f"{V1}/workers/{t.worker()['id']}/role",
        json={"role": "team_lead"},
        version=1,
    ),
    (D, "POST", f"{V1}/workers/{{worker_id}}/close"): lambda t: Good(
        actor=town.OPERATOR, path=f"{V1}/workers/{t.worker()['id']}/close", version=1
    ),
    (D, "POST", f"{V1}/partners"): lambda _: Good(
        actor=town.OPERATOR,
        path=f"{V1}/partners",
        json={"organisation_id": str(town.WARD), "name": "Another system", "live": False},
    ),
    (D, "POST", f"{V1}/sandboxes/{{sandbox_id}}/time"): lambda t: Good(
        actor=town.OPERATOR, path=f"{V1}/sandboxes/{t.sandbox()}/time", json={"hours": 48}
    ),
    (D, "POST", f"{V1}/partners/{{client_id}}/close"): lambda t: Good(
        actor=town.OPERATOR, path=f"{V1}/partners/{t.partner()['client_id']}/close"
    ),
    (D, "POST", f"{V1}/oauth/token"): lambda t: Good(
        actor=None, path=f"{V1}/oauth/token", form=_form(t.partner())
    ),
    (N, "POST", f"{V1}/notifications/{{notification_id}}/read"): lambda t: Good(
        actor=KEEPER, path=f"{V1}/notifications/{t.notifications()[0]['id']}/read"
    ),
    (N, "POST", f"{V1}/notifications/read"): lambda t: Good(
        actor=KEEPER,
        path=f"{V1}/notifications/read",
        json={"ids": [t.notifications()[0]["id"]]},
    ),
    (N, "POST", f"{V1}/webhooks"): lambda _: Good(
        actor=KEEPER, path=f"{V1}/webhooks", json=webhook()
    ),
    (N, "DELETE", f"{V1}/webhooks/{{webhook_id}}"): lambda t: Good(actor=KEEPER, path=t.webhook()),
    (N, "POST", f"{V1}/webhooks/{{webhook_id}}/enable"): lambda t: Good(
        actor=KEEPER, path=f"{t.webhook(enabled=False)}/enable"
    ),
    (N, "POST", f"{V1}/webhooks/{{webhook_id}}/disable"): lambda t: Good(
        actor=KEEPER, path=f"{t.webhook()}/disable"
    ),
    (N, "POST", f"{V1}/webhooks/{{webhook_id}}/rotate"): lambda t: Good(
        actor=KEEPER, path=f"{t.webhook()}/rotate"
    ),
    (N, "POST", f"{V1}/webhooks/{{webhook_id}}/test"): lambda t: Good(
        actor=KEEPER,
        path=f"{t.webhook()}/test",
        json={"type": "referral.handoff-accepted.v1"},
        may_be_empty=True,
    ),
    (N, "POST", f"{V1}/webhooks/{{webhook_id}}/replay"): lambda t: Good(
        actor=KEEPER, path=f"{t.webhook()}/replay", json={"since": "2026-11-01T00:00:00Z"}
    ),
    (N, "POST", f"{V1}/webhooks/{{webhook_id}}/pull"): lambda t: t.pulled(),
    (N, "POST", f"{V1}/webhooks/{{webhook_id}}/deliveries/{{delivery_id}}/replay"): lambda t: Good(
        actor=KEEPER, path=f"{t.delivery()}/replay"
    ),
    (N, "PUT", f"{V1}/notifications/preferences"): lambda t: Good(
        actor=t.lead(),
        path=f"{V1}/notifications/preferences",
        json={
            "called": "Lee",
            "email": "lee@example.org",
            "phone": "07700 900123",
            "mail_for": ["routine"],
            "text_for": ["urgent"],
            "follow": True,
            "hours": {"days": ["mon"], "begins": "09:00", "ends": "17:00"},
            "digest_at": "16:30",
            "language": "cy",
            "away": {
                "begins": "2026-12-24T00:00:00Z",
                "ends": "2027-01-02T00:00:00Z",
                "cover": COLLEAGUE.principal,
            },
        },
        version=0,
    ),
    (N, "POST", f"{V1}/notifications/unsubscribe/{{token}}"): lambda t: Good(
        actor=None, path=t.unsubscribing(), form={"List-Unsubscribe": "One-Click"}
    ),
    (N, "POST", f"{V1}/subscriptions/rules"): lambda t: Good(
        actor=KEEPER, path=f"{V1}/subscriptions/rules", json=telling_rule(t.lead())
    ),
    (N, "DELETE", f"{V1}/subscriptions/rules/{{rule_id}}"): lambda t: Good(
        actor=KEEPER, path=t.telling(f"{V1}/subscriptions/rules", telling_rule(t.lead()))
    ),
    (N, "POST", f"{V1}/subscriptions/teams"): lambda t: Good(
        actor=KEEPER, path=f"{V1}/subscriptions/teams", json=t.team()
    ),
    (N, "PUT", f"{V1}/subscriptions/teams/{{team_id}}"): lambda t: Good(
        actor=KEEPER,
        path=t.telling(f"{V1}/subscriptions/teams", t.team()),
        json=t.team(),
        version=1,
    ),
    (N, "DELETE", f"{V1}/subscriptions/teams/{{team_id}}"): lambda t: Good(
        actor=KEEPER, path=t.telling(f"{V1}/subscriptions/teams", t.team())
    ),
    (N, "PUT", f"{V1}/subscriptions"): lambda _: Good(
        actor=KEEPER,
        path=f"{V1}/subscriptions",
        json={"mailbox": "desk@example.org", "mail_for": ["urgent"]},
        version=0,
    ),
    (A, "POST", f"{V1}/audit/exports"): lambda t: Good(
        actor=AUDITOR, path=f"{V1}/audit/exports", json={"referral_id": t.referral_id()}
    ),
}
