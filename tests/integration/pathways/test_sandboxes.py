"""A partner tries its systems out: nobody real hears of it, and time passes when it says so."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from onward.clock import ManualClock
from onward.errors import ConflictError, InvalidError
from onward.identity import Actor, Role
from onward.ids import new_id
from onward.topology import HEARS
from services.directory.domain.organisations import Organisation, OrganisationKind
from services.directory.exchange.writing import as_json, export
from services.directory.handlers import entries
from services.directory.handlers.sandboxes import Opened, open_sandbox
from services.referral.timers import watch_deadlines
from tests.chaos import town
from tests.chaos.together import Together, together
from tests.support.databases import Databases

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LEAD = Actor(principal="worker:lead", organisation=town.WARD, role=Role.TEAM_LEAD)
AUDITOR = Actor(principal="worker:auditor", organisation=town.STRANGERS, role=Role.AUDITOR)


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

    def refers(self) -> str:
        body = town.referral() | {"service_id": str(self.opened.services[0].id)}
        answer = self.ask("referral", self.ward, "POST", "/api/v1/referrals", json=body)
        assert answer.status_code == 201, answer.json
        return str(answer.json["handoff"]["id"])

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


@pytest.fixture(scope="module")
def here(databases: Databases) -> Iterator[Together]:
    with together(databases, ManualClock(NOON), *sorted(HEARS)) as here:
        town.publish(here)
        here.post.carry()
        yield here


@pytest.fixture
def trying(here: Together) -> Trying:
    owner = Organisation(id=new_id(), name="Owner", kind=OrganisationKind.CHARITY)
    with here.running["directory"].database.transaction(actor=town.OPERATOR) as uow:
        entries.publish_organisation(uow, owner)
        opened = open_sandbox(uow, owner.id)
    here.post.carry()
    return Trying(here, opened)


def test_an_offer_lapses_and_a_request_is_escalated_without_anybody_waiting(
    trying: Trying,
) -> None:
    offered, unanswered = trying.refers(), trying.refers()
    assert trying.does(offered, "accept").status_code == 200
    assert trying.status(offered) == "offered"
    trying.passes(24)
    assert trying.status(offered) == "offered"
    assert [event.kind for event in trying.told("deadline-reached", unanswered)] == ["acknowledge"]
    trying.passes(25)
    assert trying.told("offer-lapsed", offered)
    rungs = [event.rung for event in trying.told("deadline-reached", unanswered)]
    assert rungs == [1, 2]
    trying.passes(24 * 12)
    assert trying.status(unanswered) == "expired"


def test_time_passes_for_one_sandbox_alone(here: Together, trying: Trying) -> None:
    real = str(town.refer(here))
    there = trying.refers()
    due = here.ask("referral", town.NURSE, "GET", f"/api/v1/handoffs/{real}").json["due"]
    assert trying.passes(24 * 20).json["hours_passed"] == 24 * 20
    assert trying.status(there) == "expired"
    found = here.ask("referral", town.NURSE, "GET", f"/api/v1/handoffs/{real}").json
    assert (found["status"], found["due"]) == ("requested", due)


def test_whose_it_is_may_let_time_pass_and_to_others_it_is_not_there(trying: Trying) -> None:
    for actor in (trying.house, trying.lead, town.OPERATOR):
        assert trying.passes(1, actor).status_code == 200
    stranger = Actor(principal="worker:lead", organisation=town.RESPONSE, role=Role.TEAM_LEAD)
    assert trying.passes(1, stranger).status_code == 404
    for _ in range(9):
        assert trying.passes(24 * 366).status_code == 200
    old = trying.passes(24 * 366)
    assert (old.status_code, old.json["code"]) == (409, "sandbox-too-old")


def test_time_passes_in_whole_hours_of_a_year_at_most(trying: Trying) -> None:
    for hours in (0, -1, 1.5, "2", 24 * 366 + 1):
        answer = trying.passes(hours)  # type: ignore[arg-type]
        assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/hours")


LISTS = (
    ("directory", LEAD, "/api/v1/organisations?limit=100"),
    ("directory", LEAD, "/api/v1/services?limit=100"),
    ("directory", AUDITOR, "/api/v1/agreements?limit=100"),
    ("directory", LEAD, "/directory"),
    ("directory", AUDITOR, "/directory/agreements"),
    ("directory", LEAD, "/open-referral/v3/services"),
    ("directory", LEAD, "/open-referral/v3/service_at_locations"),
    ("referral", LEAD, "/refer"),
    ("referral", LEAD, "/inbox"),
    ("referral", LEAD, "/"),
    ("notification", LEAD, "/notifications"),
)


def test_no_list_no_page_and_no_file_shows_what_was_made_up(
    here: Together, trying: Trying
) -> None:
    trying.does(trying.refers(), "accept")
    names = [b"(sandbox)", *(str(id_).encode() for id_ in trying.opened.sandbox.organisations)]
    for service, actor, path in LISTS:
        answer = here.ask(service, actor, "GET", path)
        assert answer.status_code == 200, path
        assert not [name for name in names if name in answer.data], path
    search = {"needs": ["housing"], "facts": {"age": 34}, "with_ineligible": True, "limit": 50}
    found = here.ask("directory", LEAD, "POST", "/api/v1/matches", json=search)
    assert b"Stepdown House" in found.data
    assert names[0] not in found.data
    with here.running["directory"].database.transaction() as uow:
        written = as_json(export(uow.store))
    assert b"Stepdown House" in written
    assert not [name for name in names if name in written]


def test_a_system_in_a_sandbox_finds_its_own_services_and_its_other_side(
    here: Together, trying: Trying
) -> None:
    for kind, made in (
        ("services", {one.id for one in trying.opened.services}),
        ("organisations", set(trying.opened.sandbox.organisations)),
    ):
        found = here.ask("directory", trying.ward, "GET", f"/api/v1/{kind}").json
        assert {one["id"] for one in found} == {str(id_) for id_ in made}
    (only,) = here.ask("directory", trying.ward, "GET", "/api/v1/sandboxes").json
    assert only["id"] == str(trying.opened.sandbox.id)


def test_nothing_crosses_between_a_sandbox_and_the_real_world(
    here: Together, trying: Trying
) -> None:
    out = trying.ask("referral", trying.ward, "POST", "/api/v1/referrals", json=town.referral())
    into = town.referral() | {"service_id": str(trying.opened.services[0].id)}
    within = here.ask("referral", town.NURSE, "POST", "/api/v1/referrals", json=into)
    assert {out.json["code"], within.json["code"]} == {"no-agreement"}
    for asker, service in ((trying.ward, town.HOUSE), (town.NURSE, trying.opened.services[0])):
        question = {"service_id": str(service.id), "text": "Do you take people with a dog?"}
        asked = here.ask("referral", asker, "POST", "/api/v1/advice", json=question)
        assert (asked.status_code, asked.json["code"]) == (422, "service-unknown")
    signed = {
        "from_organisation": str(town.WARD),
        "to_organisation": str(trying.opened.sandbox.organisations[1]),
        "purposes": ["direct-care"],
        "sections": ["identity"],
        "lawful_basis": "direct-care",
        "valid_from": "2026-01-01",
    }
    refused = here.ask("directory", town.OPERATOR, "POST", "/api/v1/agreements", json=signed)
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/to_organisation")
    person = {
        "organisation_id": str(trying.opened.sandbox.organisations[0]),
        "username": "nobody",
        "display_name": "Nobody",
        "role": "caseworker",
    }
    refused = here.ask("directory", town.OPERATOR, "POST", "/api/v1/workers", json=person)
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/organisation_id")


def test_the_sides_are_told_in_the_application_and_nobody_is_written_to(
    here: Together, trying: Trying
) -> None:
    trying.does(trying.refers(), "accept")
    told = here.ask("notification", trying.house, "GET", "/api/v1/notifications").json
    assert "handoff-requested" in {one["template"] for one in told}
    mine = sa.text("SELECT count(*) FROM messages WHERE organisation = ANY(:ids)").bindparams(
        ids=list(trying.opened.sandbox.organisations)
    )
    assert here.rows("notification", mine) == [(0,)]
    real = here.ask("notification", LEAD, "GET", "/api/v1/notifications").json
    assert not [one for one in real if one["service_id"] == str(trying.opened.services[0].id)]


def test_where_handoffs_stall_counts_real_ones_alone(here: Together, trying: Trying) -> None:
    town.refer(here)
    trying.refers()
    here.clock.advance(timedelta(days=1))
    stalls = here.ask("audit", AUDITOR, "GET", "/api/v1/audit/stalls").json
    assert stalls
    assert not {one["recipient"] for one in stalls} & {
        str(id_) for id_ in trying.opened.sandbox.organisations
    }


def test_an_organisation_has_a_few_sandboxes_and_a_sandbox_none(here: Together) -> None:
    with here.running["directory"].database.transaction(actor=town.OPERATOR) as uow:
        first, *_ = [open_sandbox(uow, town.ADVISERS) for _ in range(5)]
        with pytest.raises(ConflictError, match="sandboxes-enough"):
            open_sandbox(uow, town.ADVISERS)
        with pytest.raises(InvalidError):
            open_sandbox(uow, first.refers.system.organisation_id)
