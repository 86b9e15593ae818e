"""Submit, keep as a draft, be refused, route on."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from onward.contracts import referral as told
from onward.contracts.access import AccessRefused, RecordRead
from onward.identity import Role
from onward.service import RunningService
from tests.integration.referral import world
from tests.integration.referral.conftest import DeskOf
from tests.integration.referral.world import ADVICE, ADVISERS, HOUSE, Desk, Directory


def test_a_submitted_referral_is_told_with_names_of_fields_and_without_their_values(
    ward: Desk, running: RunningService
) -> None:
    response = ward.submit()
    assert response.status_code == 201
    body: Any = response.json
    handoff = body["handoff"]
    assert (handoff["status"], handoff["version"]) == ("requested", 1)
    assert response.headers["ETag"] == '"1"'
    assert response.headers["Location"] == f"/api/v1/referrals/{body['referral']['id']}"
    assert body["referral"]["standing"] == "active"
    assert handoff["due"]["acknowledge_by"] == "2026-11-02T16:00:00+00:00"
    requested, disclosed = (envelope.event for envelope in world.envelopes(running))
    assert isinstance(requested, told.HandoffRequested)
    assert requested.agreement_id == world.WARD_TO_RESPONSE
    assert isinstance(disclosed, told.PackDisclosed)
    assert set(disclosed.fields) == set(body["told"])
    assert "housing.summary" in disclosed.fields
    assert "risk.summary" not in disclosed.fields


def test_nobody_is_told_what_the_person_withholds(ward: Desk, house: Desk) -> None:
    consent = {"given": True, "withheld": ["contact", "identity.nhs_number"]}
    handoff = ward.sent(consent=consent)
    pack = house.get(f"/handoffs/{handoff['id']}/pack")["sections"]
    assert set(pack) == {"identity", "housing"}
    assert "nhs_number" not in pack["identity"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"service_id": str(world.GARDEN)}, 409, "service-planned"),
        ({"service_id": str(ADVICE)}, 409, "no-agreement"),
        (
            {"service_id": str(world.WELSH), "intent": "duty-to-refer"},
            422,
            "duty-to-refer-england-only",
        ),
        ({"lawful_basis": None}, 422, "invalid"),
        (
            {"consent": {"given": False}, "lawful_basis": {"code": "consent"}},
            422,
            "consent-missing",
        ),
        ({"service_id": str(uuid4())}, 422, "service-unknown"),
        ({"person": None}, 422, "person-missing"),
        ({"person": {**world.SAM, "nhs_number": "999 000 0019"}}, 422, "invalid"),
        ({"person": {**world.SAM, "birth_date": "2030-01-01"}}, 422, "birth-date-implausible"),
        ({"sections": {"housing": {"9990000018": "x"}}}, 422, "invalid"),
        ({"sections": {"housing": {"summary": {"deep": "x"}}}}, 422, "invalid"),
        ({"surprise": 1}, 422, "invalid"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_reason_and_leaves_nothing(
    ward: Desk, running: RunningService, changes: dict[str, Any], status: int, code: str
) -> None:
    response = ward.submit(**changes)
    problem: Any = response.json
    assert (response.status_code, problem["code"]) == (status, code)
    assert not any(word in response.get_data(as_text=True) for word in world.PERSONAL)
    assert ward.get("/referrals") == []
    assert "referral" not in {one.event.stream for one in world.envelopes(running)}


def test_a_refused_routing_is_told_to_audit(ward: Desk, running: RunningService) -> None:
    refused: Any = ward.submit(service_id=str(ADVICE)).json
    assert refused["missing"] == {"agreement": [str(ADVISERS)]}
    (envelope,) = world.envelopes(running)
    assert envelope.event == AccessRefused(about=world.WARD, what="routing", code="no-agreement")
    assert envelope.actor == ward.actor


def test_a_draft_is_nobody_elses_until_it_is_sent(
    ward: Desk, house: Desk, running: RunningService
) -> None:
    draft = ward.sent(draft=True, lawful_basis={"code": "direct-care"})
    assert (draft["status"], draft["version"]) == ("draft", 1)
    assert world.envelopes(running) == []
    assert house.get("/handoffs") == []
    assert house.get("/handoffs?status=draft") == []
    assert house.get("/handoffs?status=draft,requested") == []
    assert house.ask("GET", f"/handoffs/{draft['id']}").status_code == 404
    assert house.ask("GET", f"/referrals/{draft['referral_id']}").status_code == 404
    sent = ward.ask("POST", f"/referrals/{draft['referral_id']}/handoffs")
    assert sent.status_code == 201
    after: Any = sent.json
    assert after["handoff"]["id"] == draft["id"]
    assert (after["handoff"]["status"], after["handoff"]["version"]) == ("requested", 2)
    assert after["referral"]["standing"] == "active"
    assert len(house.get("/handoffs")) == 1
    again = ward.ask("POST", f"/referrals/{draft['referral_id']}/handoffs")
    assert (again.status_code, again.json["code"]) == (409, "handoff-open")  # type: ignore[index]


def test_a_draft_without_a_basis_gets_one_when_it_is_sent(ward: Desk) -> None:
    body = {"draft": True, "person": world.SAM, "service_id": str(HOUSE)}
    draft: Any = ward.ask("POST", "/referrals", json=body).json
    path = f"/referrals/{draft['referral']['id']}/handoffs"
    assert ward.ask("POST", path).json["code"] == "lawful-basis-missing"  # type: ignore[index]
    completed = {
        "lawful_basis": {"code": "direct-care"},
        "consent": {"given": True},
        "sections": {"housing": {"summary": "On the ward."}},
    }
    assert ward.ask("POST", path, json=completed).status_code == 201


def test_a_declined_handoff_can_be_routed_again(
    ward: Desk, house: Desk, directory: Directory, running: RunningService
) -> None:
    first = ward.sent()
    path = f"/referrals/{first['referral_id']}/handoffs"
    early = ward.ask("POST", path, json={"service_id": str(ADVICE)})
    assert (early.status_code, early.json["code"]) == (409, "handoff-open")  # type: ignore[index]
    house.does(first, "reject", reason="no-capacity", sentence="All beds are taken.")
    refused = ward.ask("POST", path, json={"service_id": str(ADVICE)})
    assert refused.json["code"] == "no-agreement"  # type: ignore[index]
    about = [one.event for one in world.envelopes(running) if isinstance(one.event, AccessRefused)]
    assert [event.about for event in about] == [UUID(first["referral_id"])]
    directory.tell(world.agreement(world.WARD, ADVISERS))
    second: Any = ward.ask("POST", path, json={"service_id": str(ADVICE)}).json
    assert second["handoff"]["number"] == 2
    assert second["told"]
    assert all(name.startswith("identity.") for name in second["told"])
    story = ward.get(f"/referrals/{first['referral_id']}")
    assert [one["status"] for one in story["handoffs"]] == ["rejected", "requested"]
    assert story["standing"] == "active"


def test_a_recipient_can_hand_on_without_typing_the_person_again(
    ward: Desk, house: Desk, desk: DeskOf, running: RunningService
) -> None:
    first = ward.sent()
    onward = house.sent(
        person=None,
        based_on=first["referral_id"],
        intent="onward",
        service_id=str(ADVICE),
        sections={},
    )
    assert onward["based_on"] == first["referral_id"]
    assert onward["person_id"] != first["person_id"]
    pack = desk(ADVISERS).get(f"/handoffs/{onward['id']}/pack")["sections"]
    assert pack["identity"]["family_name"] == "Quillfeather"
    reads = [one.event for one in world.envelopes(running) if isinstance(one.event, RecordRead)]
    assert (UUID(first["referral_id"]), "pack") in {(read.about, read.what) for read in reads}


def test_a_referral_cannot_follow_from_one_that_is_not_yours_to_see(
    ward: Desk, desk: DeskOf
) -> None:
    first = ward.sent()
    strangers = desk(world.STRANGERS)
    response = strangers.submit(based_on=first["referral_id"])
    assert response.json["code"] == "based-on-unknown"  # type: ignore[index]
    theirs = strangers.submit(person=None, person_id=first["person_id"])
    assert theirs.status_code == 404


def test_a_person_on_record_can_be_referred_again(ward: Desk) -> None:
    first = ward.sent()
    second = ward.sent(person=None, person_id=first["person_id"])
    assert second["person_id"] == first["person_id"]


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.EDITOR, Role.OPERATOR])
def test_only_people_who_work_with_referrals_touch_them(desk: DeskOf, role: Role) -> None:
    other = desk(world.WARD, role)
    assert other.submit().status_code == 403
    assert other.ask("GET", "/referrals").status_code == 403


def test_the_same_submission_sent_twice_is_one_referral(
    ward: Desk, running: RunningService
) -> None:
    body = {
        "person": world.SAM,
        "service_id": str(HOUSE),
        "lawful_basis": {"code": "direct-care"},
        "consent": {"given": True},
    }
    key = {"Idempotency-Key": "discharge-1"}
    first = ward.ask("POST", "/referrals", json=body, headers=key)
    second = ward.ask("POST", "/referrals", json=body, headers=key)
    assert first.json == second.json
    assert second.headers["Idempotency-Replayed"] == "true"
    assert world.names_told(running) == ["handoff-requested", "pack-disclosed"]
    changed = ward.ask("POST", "/referrals", json={**body, "urgency": "urgent"}, headers=key)
    assert changed.json["code"] == "idempotency-key-reused"  # type: ignore[index]


def test_a_policy_changed_later_does_not_touch_what_was_sent(
    ward: Desk, house: Desk, directory: Directory
) -> None:
    handoff = ward.sent()
    directory.tell(replace(world.house(), answer_hours=1, acknowledge_hours=1))
    assert house.get(f"/handoffs/{handoff['id']}")["due"] == handoff["due"]
