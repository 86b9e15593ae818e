"""A sandbox in a town: its two sides, and what they do there."""

from dataclasses import dataclass
from typing import Any

from onward.identity import Actor, Role
from onward.ids import new_id
from services.directory.domain.organisations import Organisation, OrganisationKind
from services.directory.handlers import entries
from services.directory.handlers.sandboxes import Opened, open_sandbox
from services.referral.timers import watch_deadlines
from tests.chaos import town
from tests.chaos.together import Together


@dataclass(frozen=True, slots=True)
class Trying:
    """A sandbox, its two sides, and the town around it."""

    here: Together
    opened: Opened

    @property
    def lead(self) -> Actor:
        owner = self.opened.sandbox.owner
        return Actor(principal="worker:owner", organisation=owner, role=Role.TEAM_LEAD)

    @property
    def ward(self) -> Actor:
        return self.opened.refers.system.actor

    @property
    def house(self) -> Actor:
        return self.opened.receives.system.actor

    def ask(self, service: str, actor: Actor, method: str, path: str, **options: Any) -> Any:
        answer = self.here.ask(service, actor, method, path, **options)
        self.here.post.carry()
        return answer

    def made(self, service: str, actor: Actor, path: str, **body: Any) -> Any:
        answer = self.ask(service, actor, "POST", path, json=body)
        assert answer.status_code == 201, answer.json
        return answer.json

    def refers(self) -> str:
        body = town.referral() | {"service_id": str(self.opened.services[0].id)}
        made = self.made("referral", self.ward, "/api/v1/referrals", **body)
        return str(made["handoff"]["id"])

    def does(self, handoff: str, action: str, actor: Actor | None = None, **body: Any) -> Any:
        path, who = f"/api/v1/handoffs/{handoff}", actor or self.house
        version = self.ask("referral", who, "GET", path).headers["ETag"]
        if_match = {"If-Match": version}
        return self.ask("referral", who, "POST", f"{path}/{action}", json=body, headers=if_match)

    def status(self, handoff: str) -> str:
        found = self.ask("referral", self.ward, "GET", f"/api/v1/handoffs/{handoff}").json
        return str(found["status"])

    def passes(self, hours: int, actor: Actor | None = None) -> Any:
        path = f"/api/v1/sandboxes/{self.opened.sandbox.id}/time"
        answer = self.ask("directory", actor or self.ward, "POST", path, json={"hours": hours})
        watch_deadlines(self.here.running["referral"])
        self.here.post.carry()
        return answer

    def told(self, name: str, handoff: str) -> list[Any]:
        return [
            envelope.event
            for envelope in self.here.told("referral")
            if envelope.event.key == f"referral.{name}.v1"
            and str(getattr(envelope.event, "handoff_id", "")) == handoff
        ]


def tried_out(here: Together) -> Trying:
    """Open a sandbox for an organisation of its own."""
    owner = Organisation(id=new_id(), name="Owner", kind=OrganisationKind.CHARITY)
    with here.running["directory"].database.transaction(actor=town.OPERATOR) as uow:
        entries.publish_organisation(uow, owner)
        opened = open_sandbox(uow, owner.id)
    here.post.carry()
    return Trying(here, opened)
