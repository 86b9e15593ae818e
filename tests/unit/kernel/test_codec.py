"""What is told arrives as it was told, and what is no event of ours is refused, whatever it is."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onward import codec
from onward.codec import UndecodableError, decode, encode, upcaster
from onward.contracts import base
from onward.contracts.base import Event, event
from onward.contracts.directory import PlaceQueued
from onward.envelope import Envelope
from tests.support.events import envelopes, told

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
hostile = json_values | st.sampled_from(
    ["", "\x00", "0", "-1", "9" * 30, "1_0", " 7 ", "½", "0001-01-01T00:00:00+23:59", "🂡", "1.0"]
)


def document(envelope: Envelope | None = None) -> dict[str, Any]:
    made: dict[str, Any] = orjson.loads(encode(envelope or told(uuid4(), 1)))
    return made


def refused(body: bytes) -> UndecodableError:
    with pytest.raises(UndecodableError) as caught:
        decode(body)
    return caught.value


@given(envelopes())
@settings(max_examples=300, deadline=None)
def test_every_declared_event_arrives_as_it_was_told(envelope: Envelope) -> None:
    assert decode(encode(envelope)) == envelope


@given(envelopes())
@settings(max_examples=50, deadline=None)
def test_the_cloudevents_sdk_reads_what_we_tell(envelope: Envelope) -> None:
    read = JSONFormat().read(CloudEvent, encode(envelope))
    assert read.get_id() == str(envelope.id)
    assert read.get_source() == f"/{envelope.source}"
    assert read.get_type() == f"uk.onward.{envelope.event.key}"
    assert read.get_subject() == str(envelope.subject)
    assert read.get_time() == envelope.occurred_at
    assert int(read.get_extension("sequence")) == envelope.sequence


def test_we_read_what_the_cloudevents_sdk_tells() -> None:
    handoff = uuid4()
    attributes: dict[str, Any] = {
        "type": "uk.onward.directory.place-queued.v1",
        "source": "/directory",
        "subject": str(handoff),
        "time": datetime(2026, 11, 23, 12, tzinfo=UTC),
        "sequence": "0000000003",
        "correlationid": str(uuid4()),
        "actor": "service:directory",
        "actorrole": "service",
    }
    data = {
        "handoff_id": str(handoff),
        "referral_id": str(uuid4()),
        "service_id": str(uuid4()),
        "position": 2,
        "band": "urgent",
        "waiting_since": "2026-11-23T13:00:00+01:00",
    }
    read = decode(JSONFormat().write(CloudEvent(attributes, data)))
    assert (read.source, read.sequence) == ("directory", 3)
    assert isinstance(read.event, PlaceQueued)
    assert read.event.waiting_since == datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_field_that_a_newer_producer_added_is_ignored() -> None:
    envelope = told(uuid4(), 1)
    newer = document(envelope)
    newer["data"]["colour"] = "blue"
    newer["extension"] = "new"
    assert decode(orjson.dumps(newer)) == envelope


def test_an_older_event_is_brought_up_to_the_newest_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(base, "_declared", dict(base._declared))
    monkeypatch.setattr(codec, "_upcasters", {})

    @event("sample.bed-counted.v2", subject="bed_id")
    class BedCounted(Event):
        bed_id: UUID
        minutes: int

    @upcaster("sample.bed-counted.v1", "sample.bed-counted.v2")
    def hours_to_minutes(data: codec.Data) -> codec.Data:
        return {"bed_id": data["bed_id"], "minutes": data["hours"] * 60}

    bed = uuid4()
    old = document(told(bed, 4))
    old |= {
        "type": "uk.onward.sample.bed-counted.v1",
        "data": {"bed_id": str(bed), "hours": 2},
    }
    assert decode(orjson.dumps(old)).event == BedCounted(bed_id=bed, minutes=120)
    del old["data"]["hours"]
    assert refused(orjson.dumps(old)).code == "wrong-schema"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"NaN", b"[" * 100_000, b'{"a":1}x'])
def test_bytes_that_are_no_json_are_called_so(body: bytes) -> None:
    assert refused(body).code == "broken-json"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("specversion", "0.3"),
        ("specversion", None),
        ("id", "not-a-uuid"),
        ("source", 7),
        ("source", "/referral\x00"),
        ("source", "/" + "r" * 300),
        ("type", None),
        ("subject", "nobody"),
        ("sequence", "-1"),
        ("sequence", "0"),
        ("sequence", 1),
        ("sequence", "9" * 19),
        ("sequence", "٣"),
    ],
)
def test_an_event_without_a_usable_place_in_line_is_none(name: str, value: object) -> None:
    error = refused(orjson.dumps(document() | {name: value}))
    assert error.code == "not-cloudevents"
    assert error.identity is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("time", "yesterday"),
        ("time", "2026-11-23T12:00:00"),
        ("time", "0001-01-01T00:00:00+23:59"),
        ("correlationid", "x"),
        ("causationid", "x"),
        ("actor", None),
        ("actorrole", "king"),
        ("actororganisation", 5),
        ("traceparent", {"a": 1}),
    ],
)
def test_an_event_of_broken_origin_keeps_its_place_in_line(name: str, value: object) -> None:
    envelope = told(uuid4(), 9)
    error = refused(orjson.dumps(document(envelope) | {name: value}))
    assert error.code == "not-cloudevents"
    assert error.identity
    assert error.identity.line == envelope.line
    assert error.identity.sequence == 9


def test_an_event_that_nobody_declared_is_unknown_and_keeps_its_place_in_line() -> None:
    envelope = told(uuid4(), 2)
    later = document(envelope) | {"type": "uk.onward.directory.roof-mended.v1"}
    error = refused(orjson.dumps(later))
    assert error.code == "unknown-type"
    assert error.identity
    assert error.identity.line == envelope.line


@pytest.mark.parametrize(
    "wrong",
    [
        {"position": None},
        {"position": "1"},
        {"position": True},
        {"position": 1.5},
        {"handoff_id": "x"},
        {"handoff_id": str(UUID(int=0))},
        {"band": 3},
        {"waiting_since": "2026-11-23T12:00:00"},
        {"waiting_since": "9999-12-31T23:59:59-23:59"},
    ],
)
def test_data_that_breaks_its_declaration_is_refused(wrong: dict[str, object]) -> None:
    broken = document()
    broken["data"] |= wrong
    assert refused(orjson.dumps(broken)).code == "wrong-schema"


@pytest.mark.parametrize("data", [None, [], "x", {}])
def test_data_that_is_no_object_or_lacks_a_field_is_refused(data: object) -> None:
    assert refused(orjson.dumps(document() | {"data": data})).code == "wrong-schema"


@given(st.dictionaries(st.sampled_from(sorted(document())), hostile, max_size=3), st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_arrives_is_read_or_refused_and_can_be_stored(
    wrong: dict[str, object], data: st.DataObject
) -> None:
    altered = document() | wrong
    if isinstance(altered["data"], dict):
        altered["data"] |= data.draw(
            st.dictionaries(st.sampled_from(["position", "band", "waiting_since"]), hostile)
        )
    try:
        envelope = decode(json.dumps(altered).encode())
    except UndecodableError as error:
        if error.identity is None:
            return
        source, stream, key = error.identity.source, error.identity.line[1], error.identity.key
        sequence = error.identity.sequence
    else:
        source, stream, _ = envelope.line
        key, sequence = envelope.event.key, envelope.sequence
    assert "\x00" not in source + stream + key
    assert 0 < sequence < 2**63


def test_an_absent_detail_is_left_out_of_the_bytes() -> None:
    envelope = replace(told(uuid4(), 1), causation_id=None, traceparent=None)
    assert not {"causationid", "traceparent"} & document(envelope).keys()
