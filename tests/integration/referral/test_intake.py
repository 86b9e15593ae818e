"""Partners' systems hand over through the broker: in their own name, once, answered, unreadable to it."""

import sys
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import orjson
import pika.exceptions
import pytest
import sqlalchemy as sa
from flask import Flask
from joserfc import jwe
from joserfc.jwk import ECKey

from onward import tables
from onward.contracts.intake import ACTIONS, taken_by
from onward.intake.sealing import ALGORITHM, ENCRYPTION, published_keys
from onward.service import RunningService
from onward.settings import Settings
from services.referral.web import schemas
from tests.integration.referral.conftest import DeskOf, known
from tests.integration.referral.world import (
    HOUSE,
    PERSONAL,
    RESPONSE,
    SAM,
    TOLD,
    WARD,
    Directory,
    names_told,
)
from tests.support.partner import Partner
from tests.support.waiting import eventually

REFERRAL = {
    "person": SAM,
    "service_id": str(HOUSE),
    "urgency": "urgent",
    "lawful_basis": {"code": "direct-care"},
    "consent": {"given": True},
    "sections": TOLD,
}
ANY_ORIGIN = "http://127.0.0.1:8080"


def sealed(settings: Settings, data: object) -> dict[str, Any]:
    """Return the attributes of an event whose data only the platform can read."""
    (key,) = published_keys(settings.secret_key)["keys"]
    header = {"alg": ALGORITHM, "enc": ENCRYPTION, "kid": key["kid"]}
    text = jwe.encrypt_compact(header, orjson.dumps(data), ECKey.import_key(key))
    return {"datacontenttype": "application/jose", "data": text}


def submits(partner: Partner, settings: Settings, data: object = REFERRAL, **more: Any) -> str:
    return partner.sends("referral-submitted.v1", **sealed(settings, data), **more)


def test_a_sealed_referral_arrives_once_however_often_it_is_sent(
    ward_records: Partner, settings: Settings, running: RunningService, desk: DeskOf
) -> None:
    id_ = str(uuid4())
    for _ in range(3):
        submits(ward_records, settings, id=id_)
    answers = ward_records.hears(3)
    made = answers[0]["data"]
    assert made["event_id"] == id_
    assert made["links"]["made"] == f"{ANY_ORIGIN}/api/v1/referrals/{made['referral_id']}"
    assert [answer["data"]["handoff_id"] for answer in answers] == [made["handoff_id"]] * 3
    assert names_told(running).count("handoff-requested") == 1
    seen = desk(RESPONSE).get(f"/handoffs/{made['handoff_id']}")
    assert (seen["status"], seen["version"]) == ("requested", made["version"])
    assert not [word for word in PERSONAL if word in str(answers)]


def test_an_answer_goes_the_same_way_and_needs_no_version(
    ward_records: Partner, house_records: Partner, settings: Settings
) -> None:
    submits(ward_records, settings)
    handoff = ward_records.hears()[0]["data"]["handoff_id"]
    house_records.sends("handoff-moved.v1", {"handoff_id": handoff, "action": "accept"})
    (answer,) = house_records.hears()
    assert (answer["data"]["handoff_id"], answer["data"]["status"]) == (handoff, "accepted")
    stale = {"handoff_id": handoff, "action": "cancel", "version": 1}
    house_records.sends("handoff-moved.v1", stale | {"reason": "no-capacity"})
    assert house_records.refused()["code"] == "stale-version"


def test_how_somebody_is_travels_sealed_and_nowhere_else(
    ward_records: Partner, house_records: Partner, settings: Settings
) -> None:
    submits(ward_records, settings)
    handoff = ward_records.hears()[0]["data"]["handoff_id"]
    house_records.sends("handoff-moved.v1", {"handoff_id": handoff, "action": "accept"})
    house_records.hears()
    answers = {"satisfied": 4, "worthwhile": 5, "happy": 3, "anxious": 8}
    said = {"handoff_id": handoff, "instrument": "ons4", "occasion": "before", "answers": answers}
    house_records.sends("outcome-recorded.v1", said)
    assert house_records.refused()["code"] == "personal-details-in-the-open"
    house_records.sends("outcome-recorded.v1", **sealed(settings, said))
    (answer,) = house_records.hears()
    assert answer["data"]["handoff_id"] == handoff
    assert "anxious" not in str(answer)


