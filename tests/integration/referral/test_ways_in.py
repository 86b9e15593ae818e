"""Every way in: a list of people, the duty to refer, somebody who asks for themself."""

import io
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from onward.clock import ManualClock
from onward.contracts import directory as told
from onward.contracts.access import AccessRefused
from onward.service import RunningService
from onward.settings import Settings
from services.referral.handlers.listing import refer_list
from services.referral.web.list_sending import MOST_TRIES, send_lists
from tests.integration.referral import world
from tests.integration.referral.conftest import DeskOf
from tests.integration.referral.worker import Worker
from tests.integration.referral.world import Desk, Directory

SENDING = "services.referral.web.list_sending.refer_list"
COUNCIL, HOUSING_OPTIONS = UUID(int=5), UUID(int=15)
HEADING = "given_name,family_name,birth_date,nhs_number,rules,urgency,needs,basis,consent,section.housing"
GOOD = (
    "Samuel,Quillfeather,1990-05-17,999 000 0018,never-call;no-letters,urgent,housing;benefits,"
    'direct-care,yes,"Evicted from Marlbrook House, in May."'
)
OTHER = "Jo,Marsh,1985-01-02,,,,,direct-care,no,No home to go to."
WRONG = "Ali,Penn,1985-13-02,999 000 0019,,soon,,direct-care,yes,"


def sends(desk: Desk, *lines: str, service: UUID = world.HOUSE, **more: Any) -> Any:
    body = {"service_id": str(service), "csv": "\n".join((HEADING, *lines)), **more}
    return desk.ask("POST", "/referrals/lists", json=body)


def test_good_lines_are_sent_and_bad_ones_say_what_to_change(ward: Desk, house: Desk) -> None:
    report = sends(ward, GOOD, WRONG, OTHER, GOOD).json
    assert (report["sent"], report["refused"]) == (2, 2)
    assert [line["line"] for line in report["lines"]] == [2, 3, 4, 5]
    assert [line["code"] for line in report["lines"]] == [None, "invalid", None, "line-twice"]
    pointers = {error["pointer"] for error in report["lines"][1]["errors"]}
    assert pointers == {"/person/birth_date", "/person/nhs_number", "/urgency"}
    inbox = {item["person_name"]: item["handoff"] for item in house.get("/handoffs")}
    assert set(inbox) == {"Samuel Quillfeather", "Jo Marsh"}
    assert inbox["Samuel Quillfeather"]["needs"] == ["housing", "benefits"]
    pack = house.get(f"/handoffs/{inbox['Samuel Quillfeather']['id']}/pack")["sections"]
    assert pack["housing"] == {"summary": "Evicted from Marlbrook House, in May."}
    assert pack["contact"]["rules"] == ["never-call", "no-letters"]


def test_a_checked_list_sends_nothing_and_keeps_nothing(
    ward: Desk, house: Desk, running: RunningService
) -> None:
    before = {table for table, _ in world.cells(running)}
    report = sends(ward, GOOD, WRONG, check_only=True).json
    assert [line["code"] for line in report["lines"]] == [None, "invalid"]
    assert [line["referral_id"] for line in report["lines"]] == [None, None]
    assert house.get("/handoffs") == []
    assert {table for table, _ in world.cells(running)} - before <= {"outbox"}


def test_a_list_nobody_may_send_is_refused_line_by_line_and_told_to_audit_once(
    ward: Desk, running: RunningService
) -> None:
    report = sends(ward, GOOD, OTHER, service=world.ADVICE).json
    assert [line["code"] for line in report["lines"]] == ["no-agreement"] * 2
    refused = [
        one.event.code for one in world.envelopes(running) if isinstance(one.event, AccessRefused)
    ]
    assert refused == ["no-agreement"]


@pytest.mark.parametrize(
    "text",
    [
        "given_name,family_name\nSamuel,Quillfeather",
        "given_name,family_name,basis,shoe_size\nSamuel,Quillfeather,direct-care,9",
        "given_name,family_name,basis,basis\nSamuel,Quillfeather,direct-care,consent",
        "given_name,family_name,basis",
        'given_name,family_name,basis\n"Samuel,Quillfeather,direct-care',
        "given_name,family_name,basis" + "\nSamuel,Quillfeather,direct-care" * 101,
    ],
)
def test_what_is_no_list_is_refused_as_a_whole(ward: Desk, text: str) -> None:
    body = {"service_id": str(world.HOUSE), "csv": text}
    refused: Any = ward.ask("POST", "/referrals/lists", json=body)
    assert (refused.status_code, refused.json["code"]) == (422, "list-unreadable")
    assert "Quillfeather" not in refused.get_data(as_text=True)


def test_a_worker_uploads_a_list_looks_at_the_report_and_sends_it(
    app: Flask,
    settings: Settings,
    clock: ManualClock,
    house: Desk,
    directory: Directory,
    running: RunningService,
) -> None:
    kim = Worker(app, settings, clock, world.WARD)
    form = kim.sees(f"/refer/list?service={world.HOUSE}")
    text = f"{HEADING}\n{GOOD}\n{WRONG}".encode()
    report = kim.sends(form, "/refer/list", file=(io.BytesIO(text), "ward.csv")).get_data(
        as_text=True
    )
    assert "1 of 2 can be sent" in report
    assert "Check the NHS number" in report
    assert house.get("/handoffs") == []
    taken = kim.sends(report, "/refer/list", csv=text.decode())
    assert "0 of 2 lines done" in kim.after(taken)
    assert house.get("/handoffs") == []
    send_lists(running)
    sent = kim.after(taken)
    assert "1 of 2 were sent" in sent
    assert "Check the NHS number" in sent
    assert len(house.get("/handoffs")) == 1
    wrong = kim.sends(form, "/refer/list", file=(io.BytesIO(b"\xff\xfe"), "ward.csv"))
    assert (wrong.status_code, "in UTF-8" in wrong.get_data(as_text=True)) == (422, True)


