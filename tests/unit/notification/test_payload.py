"""What a webhook carries."""

from dataclasses import fields
from datetime import UTC, date, datetime
from typing import get_args, get_type_hints
from uuid import UUID, uuid4

import orjson

from onward.contracts import referral
from onward.contracts.partners import LEAVES, links_of, told_outside
from services.notification.domain.payload import LARGEST, body_of, facts_of
from services.notification.domain.rules import heard

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def request(needs: tuple[str, ...] = ("housing",)) -> referral.HandoffRequested:
    return referral.HandoffRequested(
        referral_id=uuid4(),
        handoff_id=uuid4(),
        service_id=uuid4(),
        sender=uuid4(),
        recipient=uuid4(),
        person_id=uuid4(),
        intent="referral",
        urgency="urgent",
        needs=needs,
        lawful_basis="direct-care",
        acknowledge_by=AT,
        answer_by=AT,
        expires_at=AT,
    )


def test_a_payload_says_which_handoff_and_leads_to_it_but_says_nothing_of_the_person() -> None:
    event = request()
    links = links_of(
        "https://onward.example", about=event.referral_id, handoff_id=event.handoff_id
    )
    body = body_of(key=event.key, occurred_at=AT, facts=facts_of(event), links=links)
    told = orjson.loads(body)
    assert told["type"] == "referral.handoff-requested.v1"
    assert told["timestamp"] == "2026-11-21T09:30:00+00:00"
    assert told["data"]["handoff_id"] == str(event.handoff_id)
    assert told["links"]["page"] == f"https://onward.example/referrals/{event.referral_id}"
    assert str(event.person_id) not in body.decode()
    assert "housing" not in body.decode()
    assert len(body) < LARGEST


def test_only_single_ids_codes_times_and_numbers_may_leave() -> None:
    for event in heard():
        hints = get_type_hints(event)
        for field in fields(event):  # type: ignore[arg-type]
            if field.name in LEAVES:
                kinds = set(get_args(hints[field.name]) or (hints[field.name],)) - {type(None)}
                assert kinds <= {UUID, str, int, bool, datetime, date}, (event.key, field.name)


def test_every_field_that_may_leave_belongs_to_an_event_we_hear() -> None:
    known = {field.name for event in heard() for field in fields(event)}  # type: ignore[arg-type]
    assert known >= LEAVES
    assert LEAVES.isdisjoint({"person_id", "needs", "fields"})


def test_the_catalogue_says_which_events_partners_hear() -> None:
    assert set(told_outside()) == heard()