def test_a_draft_handed_in_over_https_is_sent_by_its_id_alone(
    ward_records: Partner, desk: DeskOf, running: RunningService
) -> None:
    draft = desk(WARD).submit(draft=True).json
    assert draft
    ward_records.sends("referral-sent.v1", {"referral_id": draft["referral"]["id"]})
    (answer,) = ward_records.hears()
    assert answer["data"]["referral_id"] == draft["referral"]["id"]
    assert "handoff-requested" in names_told(running)


def test_the_broker_lets_a_partner_speak_only_in_its_own_name(
    ward_records: Partner, house_records: Partner, running: RunningService
) -> None:
    with pytest.raises(pika.exceptions.ChannelClosedByBroker, match="403"):
        ward_records.sends_bytes("referral-sent.v1", b"{}", organisation=RESPONSE)
    with pytest.raises(pika.exceptions.ChannelClosedByBroker, match="406"):
        ward_records.sends_bytes("referral-sent.v1", b"{}", user_id=house_records.client_id)
    overheard = replace(ward_records, organisation=RESPONSE)
    with pytest.raises(pika.exceptions.ChannelClosedByBroker, match="403"):
        overheard.hears()
    assert names_told(running) == []


def test_personal_details_in_the_open_are_refused_and_named_to_nobody(
    ward_records: Partner, running: RunningService
) -> None:
    ward_records.sends("referral-submitted.v1", REFERRAL)
    problem = ward_records.refused()
    assert problem["code"] == "personal-details-in-the-open"
    assert not [word for word in PERSONAL if word in str(problem)]
    with running.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.parked)) == 0


def test_a_mistake_is_answered_with_its_place_in_the_event(
    ward_records: Partner, settings: Settings
) -> None:
    submits(ward_records, settings, {**REFERRAL, "service_id": "the house", "colour": "red"})
    problem = ward_records.refused()
    assert {error["pointer"] for error in problem["errors"]} == {
        "/data/service_id",
        "/data/colour",
    }
    ward_records.sends_bytes("referral-sent.v1", b"{")
    assert ward_records.refused()["code"] == "json-broken"
    ward_records.sends("referral-sent.v1", {"referral_id": "../../oauth"})
    assert ward_records.refused()["errors"][0]["pointer"] == "/data/referral_id"
    ward_records.sends("referral-sent.v1", {"referral_id": str(uuid4())})
    unknown = ward_records.refused()
    assert unknown["code"] == "not-found"
    assert [error["pointer"] for error in unknown["errors"]] == ["/data/referral_id"]
    submits(ward_records, settings, {**without_person(), "person_id": str(uuid4())})
    nobody = ward_records.refused()
    assert [error["pointer"] for error in nobody["errors"]] == ["/data/person_id"]
    ward_records.sends("handoff-moved.v1", {"handoff_id": str(uuid4()), "action": "dance"})
    (wrong,) = ward_records.refused()["errors"]
    assert wrong["pointer"] == "/data/action"
    assert "accept" in wrong["detail"]


def without_person() -> dict[str, object]:
    return {name: value for name, value in REFERRAL.items() if name != "person"}


def test_an_answer_names_the_event_even_where_it_could_not_be_taken(
    ward_records: Partner, settings: Settings
) -> None:
    id_ = submits(ward_records, settings, specversion="0.3")
    (answer,) = ward_records.hears()
    assert answer["data"]["event_id"] == id_
    assert answer["data"]["problem"]["errors"][0]["pointer"] == "/specversion"


