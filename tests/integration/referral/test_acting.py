"""Move handoffs on, follow the place ledger, and see nothing that is somebody else's."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from onward.contracts import directory as directory_told
from onward.contracts import referral as told
from onward.contracts.access import RecordRead
from onward.identity import Role
from onward.service import RunningService
from tests.integration.referral import world
from tests.integration.referral.conftest import DeskOf
from tests.integration.referral.world import Desk, Directory


def test_the_stepdown_house_asks_is_answered_accepts_and_takes_the_person_in(
    ward: Desk, house: Desk, directory: Directory, running: RunningService
) -> None:
    handoff = ward.sent()
    house.does(handoff, "acknowledge")
    asked = house.does(handoff, "ask", sentence="Can Sam manage the stairs?")
    assert asked["status"] == "info_requested"
    ward.does(handoff, "answer", sentence="Yes, without help.")
    accepted = house.does(handoff, "accept")
    assert (accepted["status"], accepted["needs_place"]) == ("accepted", True)
    early = house.act(handoff, "start")
    assert (early.status_code, early.json["code"]) == (409, "place-not-held")  # type: ignore[index]
    directory.hold(handoff)
    offered = house.get(f"/handoffs/{handoff['id']}")
    assert (offered["status"], offered["place"]["state"]) == ("offered", "held")
    assert offered["due"]["lapses_at"] == "2026-11-03T00:00:00+00:00"
    started = house.does(handoff, "start")
    assert started["due"]["review_due"] == "2026-11-12T12:00:00+00:00"
    assert started["due"]["stay_ends"] == "2026-11-16T12:00:00+00:00"
    directory.tell(
        directory_told.PlaceTaken(**directory.about(handoff), place_id=world.PLACE),
    )
    done = house.does(handoff, "complete", outcome="moved-on-to-own-home")
    assert (done["status"], done["outcome"]) == ("completed", "moved-on-to-own-home")
    assert ward.get(f"/referrals/{handoff['referral_id']}")["standing"] == "completed"
    assert world.names_told(running) == [
        "handoff-requested",
        "pack-disclosed",
        "handoff-acknowledged",
        "information-requested",
        "information-answered",
        "handoff-accepted",
        "handoff-offered",
        "handoff-started",
        "handoff-completed",
    ]
    offer = next(
        one for one in world.envelopes(running) if one.event.key == "referral.handoff-offered.v1"
    )
    assert offer.causation_id is not None


def test_both_sides_read_what_was_said(ward: Desk, house: Desk) -> None:
    handoff = ward.sent()
    house.does(handoff, "ask", sentence="Can Sam manage the stairs?")
    ward.does(handoff, "answer", sentence="Yes, without help.")
    house.does(handoff, "reject", reason="no-capacity", sentence="The lift is broken.")
    for reader in (ward, house):
        steps = reader.get(f"/referrals/{handoff['referral_id']}")["steps"]
        assert [(step["action"], step["sentence"]) for step in steps] == [
            ("send", None),
            ("ask", "Can Sam manage the stairs?"),
            ("answer", "Yes, without help."),
            ("reject", "The lift is broken."),
        ]


def test_somebody_waits_until_the_ledger_promotes_them(
    ward: Desk, house: Desk, directory: Directory
) -> None:
    handoff = ward.sent()
    house.does(handoff, "accept")
    directory.queue(handoff, position=2)
    (item,) = house.get("/handoffs")
    assert (item["handoff"]["status"], item["position"]) == ("waitlisted", 2)
    by_hand = house.act(handoff, "offer")
    assert (by_hand.status_code, by_hand.json["code"]) == (409, "ledger-decides")  # type: ignore[index]
    directory.hold(handoff, promoted=True)
    assert house.does(handoff, "start")["place_id"] == str(world.PLACE)


def test_a_place_held_for_somebody_who_has_withdrawn_changes_nothing(
    ward: Desk, house: Desk, directory: Directory, running: RunningService
) -> None:
    handoff = ward.sent()
    house.does(handoff, "accept")
    ward.does(handoff, "cancel", reason="person-withdrew", sentence="Sam went home.")
    directory.hold(handoff)
    assert house.get(f"/handoffs/{handoff['id']}")["status"] == "cancelled"
    assert world.names_told(running)[-1] == "handoff-cancelled"


def test_a_refused_place_is_shown_and_leaves_the_decision_to_the_recipient(
    ward: Desk, house: Desk, directory: Directory
) -> None:
    handoff = ward.sent()
    house.does(handoff, "accept")
    refused = directory_told.PlaceRefused(**directory.about(handoff), code="service-closed")
    directory.tell(refused)
    seen = house.get(f"/handoffs/{handoff['id']}")
    assert (seen["status"], seen["place"]["code"]) == ("accepted", "service-closed")
    house.does(handoff, "fail", reason="service-ended", sentence="The house has closed.")


def test_several_places_are_followed_in_one_batch(
    ward: Desk, house: Desk, directory: Directory, running: RunningService
) -> None:
    handoffs = [ward.sent() for _ in range(3)]
    for handoff in handoffs:
        house.does(handoff, "accept")
    directory.tell(
        *(
            directory_told.PlaceQueued(
                **directory.about(handoff),
                position=position,
                band="urgent",
                waiting_since=world.NOON,
            )
            for position, handoff in enumerate(handoffs, 1)
        )
    )
    assert sorted(item["position"] for item in house.get("/handoffs?status=waitlisted")) == [
        1,
        2,
        3,
    ]
    assert world.names_told(running)[-3:] == ["handoff-waitlisted"] * 3


def test_a_service_without_places_begins_at_once(
    house: Desk, desk: DeskOf, running: RunningService
) -> None:
    advisers = desk(world.ADVISERS)
    handoff = house.sent(service_id=str(world.ADVICE))
    assert advisers.does(handoff, "accept")["needs_place"] is False
    assert advisers.does(handoff, "start")["status"] == "in_progress"
    assert "handoff-offered" not in world.names_told(running)


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 428, "version-required"),
        ({"If-Match": '"7"'}, 412, "stale-version"),
        ({"If-Match": "*"}, 400, "version-malformed"),
        ({"If-Match": 'W/"1"'}, 400, "version-malformed"),
    ],
)
def test_a_move_names_the_version_it_was_decided_on(
    ward: Desk, house: Desk, headers: dict[str, str], status: int, code: str
) -> None:
    handoff = ward.sent()
    path = f"/handoffs/{handoff['id']}/accept"
    response = house.ask("POST", path, json={}, headers=headers)
    assert (response.status_code, response.json["code"]) == (status, code)  # type: ignore[index]
    assert house.get(f"/handoffs/{handoff['id']}")["status"] == "requested"


def test_an_illegal_move_is_answered_with_what_is_allowed_now(ward: Desk, house: Desk) -> None:
    handoff = ward.sent()
    response = house.act(handoff, "complete", outcome="goals-reached")
    problem: Any = response.json
    assert (response.status_code, problem["code"]) == (409, "illegal-move")
    offered = house.get(f"/handoffs/{handoff['id']}/actions")["actions"]
    assert problem["allowed"] == [one["action"] for one in offered]
    assert problem["allowed"] == ["acknowledge", "ask", "accept", "reject"]
    theirs = ward.get(f"/handoffs/{handoff['id']}/actions")["actions"]
    assert [one["action"] for one in theirs] == ["cancel", "mark-in-error"]


def test_allowed_actions_say_what_they_take_and_are_never_cached(ward: Desk, house: Desk) -> None:
    handoff = ward.sent()
    response = house.ask("GET", f"/handoffs/{handoff['id']}/actions")
    assert response.headers["Cache-Control"] == "no-store"
    reject = next(one for one in response.json["actions"] if one["action"] == "reject")  # type: ignore[index]
    assert [(field["name"], field["required"]) for field in reject["fields"]] == [
        ("reason", True),
        ("sentence", True),
    ]
    codes = {choice["code"]: choice["decided_by"] for choice in reject["fields"][0]["choices"]}
    assert (codes["no-capacity"], codes["person-declined"]) == ("service", "person")


def test_a_refusal_without_a_sentence_is_sent_back(ward: Desk, house: Desk) -> None:
    handoff = ward.sent()
    response = house.act(handoff, "reject", reason="no-capacity")
    problem: Any = response.json
    assert (response.status_code, problem["code"]) == (422, "reason-needed")
    assert problem["errors"][0]["pointer"] == "/sentence"
    assert house.get(f"/handoffs/{handoff['id']}")["version"] == 1


def test_what_only_the_platform_does_is_no_route(ward: Desk, house: Desk) -> None:
    handoff = ward.sent()
    for action in ("expire", "lapse", "send"):
        assert house.ask("POST", f"/handoffs/{handoff['id']}/{action}", json={}).status_code == 404


def test_another_organisations_handoff_does_not_exist(ward: Desk, desk: DeskOf) -> None:
    handoff = ward.sent()
    strangers = desk(world.STRANGERS)
    for path in ("", "/actions", "/pack"):
        assert strangers.ask("GET", f"/handoffs/{handoff['id']}{path}").status_code == 404
    assert strangers.ask("GET", f"/referrals/{handoff['referral_id']}").status_code == 404
    headers = {"If-Match": '"1"'}
    path = f"/handoffs/{handoff['id']}/accept"
    foreign = strangers.ask("POST", path, json={}, headers=headers)
    unknown = strangers.ask("POST", f"/handoffs/{uuid4()}/accept", json={}, headers=headers)
    assert foreign.status_code == unknown.status_code == 404
    same = {"detail", "code", "title"}
    assert {k: foreign.json[k] for k in same} == {k: unknown.json[k] for k in same}  # type: ignore[index]
    assert strangers.get("/handoffs") == strangers.get("/referrals") == []
    assert strangers.get("/deadlines") == []


def test_the_sender_cannot_answer_for_the_recipient(ward: Desk) -> None:
    handoff = ward.sent()
    assert ward.act(handoff, "accept").json["code"] == "illegal-move"  # type: ignore[index]


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.EDITOR, Role.OPERATOR])
def test_other_roles_of_the_recipient_act_on_nothing(ward: Desk, desk: DeskOf, role: Role) -> None:
    handoff = ward.sent()
    other = desk(world.RESPONSE, role)
    for path in ("/handoffs", f"/handoffs/{handoff['id']}/pack", f"/handoffs/{handoff['id']}"):
        assert other.ask("GET", path).status_code == 403


def test_a_recipient_sees_its_own_part_and_not_who_declined_before(
    ward: Desk, house: Desk, desk: DeskOf, directory: Directory
) -> None:
    first = ward.sent()
    house.does(first, "reject", reason="no-capacity", sentence="Full until Friday.")
    directory.tell(world.agreement(world.WARD, world.ADVISERS))
    path = f"/referrals/{first['referral_id']}"
    ward.ask("POST", f"{path}/handoffs", json={"service_id": str(world.ADVICE)})
    story = desk(world.ADVISERS).get(path)
    assert [one["recipient"] for one in story["handoffs"]] == [str(world.ADVISERS)]
    assert story["person"] is None
    assert {one["recipient"] for one in story["disclosures"]} == {str(world.ADVISERS)}
    assert "Full until Friday." not in str(story)
    assert "Full until Friday." in str(ward.get(path))


def test_whoever_declined_may_not_read_the_pack_any_more(ward: Desk, house: Desk) -> None:
    handoff = ward.sent()
    path = f"/handoffs/{handoff['id']}/pack"
    assert house.get(path)["sections"]["identity"]["known_as"] == "Sam"
    house.does(handoff, "reject", reason="not-eligible", sentence="Under 18 only.")
    refused = house.ask("GET", path)
    assert (refused.status_code, refused.json["code"]) == (403, "pack-closed")  # type: ignore[index]
    (item,) = house.get("/handoffs?status=rejected")
    assert item["person_name"] is None
    assert ward.ask("GET", path).status_code == 200


def test_every_read_about_a_person_is_told_to_audit(
    ward: Desk, house: Desk, running: RunningService
) -> None:
    handoff = ward.sent()
    house.get("/handoffs")
    house.get(f"/handoffs/{handoff['id']}")
    house.get(f"/handoffs/{handoff['id']}/pack")
    house.get(f"/referrals/{handoff['referral_id']}")
    ward.get("/referrals")
    reads = [
        (envelope.event.what, envelope.actor.organisation, envelope.event.about)
        for envelope in world.envelopes(running)
        if isinstance(envelope.event, RecordRead)
    ]
    about = UUID(handoff["referral_id"])
    assert reads == [
        ("inbox", world.RESPONSE, world.RESPONSE),
        ("handoff", world.RESPONSE, about),
        ("pack", world.RESPONSE, about),
        ("referral", world.RESPONSE, about),
        ("referrals", world.WARD, world.WARD),
    ]


def test_the_inbox_is_ordered_by_urgency_then_by_what_is_due_and_pages_without_gaps(
    ward: Desk, house: Desk
) -> None:
    for urgency in ("routine", "emergency", "urgent", "routine", "emergency", "urgent", "routine"):
        ward.clock.advance(timedelta(minutes=1))
        ward.sent(urgency=urgency)
    seen: list[Any] = []
    path = "/handoffs?limit=3"
    while path:
        response = house.ask("GET", path)
        page: Any = response.json
        seen += page
        link = response.headers.get("Link", "")
        path = link.split(">")[0].split("/api/v1")[-1] if link else ""
    order = [item["handoff"]["urgency"] for item in seen]
    assert order == ["emergency"] * 2 + ["urgent"] * 2 + ["routine"] * 3
    within = [item["handoff"]["next_due"] for item in seen]
    assert within[0:2] == sorted(within[0:2])
    assert within[4:] == sorted(within[4:])
    assert len({item["handoff"]["id"] for item in seen}) == 7
    assert len(house.get("/handoffs?urgency=urgent")) == 2
    assert len(ward.get("/referrals?limit=2")) == 2


def test_an_entry_in_error_can_still_be_marked_when_all_is_over(
    ward: Desk, house: Desk, running: RunningService
) -> None:
    handoff = ward.sent()
    house.does(handoff, "reject", reason="no-capacity", sentence="All beds are taken.")
    ward.does(handoff, "mark-in-error", reason="wrong-person", sentence="Another Sam was meant.")
    assert ward.get(f"/referrals/{handoff['referral_id']}")["standing"] == "entered_in_error"
    assert isinstance(world.envelopes(running)[-2].event, told.HandoffEnteredInError)
    again = ward.ask("POST", f"/referrals/{handoff['referral_id']}/handoffs")
    assert again.json["code"] == "referral-closed"  # type: ignore[index]
