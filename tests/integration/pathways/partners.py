"""The partnerships as they are seeded, and what their workers do through the public API."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from onward.identity import Actor, Role
from services.directory.seeding import PARTNERSHIP, load, random_source, read_file
from services.directory.timers import open_places
from services.referral.timers import watch_deadlines
from tests.chaos.together import Together, system

AMHT = "Oxford Health Adult Mental Health Team"
OMHP = "Oxfordshire Mental Health Partnership"
EVERYTHING = ("identity", "contact", "housing", "risk", "discharge", "support", "benefits")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
_OURS = frozenset({"id", "version", "has_ledger"})
"""What the directory adds to an entry that it is sent."""
OPERATOR = Actor(principal="worker:operator", organisation=UUID(int=1), role=Role.OPERATOR)


@dataclass(frozen=True, slots=True)
class Partners:
    """Everybody in the seeds."""

    here: Together
    organisations: Mapping[str, UUID]
    services: Mapping[str, Mapping[str, Any]]

    def at(self, organisation: str) -> "Desk":
        """Return the desk of *organisation*."""
        return Desk(self, system(self.organisations[organisation]))

    def of(self, service: str) -> "Desk":
        """Return the desk that answers for *service*."""
        return Desk(self, system(self.services[service]["recipient"]))

    def agree(self, sender: str, recipient: str) -> None:
        """Sign an agreement that covers everything for direct care."""
        body = {
            "from_organisation": str(self.organisations[sender]),
            "to_organisation": str(self.organisations[recipient]),
            "purposes": ["direct-care"],
            "sections": list(EVERYTHING),
            "lawful_basis": "direct-care",
            "valid_from": "2020-01-01",
        }
        answer = self.here.ask("directory", OPERATOR, "POST", "/api/v1/agreements", json=body)
        assert answer.status_code == 201, answer.json
        self.here.post.carry()

    def add_place(self, service: str, **terms: Any) -> None:
        """Let the provider of *service* say of one more place."""
        body = {"service_id": str(self.services[service]["id"]), "state": "available", **terms}
        answer = self.here.ask("directory", OPERATOR, "POST", "/api/v1/places", json=body)
        assert answer.status_code == 201, answer.json
        self.here.post.carry()

    def counts_in_its_hours(self, service: str, answer_hours: int) -> None:
        """Let the provider of *service* promise an answer in so many working hours, Monday to Friday."""
        path = f"/api/v1/services/{self.services[service]['id']}"
        read = self.here.ask("directory", OPERATOR, "GET", path)
        known = read.json["provenance"]
        unstated = [fact for fact in known["unstated"] if fact != "opening"]
        body = {name: read.json[name] for name in read.json if name not in _OURS} | {
            "provenance": known | {"unstated": unstated},
            "terms": {"answer_hours": answer_hours, "counted_in": "working-hours"},
            "opening": {
                "weekly": [{"days": list(WEEKDAYS), "from": "09:00", "to": "17:00"}],
                "bank_holidays": "as_usual",
            },
        }
        match = {"If-Match": read.headers["ETag"]}
        answer = self.here.ask("directory", OPERATOR, "PUT", path, json=body, headers=match)
        assert answer.status_code == 200, answer.json
        self.here.post.carry()

    def waits(self, **time: float) -> None:
        """Let time go by; the clocks act and everybody hears of it."""
        self.here.clock.advance(timedelta(**time))
        open_places(self.here.running["directory"])
        watch_deadlines(self.here.running["referral"])
        self.here.post.carry()

    def told(self, key: str, handoff: Mapping[str, Any]) -> list[Any]:
        """Return what the referral service told under *key* about *handoff*."""
        events = (envelope.event for envelope in self.here.told("referral"))
        return [
            event
            for event in events
            if event.key == f"referral.{key}.v1"
            and str(getattr(event, "handoff_id", "")) == handoff["id"]
        ]


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody who acts for one organisation."""

    partners: Partners
    actor: Actor

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """Send a request; let everybody hear what came of it."""
        here = self.partners.here
        answer = here.ask("referral", self.actor, method, f"/api/v1{path}", **options)
        here.post.carry()
        return answer

    def get(self, path: str) -> Any:
        """Return what is there."""
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.json
        return answer.json

    def tries(self, service: str, name: str = "Sam", **changes: Any) -> Any:
        """Refer somebody to *service*; return the answer."""
        entry = self.partners.services[service]
        sections = {
            section: {"summary": f"About {section}."}
            for section in entry["asks_for"]
            if section not in {"identity", "contact"}
        }
        body = {
            "person": {"given_name": name, "family_name": "Quillfeather"},
            "service_id": str(entry["id"]),
            "lawful_basis": {"code": "direct-care"},
            "consent": {"given": True},
            "sections": sections,
            **changes,
        }
        if "based_on" in changes:
            del body["person"]
        return self.ask("POST", "/referrals", json=body)

    def refers(self, service: str, name: str = "Sam", **changes: Any) -> dict[str, Any]:
        """Refer somebody to *service*; return the handoff."""
        answer = self.tries(service, name, **changes)
        assert answer.status_code == 201, answer.json
        handoff: dict[str, Any] = answer.json["handoff"]
        return handoff

    def does(self, handoff: Mapping[str, Any], *actions: str, **body: Any) -> str:
        """Take *actions* one after another, the last with *body*; return where the handoff then stands."""
        path = f"/handoffs/{handoff['id']}"
        for action in actions:
            version = self.get(path)["version"]
            answer = self.ask(
                "POST",
                f"{path}/{action}",
                json=body if action == actions[-1] else {},
                headers={"If-Match": f'"{version}"'},
            )
            assert answer.status_code == 200, answer.json
        return self.status(handoff)

    def status(self, handoff: Mapping[str, Any]) -> str:
        """Return where *handoff* stands."""
        return str(self.get(f"/handoffs/{handoff['id']}")["status"])

    def meets(self, handoff: Mapping[str, Any]) -> Any:
        """Hold a session now, to which the person comes; return the answer that said no, or the last."""
        path = f"/handoffs/{handoff['id']}/appointments"
        begins = {"starts_at": self.partners.here.clock.now().isoformat()}
        made = self.ask("POST", path, json=begins)
        if made.status_code != 201:
            return made
        return self.ask("POST", f"{path}/{made.json['id']}/attendance", json={"attended": True})

    def measures(self, handoff: Mapping[str, Any], occasion: str, **answers: int) -> None:
        """Record ONS4."""
        body = {"instrument": "ons4", "occasion": occasion, "answers": answers}
        answer = self.ask("POST", f"/handoffs/{handoff['id']}/outcomes", json=body)
        assert answer.status_code == 201, answer.json


def settle(here: Together) -> Partners:
    """Load the seeds into the directory and let the others hear of them."""
    document = read_file(PARTNERSHIP)
    load(here.running["directory"], document, rng=random_source(1))
    here.post.carry()
    return Partners(
        here,
        {one["name"]: one["id"] for one in document["organisations"]},
        {one["name"]: one for one in document["services"]},
    )