def test_an_id_that_was_used_for_something_else_is_refused_in_the_words_of_events(
    ward_records: Partner, settings: Settings, running: RunningService
) -> None:
    id_ = submits(ward_records, settings)
    ward_records.hears()
    submits(ward_records, settings, {**REFERRAL, "urgency": "routine"}, id=id_)
    problem = ward_records.refused()
    assert problem["code"] == "event-id-reused"
    assert problem["errors"][0]["pointer"] == "/id"
    assert names_told(running).count("handoff-requested") == 1


def test_events_are_told_apart_by_id_and_source_however_these_are_written(
    ward_records: Partner, settings: Settings, running: RunningService
) -> None:
    long = "r" * 95
    named = [("ward:a", "b"), ("ward", "a:b"), (long, long + "1"), (long + "1", long)]
    for source, id_ in [*named, *named]:
        submits(ward_records, settings, source=source, id=id_)
    made = [answer["data"]["referral_id"] for answer in ward_records.hears(8)]
    assert made[:4] == made[4:]
    assert len({*made}) == 4


def test_who_does_not_say_who_they_are_or_was_shut_out_is_refused(
    ward_records: Partner, settings: Settings, directory: Directory
) -> None:
    ward_records.sends_bytes("referral-sent.v1", b"{}", user_id=None)
    assert ward_records.refused()["code"] == "event-malformed"
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "crm",
        "type": "uk.onward.referral-sent.v1",
        "data": {"referral_id": str(UUID(int=9))},
    }
    ward_records.sends_bytes("referral-sent.v1", orjson.dumps(event), user_id=None)
    assert ward_records.refused()["code"] == "sender-missing"
    ward_records.sends_bytes("referral-sent.v1", orjson.dumps(event))
    assert ward_records.refused()["code"] == "not-found"
    known(directory, ward_records, "closed")
    ward_records.sends_bytes("referral-sent.v1", orjson.dumps(event))
    assert ward_records.refused()["code"] == "system-unknown"


def test_what_our_own_application_breaks_on_is_parked_and_its_sender_told(
    ward_records: Partner,
    running: RunningService,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks(*_: object) -> None:
        raise RuntimeError

    routes = sys.modules["services.referral.web.referrals"]
    monkeypatch.setattr(routes, "submit", breaks)
    submits(ward_records, settings)
    assert ward_records.refused()["code"] == "unexpected"
    with running.engine.connect() as connection:
        parked = connection.execute(sa.select(tables.parked.c.code, tables.parked.c.body)).all()
    assert [row.code for row in parked] == ["intake-failed"]
    assert not [word for word in PERSONAL if word.encode() in bytes(parked[0].body)]
    monkeypatch.undo()
    submits(ward_records, settings)
    assert ward_records.hears()[0]["type"] == "uk.onward.intake.accepted.v1"


def test_a_message_waits_while_the_database_is_away(
    ward_records: Partner, running: RunningService, settings: Settings, listening: None
) -> None:
    with running.engine.begin() as connection:
        connection.execute(sa.text("LOCK TABLE idempotency IN ACCESS EXCLUSIVE MODE"))
        submits(ward_records, settings)
        eventually(lambda: _waits(running), within=10)
    assert ward_records.hears()[0]["type"] == "uk.onward.intake.accepted.v1"
    assert names_told(running).count("handoff-requested") == 1


def _waits(running: RunningService) -> bool:
    query = sa.text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with running.engine.connect() as connection:
        return bool(connection.scalar(query))


def test_every_event_a_partner_may_send_has_its_route(app: Flask) -> None:
    adapter = app.url_map.bind("")
    ids = dict.fromkeys(("referral_id", "handoff_id", "appointment_id"), UUID(int=1))
    example = {**ids, "action": "accept"}
    for event in taken_by("referral"):
        assert adapter.test(event.path.format(**example), method=event.method)
        if event.newest:
            assert adapter.test(event.newest.format(**example), method="GET")


def test_an_event_may_ask_for_whatever_a_request_may() -> None:
    assert ACTIONS == schemas.ACTIONS
