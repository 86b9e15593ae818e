"""Leaves: canonical, pseudonymous, and read back as they were written."""

import json
from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any, get_type_hints
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.contracts import declared, directory
from onward.contracts.base import Event
from onward.identity import Actor
from services.audit.domain.leaf import Outcome, Stored, canonical, is_whole, leaf_of, read
from tests.unit.audit.story import HOUSE, HOUSE_WORKER, MONDAY, SPACE, WARD, Story

EXAMPLES: dict[Any, Any] = {
    UUID: SPACE,
    str: "code",
    int: 3,
    bool: True,
    datetime: datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
    date: date(2026, 11, 21),
    tuple[str, ...]: ("a", "b"),
    tuple[UUID, ...]: (WARD, HOUSE),
}


def example(made: type[Event]) -> Event:
    """Return an event of a declared kind with every field filled."""
    kind: Any = made
    hints = get_type_hints(kind)
    values = {}
    for field in fields(kind):
        hint = hints[field.name]
        optional = [arm for arm in getattr(hint, "__args__", ()) if arm is not type(None)]
        values[field.name] = EXAMPLES[hint] if hint in EXAMPLES else EXAMPLES[optional[0]]
    event: Event = kind(**values)
    return event


@pytest.mark.parametrize("key", sorted(declared()))
def test_every_declared_event_makes_a_leaf_that_reads_back(key: str) -> None:
    envelope = Story().tell(example(declared()[key]), HOUSE_WORKER)
    leaf = leaf_of(envelope, recorded=MONDAY)
    facts = read(leaf.body)
    assert (facts.event, facts.action, facts.sequence) == (envelope.id, key, envelope.sequence)
    assert (facts.who, facts.organisation) == (HOUSE_WORKER.principal, HOUSE)
    assert facts.occurred == envelope.occurred_at
    row = Stored(
        number=0,
        body=leaf.body,
        hash=leaf.hash,
        event=str(leaf.event_id),
        action=leaf.action,
        occurred=leaf.occurred,
        principal=leaf.principal,
        organisation=str(leaf.organisation),
        referral=str(leaf.referral) if leaf.referral else None,
    )
    assert is_whole(row)
    for place in range(1, len(row)):
        altered: Any = (*row[:place], b"another", *row[place + 1 :])
        assert not is_whole(Stored(*altered))


@pytest.mark.parametrize("key", sorted(declared()))
def test_a_leaf_is_spelled_canonically(key: str) -> None:
    leaf = leaf_of(Story().tell(example(declared()[key]), HOUSE_WORKER), recorded=MONDAY)
    spelled = json.dumps(json.loads(leaf.body), sort_keys=True, separators=(",", ":"))
    assert leaf.body == spelled.encode()
    assert b"null" not in leaf.body


def _plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(_plain(item) for item in value.values())
    if isinstance(value, list):
        return all(_plain(item) for item in value)
    return type(value) in {str, int}


@pytest.mark.parametrize("key", sorted(declared()))
def test_a_leaf_holds_only_text_and_whole_numbers(key: str) -> None:
    leaf = leaf_of(Story().tell(example(declared()[key]), HOUSE_WORKER), recorded=MONDAY)
    assert _plain(json.loads(leaf.body))


@given(st.dictionaries(st.text("abc_-é💡"), st.text() | st.integers(-(2**63), 2**63 - 1)))
def test_the_canonical_form_is_the_one_any_reader_computes(document: dict[str, Any]) -> None:
    spelled = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert canonical(document) == spelled.encode()


def test_names_and_mailboxes_stay_out() -> None:
    event = directory.OrganisationPublished(
        organisation_id=HOUSE, name="Response", kind="charity", mailbox="team@example.org"
    )
    body = leaf_of(Story().tell(event, HOUSE_WORKER), recorded=MONDAY).body
    assert b"Response" not in body
    assert b"team@example.org" not in body


def test_what_the_platform_does_by_itself_names_no_organisation() -> None:
    told = Story().tell(
        example(declared()["referral.handoff-expired.v1"]), Actor.service("referral")
    )
    facts = read(leaf_of(told, recorded=MONDAY).body)
    assert facts.who == "service:referral"
    assert facts.organisation is None


def test_a_refusal_reads_as_one() -> None:
    told = Story().tell(example(declared()["access.refused.v1"]), HOUSE_WORKER)
    assert read(leaf_of(told, recorded=MONDAY).body).outcome is Outcome.REFUSED
