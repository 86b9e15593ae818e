"""A partner tries its systems out: nobody real hears of it, time passes when it says so, and it ends."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from onward.clock import ManualClock
from onward.errors import ConflictError, InvalidError, UnauthenticatedError
from onward.identity import Actor, Role
from onward.topology import HEARS
from services.directory.exchange.writing import as_json, export
from services.directory.handlers.partners import prove_by_secret
from services.directory.handlers.sandboxes import open_sandbox
from services.referral.timers import watch_deadlines
from tests.chaos import town
from tests.chaos.together import Together, together
from tests.integration.pathways.trying import Trying, tried_out
from tests.support.databases import Databases

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LEAD = Actor(principal="worker:lead", organisation=town.WARD, role=Role.TEAM_LEAD)
AUDITOR = Actor(principal="worker:auditor", organisation=town.STRANGERS, role=Role.AUDITOR)


KEPT = (
    "SELECT count(*) FROM persons WHERE organisation = ANY(:ids) AND wrapped_key IS NOT NULL",
    "SELECT count(*) FROM handoffs WHERE sender = ANY(:ids) AND status <> 'entered_in_error'",
    "SELECT count(*) FROM advice_words WHERE organisation = ANY(:ids)",
)
TOLD = tuple(
    f"SELECT count(*) FROM {table} WHERE organisation = ANY(:ids)"
    for table in ("notices", "messages", "partner_queues")
)


@pytest.fixture(scope="module")
def here(databases: Databases) -> Iterator[Together]:
    with together(databases, ManualClock(NOON), *sorted(HEARS)) as here:
        town.publish(here)
        here.post.carry()
        yield here


@pytest.fixture
def trying(here: Together) -> Trying:
    return tried_out(here)


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


def test_no_match_and_no_file_shows_what_was_made_up(here: Together, trying: Trying) -> None:
    names = [b"(sandbox)", *(str(id_).encode() for id_ in trying.opened.sandbox.organisations)]
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


def counts(trying: Trying, service: str, queries: tuple[str, ...]) -> list[int]:
    ids = list(trying.opened.sandbox.organisations)
    found = [trying.here.rows(service, sa.text(query).bindparams(ids=ids)) for query in queries]
    return [row[0][0] for row in found]


def closes(trying: Trying, actor: Actor | None = None) -> int:
    path = f"/api/v1/sandboxes/{trying.opened.sandbox.id}"
    status: int = trying.ask("directory", actor or trying.lead, "DELETE", path).status_code
    return status


def test_what_was_tried_out_goes_and_nobody_hears_any_more(trying: Trying, here: Together) -> None:
    hook = {"url": "pull:laptop", "events": ["*"]}
    made = trying.ask("notification", trying.house, "POST", "/api/v1/webhooks", json=hook)
    assert made.status_code == 201, made.json
    for _ in range(2):  # one is offered the only bed, the other waits for it
        assert trying.does(trying.refers(), "accept").status_code == 200
    question = {"service_id": str(trying.opened.services[0].id), "text": "With a dog?"}
    trying.ask("referral", trying.ward, "POST", "/api/v1/advice", json=question)
    assert counts(trying, "referral", KEPT) == [2, 2, 1]
    assert min(counts(trying, "notification", TOLD[:2])) > 0
    real = str(town.refer(here))
    assert closes(trying) == 204
    watch_deadlines(here.running["referral"])
    here.post.carry()
    assert counts(trying, "referral", KEPT) == [0, 0, 0]
    assert counts(trying, "notification", TOLD) == [0, 0, 0]
    places = "SELECT count(*) FROM claims WHERE service_id = :id AND ended_at IS NULL"
    bed = sa.text(places).bindparams(id=trying.opened.services[0].id)
    assert here.rows("directory", bed) == [(0,)]
    untouched = here.ask("referral", town.NURSE, "GET", f"/api/v1/handoffs/{real}").json
    assert untouched["status"] == "requested"


def test_nobody_gets_in_and_nothing_new_begins_there(trying: Trying, here: Together) -> None:
    assert closes(trying, trying.ward) == 204
    for made in (trying.opened.refers, trying.opened.receives):
        with (
            here.running["directory"].database.transaction() as uow,
            pytest.raises(UnauthenticatedError),
        ):
            prove_by_secret(uow, made.system.client_id, made.secret or "")
    body = town.referral() | {"service_id": str(trying.opened.services[0].id)}
    late = trying.ask("referral", trying.ward, "POST", "/api/v1/referrals", json=body)
    assert (late.status_code, late.json["code"]) == (409, "service-closed")
    passed = trying.passes(1, trying.lead)
    assert (passed.status_code, passed.json["code"]) == (409, "sandbox-closed")
    assert here.ask("directory", trying.lead, "GET", "/api/v1/sandboxes").json == []


def test_closing_is_for_whose_it_is_and_may_be_said_twice(trying: Trying) -> None:
    stranger = Actor(principal="worker:lead", organisation=town.RESPONSE, role=Role.TEAM_LEAD)
    assert closes(trying, stranger) == 404
    assert [closes(trying, town.OPERATOR), closes(trying, trying.lead)] == [204, 204]
    closed = [
        one.event
        for one in trying.here.told("directory")
        if one.event.key == "directory.sandbox-closed.v1"
        and one.subject == trying.opened.sandbox.id
    ]
    assert len(closed) == 1
