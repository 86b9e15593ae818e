"""What is kept long enough is disposed of, unless somebody put it under legal hold."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from flask import Flask

from onward.clock import ManualClock
from onward.contracts.access import (
    AdviceDisposed,
    HoldEnded,
    HoldPlaced,
    PersonErased,
    RecordDisposed,
)
from onward.contracts.base import Event
from onward.identity import Role
from onward.ids import reference
from onward.service import RunningService
from onward.settings import Settings
from services.referral import timers
from services.referral.handlers.retaining import dispose, place_hold
from services.referral.storage.vault import vault_for
from tests.integration.referral import world
from tests.integration.referral.conftest import DeskOf
from tests.integration.referral.worker import Worker
from tests.integration.referral.world import Desk

YEAR = timedelta(days=366)
"""Long enough for any year."""
INQUEST = {"reason": "inquiry", "sentence": "Quillfeather's inquest began."}


@pytest.fixture
def auditor(desk: DeskOf) -> Desk:
    return desk(world.STRANGERS, Role.AUDITOR)


@pytest.fixture
def declined(ward: Desk, house: Desk) -> Any:
    """Return a handoff that was declined, after words and a file."""
    handoff = ward.sent()
    for desk in (ward, house):
        words = {"text": "About the landlord.", "visibility": "both"}
        desk.ask("POST", f"/handoffs/{handoff['id']}/messages", json=words)
    house.does(handoff, "reject", reason="no-capacity", sentence="Full.")
    return handoff


def told(running: RunningService, *kinds: type[Event]) -> list[Any]:
    return [each.event for each in world.envelopes(running) if isinstance(each.event, kinds)]


def disposed(running: RunningService) -> list[str]:
    timers.dispose_of_what_is_due(running)
    return [event.kind for event in told(running, RecordDisposed)]


def rows(running: RunningService, table: str) -> int:
    with running.database.transaction() as uow:
        return int(uow.connection.scalar(sa.text(f"SELECT count(*) FROM {table}")) or 0)


def has_key(running: RunningService) -> bool:
    with running.database.transaction() as uow:
        return uow.connection.scalar(sa.text("SELECT wrapped_key FROM persons")) is not None


def dies_before_the_commit(running: RunningService) -> None:
    with running.database.transaction() as uow:
        assert dispose(uow, most=100) == 2
        raise KeyboardInterrupt


def hold(desk: Desk, **about: Any) -> Any:
    return desk.ask("POST", "/retention/holds", json={**INQUEST, **about})


def test_first_the_copy_goes_then_the_key_and_the_story_remains(
    running: RunningService, clock: ManualClock, ward: Desk, declined: Any
) -> None:
    clock.advance(2 * YEAR - timedelta(days=10))
    assert disposed(running) == []
    clock.advance(timedelta(days=10))
    assert disposed(running) == ["not-accepted"]
    assert (rows(running, "packs"), rows(running, "messages")) == (0, 0)
    story = ward.get(f"/referrals/{declined['referral_id']}")
    assert story["person"]["family_name"] == "Quillfeather"  # the sender's own record has time yet
    assert story["disclosures"]
    clock.advance(4 * YEAR - timedelta(days=30))
    assert disposed(running) == ["not-accepted"]
    clock.advance(timedelta(days=30))
    assert disposed(running) == ["not-accepted", "record-of-partner"]
    assert not has_key(running)
    assert [event.reason for event in told(running, PersonErased)] == ["retention-over"]
    story = ward.get(f"/referrals/{declined['referral_id']}")
    assert [step["action"] for step in story["steps"]] == ["send", "reject"]
    assert len(disposed(running)) == 2


def test_what_is_in_use_is_kept_for_ever(
    running: RunningService, clock: ManualClock, ward: Desk, house: Desk
) -> None:
    house.does(ward.sent(), "accept")
    clock.advance(30 * YEAR)
    assert disposed(running) == []
    assert has_key(running)


def test_somebody_for_whom_nothing_was_sent_goes_after_a_year(
    running: RunningService, clock: ManualClock, ward: Desk
) -> None:
    assert ward.submit(draft=True).status_code == 201
    clock.advance(YEAR)
    assert disposed(running) == ["never-sent"]
    assert not has_key(running)


@pytest.mark.parametrize("whole", [True, False])
def test_a_legal_hold_stops_it_until_it_is_lifted(
    *,
    whole: bool,
    running: RunningService,
    clock: ManualClock,
    auditor: Desk,
    desk: DeskOf,
    declined: Any,
) -> None:
    name = "person_id" if whole else "referral_id"
    placed = hold(auditor, **{name: declined[name]})
    assert placed.status_code == 201, placed.json
    assert [str(event.about) for event in told(running, HoldPlaced)] == [declined["referral_id"]]
    clock.advance(30 * YEAR)
    assert disposed(running) == []
    operator = desk(world.STRANGERS, Role.OPERATOR)
    path = f"/people/{declined['person_id']}/erasure"
    refused = operator.ask("POST", path, json={"reason": "requested"})
    assert (refused.status_code, refused.json["code"]) == (409, "record-held")  # type: ignore[index]
    (held,) = auditor.get("/retention")["held"]
    assert held["due_at"] < clock.now().isoformat()

    lifted = f"/retention/holds/{placed.json['id']}"
    assert auditor.ask("DELETE", lifted).status_code == 204
    assert auditor.ask("DELETE", lifted).status_code == 404
    assert sorted(disposed(running)) == ["not-accepted", "record-of-partner"]
    assert [event.reason for event in told(running, HoldEnded)] == ["lifted"]


def test_questions_for_advice_go_after_two_years_those_behind_a_referral_with_its_record(
    running: RunningService, clock: ManualClock, ward: Desk, house: Desk, auditor: Desk
) -> None:
    question = {"service_id": str(world.HOUSE), "text": "Is there a lift?"}
    asked: list[Any] = [ward.ask("POST", "/advice", json=question).json for _ in range(3)]
    alone, behind, fresh = asked
    handoff = ward.sent(advice_id=behind["id"])
    house.does(handoff, "reject", reason="no-capacity", sentence="Full.")
    clock.advance(YEAR)
    house.ask("POST", f"/advice/{fresh['id']}/words", json={"text": "There is."})
    clock.advance(YEAR - timedelta(days=10))
    (due,) = auditor.get("/retention")["questions"]
    assert due["advice_id"] == alone["id"]
    clock.advance(timedelta(days=10))
    timers.dispose_of_what_is_due(running)
    assert [str(one.about) for one in told(running, AdviceDisposed)] == [alone["id"]]
    assert ward.ask("GET", f"/advice/{alone['id']}").status_code == 404
    assert ward.get(f"/advice/{behind['id']}")["words"]
    clock.advance(5 * YEAR)
    timers.dispose_of_what_is_due(running)
    assert (rows(running, "advice"), rows(running, "advice_words")) == (0, 0)


def test_a_hold_with_a_last_day_ends_after_it(
    running: RunningService, clock: ManualClock, auditor: Desk, declined: Any
) -> None:
    until = (clock.now() + 3 * YEAR).date().isoformat()
    assert hold(auditor, referral_id=declined["referral_id"], until=until).status_code == 201
    clock.advance(3 * YEAR)
    assert disposed(running) == []
    clock.advance(timedelta(days=1))
    assert disposed(running) == ["not-accepted"]
    assert [event.reason for event in told(running, HoldEnded)] == ["over"]


def test_who_dies_in_the_middle_has_disposed_of_nothing(
    running: RunningService, clock: ManualClock, declined: Any
) -> None:
    assert declined
    clock.advance(30 * YEAR)
    with pytest.raises(KeyboardInterrupt):
        dies_before_the_commit(running)
    assert has_key(running)
    assert rows(running, "packs")
    assert told(running, RecordDisposed, PersonErased) == []
    assert len(disposed(running)) == 2
    assert (has_key(running), rows(running, "packs")) == (False, 0)


def test_hold_and_disposal_do_not_overtake_each_other(
    running: RunningService, clock: ManualClock, auditor: Desk, settings: Settings, declined: Any
) -> None:
    clock.advance(30 * YEAR)
    with running.database.transaction(actor=auditor.actor) as uow:
        held = place_hold(
            uow,
            vault_for(settings.secret_key),
            person_id=UUID(declined["person_id"]),
            referral_id=None,
            until=None,
            **INQUEST,
        )
        assert disposed(running) == []  # the record is locked: whoever holds it comes first
    assert disposed(running) == []
    assert auditor.ask("DELETE", f"/retention/holds/{held.id}").status_code == 204
    assert len(disposed(running)) == 2
    late = hold(auditor, person_id=declined["person_id"])
    assert (late.status_code, late.json["code"]) == (409, "person-erased")


def test_what_cannot_be_held_is_refused_with_what_to_change(
    auditor: Desk, ward: Desk, declined: Any
) -> None:
    both = {name: declined[name] for name in ("person_id", "referral_id")}
    for about in ({}, both, {"person_id": declined["person_id"], "until": "2020-01-01"}):
        refused = hold(auditor, **about)
        assert refused.status_code == 422
        assert refused.json["errors"]
    assert hold(auditor, referral_id=str(uuid4())).status_code == 404
    assert hold(ward, referral_id=declined["referral_id"]).status_code == 403


def test_no_event_or_table_repeats_why_something_is_held(
    running: RunningService, auditor: Desk, declined: Any
) -> None:
    assert hold(auditor, person_id=declined["person_id"]).status_code == 201
    assert not any("inquest" in text for _, text in world.cells(running))


def test_an_auditor_holds_and_lifts_on_a_page_and_the_parties_see_it(
    running: RunningService,
    app: Flask,
    settings: Settings,
    clock: ManualClock,
    ward: Desk,
    declined: Any,
) -> None:
    auditor = Worker(app, settings, clock, world.STRANGERS, Role.AUDITOR)
    page = auditor.sees("/retention")
    wrong = auditor.sends(page, "/retention/holds", referral_id="nonsense", reason="inquiry")
    assert wrong.status_code == 422
    assert "all 36 signs" in wrong.text
    done = auditor.sends(page, "/retention/holds", referral_id=declined["referral_id"], **INQUEST)
    page = auditor.after(done)
    assert f"Referral {reference(UUID(declined['referral_id']))}" in page
    seen = Worker(app, settings, clock, world.WARD).sees(f"/referrals/{declined['referral_id']}")
    assert "Under legal hold" in seen
    assert "Nothing is under legal hold" in auditor.after(auditor.sends(page, "/lift"))
    clock.advance(2 * YEAR - timedelta(days=80))
    assert (
        "not accepted"
        in Worker(app, settings, clock, world.STRANGERS, Role.AUDITOR).sees("/retention").lower()
    )
    assert ward.get(f"/referrals/{declined['referral_id']}")
    assert disposed(running) == []
