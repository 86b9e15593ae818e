"""Finding a referral by what is quoted of it: on the page, over the API, and by nobody who may not see it."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from onward.clock import ManualClock
from onward.contracts.access import RecordRead
from onward.ids import reference
from onward.scope import act_for
from onward.service import RunningService
from onward.settings import Settings
from services.referral.handlers import submitting
from tests.integration.referral import world
from tests.integration.referral.worker import Worker
from tests.integration.referral.world import Desk, Directory

WorkerOf = Callable[[UUID], Worker]
NOBODY = "0000-0000"


@pytest.fixture
def worker(app: Flask, settings: Settings, clock: ManualClock, directory: Directory) -> WorkerOf:
    """Return somebody with a browser in an organisation."""

    def of(organisation: UUID) -> Worker:
        return Worker(app, settings, clock, organisation)

    return of


def quoting(handoff: dict[str, Any]) -> str:
    return reference(UUID(handoff["id"]))


def looked_for(kim: Worker, typed: str) -> str:
    """Type it into the inbox's search; return where that leads."""
    answer = kim.sends(kim.sees("/inbox"), "/referrals/find", reference=typed)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    found = kim.client.get(answer.headers["Location"])
    return found.headers.get("Location") or found.get_data(as_text=True)


@pytest.mark.parametrize("whose", [world.WARD, world.RESPONSE])
@pytest.mark.parametrize("written", [str, str.lower, lambda said: said.replace("-", " ")])
def test_what_is_quoted_leads_straight_to_the_referral_on_either_side(
    worker: WorkerOf, ward: Desk, whose: UUID, written: Callable[[str], str]
) -> None:
    ward.sent()
    handoff = ward.sent()
    assert looked_for(worker(whose), written(quoting(handoff))) == (
        f"/referrals/{handoff['referral_id']}"
    )


def test_a_closed_one_and_a_draft_are_found_by_whose_they_are(
    worker: WorkerOf, ward: Desk, house: Desk
) -> None:
    closed, draft = ward.sent(), ward.sent(draft=True)
    house.does(closed, "reject", reason="no-capacity", sentence="All beds are taken.")
    for handoff in (closed, draft):
        assert handoff["referral_id"] in looked_for(worker(world.WARD), quoting(handoff))
    assert closed["referral_id"] in looked_for(worker(world.RESPONSE), quoting(closed))
    assert "Nothing that your organisation" in looked_for(worker(world.RESPONSE), quoting(draft))


def test_the_first_ask_still_finds_what_was_asked_of_another_since(
    worker: WorkerOf, ward: Desk, house: Desk
) -> None:
    first = ward.sent()
    house.does(first, "reject", reason="no-capacity", sentence="All beds are taken.")
    asked: Any = ward.ask("POST", f"/referrals/{first['referral_id']}/handoffs").json
    again = asked["handoff"]
    for handoff in (first, again):
        assert handoff["referral_id"] in looked_for(worker(world.WARD), quoting(handoff))
        found = ward.get(f"/referrals?reference={quoting(handoff)}")
        assert [item["handoff"]["id"] for item in found] == [again["id"]]


@pytest.mark.parametrize("stranger", [world.STRANGERS, world.ADVISERS])
def test_to_others_it_is_as_if_there_were_none(
    worker: WorkerOf, desk: Callable[[UUID], Desk], ward: Desk, stranger: UUID
) -> None:
    handoff = ward.sent()
    kim = worker(stranger)
    there, nowhere = (
        re.sub('name="csrf_token" value="[^"]*"', "", looked_for(kim, one)).replace(one, "…")
        for one in (quoting(handoff), NOBODY)
    )
    assert "Nothing that your organisation sent or was asked" in there
    assert there == nowhere
    for listed in ("/referrals", "/handoffs"):
        assert desk(stranger).get(f"{listed}?reference={quoting(handoff)}") == []


def test_a_name_typed_by_mistake_is_refused_and_gets_into_no_address(
    worker: WorkerOf, directory: Directory
) -> None:
    kim = worker(world.WARD)
    answer = kim.sends(kim.sees("/referrals"), "/referrals/find", reference="Sam Quillfeather")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "A reference has eight digits and letters" in page
    assert "Quillfeather" not in page
    assert "Location" not in answer.headers


def test_several_that_are_quoted_alike_are_listed_and_the_read_is_told_to_audit(
    worker: WorkerOf, ward: Desk, running: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = (UUID(f"01a20497-0000-7000-8000-{number:04x}3f2a91bc") for number in range(1, 9))
    monkeypatch.setattr(submitting, "new_id", lambda: next(made))
    jo = {"given_name": "Jo", "family_name": "Marsh"}
    for person in (world.SAM, jo):
        assert ward.submit(person=person).status_code == 201
    page = looked_for(worker(world.RESPONSE), "3f2a91bc")
    assert "Several are quoted as 3F2A-91BC" in page
    assert "Sam Quillfeather" in page
    assert "Jo Marsh" in page
    reads = [one.event for one in world.envelopes(running) if isinstance(one.event, RecordRead)]
    assert [(read.what, read.records) for read in reads if read.what == "found"] == [("found", 2)]
    assert len(ward.get("/referrals?reference=3f2a91bc")) == 2


def test_the_api_lists_what_is_quoted_whatever_has_become_of_it(ward: Desk, house: Desk) -> None:
    ward.sent()
    handoff = ward.sent()
    house.does(handoff, "reject", reason="no-capacity", sentence="All beds are taken.")
    for desk, listed in ((ward, "/referrals"), (house, "/handoffs")):
        found = desk.get(f"{listed}?reference={quoting(handoff).lower()}")
        assert [item["handoff"]["id"] for item in found] == [handoff["id"]]
    refused = ward.ask("GET", "/referrals?reference=Sam")
    assert refused.status_code == 422
    assert "such as 3F2A-91BC" in refused.get_data(as_text=True)


def test_it_is_found_by_its_index_on_behalf_of_an_organisation_too(
    ward: Desk, running: RunningService
) -> None:
    ward.sent()
    with running.database.transaction() as uow:
        act_for(uow.connection, world.RESPONSE)
        uow.connection.execute(sa.text("SET LOCAL enable_seqscan = off"))  # cheap with so few rows
        plan = "\n".join(
            uow.connection.scalars(
                sa.text("EXPLAIN SELECT id FROM handoffs WHERE quoted = '\\x3f2a91bc'::bytea")
            )
        )
    assert "ix_handoffs_quoted" in plan
    assert "Index Cond: (quoted" in plan
