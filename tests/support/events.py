"""Events to test with: any declared one by hypothesis, and plain ones by hand."""

import types
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID, uuid4

from hypothesis import strategies as st

from onward.contracts import declared
from onward.contracts.access import RecordRead
from onward.contracts.base import Event
from onward.contracts.directory import PlaceQueued
from onward.contracts.referral import MessageSent
from onward.envelope import Envelope
from onward.identity import Actor, Role
from onward.ids import new_id

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ACTOR = Actor(principal="worker:1b671a64", organisation=UUID(int=7), role=Role.CASEWORKER)

moments = st.datetimes(timezones=st.just(UTC)).filter(lambda at: at.year > 1)
_SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    UUID: st.uuids(),
    str: st.text(max_size=40),
    int: st.integers(-(2**63), 2**63 - 1),
    bool: st.booleans(),
    datetime: moments,
    date: st.dates(),
}


def events() -> st.SearchStrategy[Event]:
    """Return a strategy for every event the contracts declare."""
    return st.one_of([event_of(made) for made in declared().values()])


def envelopes() -> st.SearchStrategy[Envelope]:
    """Return a strategy for any event with any origin."""
    visible = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
    actors = st.builds(
        Actor,
        principal=st.text(max_size=60),
        organisation=st.none() | st.uuids(),
        role=st.sampled_from(Role),
    )
    return st.builds(
        Envelope,
        id=st.uuids(),
        source=visible.filter(lambda source: not source.startswith("/")),
        sequence=st.integers(1, 2**63 - 1),
        occurred_at=moments,
        correlation_id=st.uuids(),
        causation_id=st.none() | st.uuids(),
        actor=actors,
        traceparent=st.none() | visible,
        event=events(),
    )


def event_of(made: type[Event]) -> st.SearchStrategy[Event]:
    """Return a strategy for any event of type *made*."""
    hints = get_type_hints(made)
    names = [field.name for field in fields(made)]  # type: ignore[arg-type]
    return st.builds(made, **{name: _value(hints[name]) for name in names})


def _value(hint: Any) -> st.SearchStrategy[Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return st.one_of(
            [st.none() if one is types.NoneType else _value(one) for one in arguments]
        )
    if origin is tuple:
        return st.lists(_value(arguments[0]), max_size=4).map(tuple)
    return _SCALARS[hint]


def told(
    subject: UUID,
    sequence: int,
    *,
    event: Event | None = None,
    source: str = "directory",
    what: str = "note",
    id_: UUID | None = None,
) -> Envelope:
    """Return event number *sequence* of its line: by default a place queued, at *sequence*."""
    made = event or PlaceQueued(
        handoff_id=subject,
        referral_id=subject,
        service_id=subject,
        position=sequence,
        band=what,
        waiting_since=NOON,
    )
    return Envelope(
        id=id_ or new_id(),
        source=source,
        sequence=sequence,
        occurred_at=NOON,
        correlation_id=uuid4(),
        causation_id=None,
        actor=ACTOR,
        event=made,
    )


def line(subject: UUID, length: int, *, what: str = "note") -> Sequence[Envelope]:
    """Return the first *length* events about *subject*, in order."""
    return [told(subject, number, what=what) for number in range(1, length + 1)]


def written(about: UUID) -> MessageSent:
    """Return an event that somebody waits for."""
    return MessageSent(
        referral_id=about,
        handoff_id=about,
        service_id=about,
        sender=about,
        recipient=about,
        message_id=uuid4(),
        by="sender",
    )


def read(about: UUID, records: int = 1) -> RecordRead:
    """Return an event that any service may publish."""
    return RecordRead(about=about, what="referral", purpose="direct-care", records=records)