class _KilledError(Exception):
    """Stands for the death of the process."""


@pytest.fixture
def handed_in(app: Flask, settings: Settings, clock: ManualClock, directory: Directory) -> Any:
    """Return the page of a list of twelve, one of them bad and one twice, that Kim has handed in."""
    kim = Worker(app, settings, clock, world.WARD)
    others = [f"Jo,Marsh{letter},1985-01-02,,,,,direct-care,no,No home." for letter in "abcdefghi"]
    text = "\n".join((HEADING, GOOD, WRONG, GOOD, *others))
    form = kim.sees(f"/refer/list?service={world.HOUSE}")
    report = kim.sends(form, "/refer/list", file=(io.BytesIO(text.encode()), "ward.csv"))
    taken = kim.sends(report.get_data(as_text=True), "/refer/list", csv=text)
    return lambda: kim.after(taken)


def test_a_list_that_is_cut_off_shows_how_far_it_was_and_goes_on_without_sending_anybody_twice(
    handed_in: Any, house: Desk, running: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = iter((False, True))

    def dies(*args: Any, **kwargs: Any) -> Any:
        done = refer_list(*args, **kwargs)
        if next(turns):
            raise _KilledError
        return done

    monkeypatch.setattr(SENDING, dies)
    with pytest.raises(_KilledError):
        send_lists(running)
    assert "5 of 12 lines done" in handed_in()
    assert len(house.get("/handoffs")) == 3
    monkeypatch.undo()
    send_lists(running)
    assert "10 of 12 were sent" in handed_in()
    named = [item["person_name"] for item in house.get("/handoffs")]
    assert len(named) == len(set(named)) == 10
    assert not [table for table, text in world.cells(running) if "Marsh" in text]


def test_a_list_that_fails_again_and_again_ends_and_says_so(
    handed_in: Any, house: Desk, running: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any, **__: Any) -> Any:
        raise _KilledError

    monkeypatch.setattr(SENDING, breaks)
    for _ in range(MOST_TRIES):
        with pytest.raises(_KilledError):
            send_lists(running)
    send_lists(running)
    assert "0 of 12 were sent" in handed_in()
    assert house.get("/handoffs") == []


def test_a_duty_to_refer_tells_the_council_the_least_there_is(
    ward: Desk, directory: Directory, desk: DeskOf
) -> None:
    directory.tell(
        told.OrganisationPublished(organisation_id=COUNCIL, name="City Council", kind="council"),
        world.house(
            service_id=HOUSING_OPTIONS,
            name="Housing options",
            recipient=COUNCIL,
            providers=(COUNCIL,),
            has_ledger=False,
            asks_for=("identity", "contact", "housing", "risk"),
        ),
        world.agreement(world.WARD, COUNCIL, sections=("identity", "contact", "housing", "risk")),
    )
    duty = {
        "intent": "duty-to-refer",
        "service_id": str(HOUSING_OPTIONS),
        "lawful_basis": {"code": "legal-duty"},
    }
    handoff = ward.sent(**duty)
    pack = desk(COUNCIL).get(f"/handoffs/{handoff['id']}/pack")["sections"]
    assert set(pack) == {"identity", "contact", "housing"}
    refused: Any = ward.submit(**duty, sections={"risk": {"summary": "None."}})
    assert (refused.status_code, refused.json["code"]) == (422, "duty-to-refer-incomplete")
    assert [error["pointer"] for error in refused.json["errors"]] == ["/sections/housing"]
    charity: Any = ward.submit(**{**duty, "service_id": str(world.HOUSE)})
    assert charity.json["code"] == "duty-to-refer-to-council"


def test_staff_type_in_the_form_of_somebody_who_asks_for_themself(desk: DeskOf) -> None:
    advisers = desk(world.ADVISERS)
    handoff = advisers.sent(
        intent="self-referral",
        service_id=str(world.ADVICE),
        lawful_basis={"code": "consent", "note": "Hard copy, signed on 1 November."},
    )
    assert handoff["sender"] == handoff["recipient"] == str(world.ADVISERS)
    assert advisers.does(handoff, "accept")["status"] == "accepted"
    assert advisers.does(handoff, "start")["status"] == "in_progress"


def test_a_transfer_moves_the_person_over_and_a_referral_is_shared(
    ward: Desk,
    house: Desk,
    directory: Directory,
    app: Flask,
    settings: Settings,
    clock: ManualClock,
) -> None:
    shared, moved = ward.sent(), ward.sent(intent="transfer")
    for handoff in (shared, moved):
        house.does(handoff, "accept")
        directory.hold(handoff)
        house.does(handoff, "start")
    sides = {str(world.WARD), str(world.RESPONSE)}
    assert set(ward.get(f"/handoffs/{shared['id']}")["keepers"]) == sides
    assert ward.get(f"/handoffs/{moved['id']}")["keepers"] == [str(world.RESPONSE)]
    refused = ward.act(moved, "cancel", reason="no-longer-needed", sentence="We want Sam back.")
    assert (refused.status_code, refused.json["code"]) == (409, "illegal-move")  # type: ignore[index]
    house.does(moved, "fail", reason="readmitted", sentence="Back in hospital.")
    page = Worker(app, settings, clock, world.WARD).sees(f"/referrals/{moved['referral_id']}")
    assert "it stays with Response, who took Sam Quillfeather over" in page
    assert "Ask another service" not in page
    path = f"/referrals/{moved['referral_id']}/handoffs"
    assert ward.ask("POST", path, json={}).json["code"] == "handed-over"  # type: ignore[index]
