"""What is published about the events is true: schemas, snapshots, AsyncAPI, table."""

import json
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker

from onward import codec
from onward.catalogue import (
    asyncapi_of_partners,
    asyncapi_of_services,
    breaking_changes,
    described,
    envelope_schema,
    events_table,
    json_schema,
    known_problems,
    marshmallow_schema,
)
from onward.catalogue.__main__ import broken_promises, main
from onward.catalogue.examples import queue_example, webhook_example
from onward.catalogue.problems import FILE, problems_json
from onward.catalogue.snapshots import FOLDER, current, frozen
from onward.catalogue.table import put_between_marks
from onward.contracts import declared
from onward.contracts.audit import TamperingFound
from onward.contracts.base import Event
from onward.contracts.intake import INTAKE
from onward.contracts.partners import LEAVES, links_of, told_outside
from onward.contracts.referral import HandoffCancelled
from onward.envelope import Envelope
from onward.identity import Actor, Role
from services.notification.domain.payload import body_of, event_of, facts_of

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
WRITE = "Run: python -m onward.catalogue --write"

values: dict[Any, st.SearchStrategy[Any]] = {
    UUID: st.uuids(),
    str: st.text(min_size=1, max_size=20),
    int: st.integers(0, 2**31),
    bool: st.booleans(),
    datetime: st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    date: st.dates(date(2000, 1, 1), date(2100, 1, 1)),
}


@st.composite
def envelopes(draw: st.DrawFn) -> Envelope:
    event = draw(st.sampled_from(sorted(declared().values(), key=lambda event: event.key)))
    given_fields = {}
    for field in described(event):
        if field.required or draw(st.booleans()):
            one = values[field.type]
            given_fields[field.name] = draw(
                st.lists(one, max_size=3).map(tuple) if field.many else one
            )
    return Envelope(
        id=uuid4(),
        source="referral",
        sequence=draw(st.integers(1, 10**9)),
        occurred_at=draw(values[datetime]),
        correlation_id=uuid4(),
        causation_id=draw(st.none() | st.uuids()),
        actor=Actor(
            principal="worker:kim", organisation=draw(st.none() | st.uuids()), role=Role.CASEWORKER
        ),
        event=event(**given_fields),
    )


@given(envelopes())
def test_whatever_is_sent_agrees_with_the_published_schemas(envelope: Envelope) -> None:
    sent = json.loads(codec.encode(envelope))

    checker = FormatChecker()
    Draft202012Validator(envelope_schema(), format_checker=checker).validate(sent)
    schema = json_schema(type(envelope.event))
    Draft202012Validator(schema, format_checker=checker).validate(sent["data"])


schemas = {key: marshmallow_schema(event) for key, event in declared().items()}


@given(envelopes())
def test_marshmallow_reads_an_event_as_the_codec_does(envelope: Envelope) -> None:
    event = type(envelope.event)
    sent = json.loads(codec.encode(envelope))
    loaded = schemas[event.key].load({**sent["data"], "added_later": 1})
    listed = {field.name for field in described(event) if field.many}

    assert event(**{name: tuple(v) if name in listed else v for name, v in loaded.items()}) == (
        codec.decode(json.dumps(sent).encode()).event
    )


@pytest.mark.parametrize("key", sorted(declared()))
def test_a_schema_says_what_the_declaration_says(key: str) -> None:
    event = declared()[key]
    schema = json_schema(event)

    Draft202012Validator.check_schema(schema)
    assert list(schema["properties"]) == [field.name for field in fields(event)]  # type: ignore[arg-type]
    assert event.subject_field in schema["required"]
    assert schema["description"].endswith(".")


@pytest.mark.parametrize("key", sorted(declared() | frozen(ROOT)))
def test_an_event_is_as_it_was_published(key: str) -> None:
    promised = [line for line in broken_promises(ROOT) if line.startswith(f"{key}")]
    assert not promised, promised[0]
    assert frozen(ROOT).get(key) == current()[key], f"{key} is new or has grown. {WRITE}"


def test_only_optional_additions_keep_a_version() -> None:
    old = {
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}, "c": {"type": "integer"}},
        "required": ["a", "b"],
    }
    grown = {
        "properties": {**old["properties"], "a": {"type": "string", "description": "x"}, "d": {}},  # type: ignore[dict-item]
        "required": ["a", "b"],
    }
    broken = {
        "properties": {"a": {"type": "string"}, "c": {"type": "string"}, "e": {"type": "string"}},
        "required": ["e"],
    }

    assert breaking_changes(old, grown) == []
    assert breaking_changes(old, broken) == [
        "b is gone",
        "c has another type",
        "a need no longer be there",
        "e must now be there",
    ]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of what the command writes."""
    (tmp_path / FOLDER).mkdir(parents=True)
    for source in (ROOT / FOLDER).glob("*.json"):
        (tmp_path / FOLDER / source.name).write_text(source.read_text())
    (tmp_path / FILE.parent).mkdir(parents=True)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/events.md").write_text((ROOT / "docs/events.md").read_text())
    return tmp_path


def test_writing_freezes_an_addition_and_refuses_a_breach(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    snapshot = copy / FOLDER / "referral.handoff-expired.v1.json"
    schema = json.loads(snapshot.read_text())
    del schema["properties"]["service_id"]
    schema["required"].remove("service_id")
    snapshot.write_text(json.dumps(schema))
    assert main(["--write"], root=copy) == 1
    assert (
        "service_id must now be there. Declare referral.handoff-expired.v2"
        in capsys.readouterr().err
    )

    snapshot.unlink()
    assert main(["--write"], root=copy) == 0
    assert json.loads(snapshot.read_text()) == current()["referral.handoff-expired.v1"]


def test_the_table_of_events_is_current() -> None:
    page = (ROOT / "docs/events.md").read_text()

    assert page == put_between_marks(page, events_table()), WRITE


def test_the_asyncapi_document_is_valid_and_tells_every_event() -> None:
    official = json.loads((HERE / "schemas/asyncapi-3.0.0.json").read_text())
    document = asyncapi_of_services("1.0.0")

    Draft7Validator(official).validate(document)
    assert not Draft7Validator(official).is_valid({**document, "channels": {"a": {"adress": "x"}}})
    assert {channel["address"] for channel in document["channels"].values()} == set(declared())
    for pointer in references(document):
        assert found(document, pointer), pointer


def test_the_asyncapi_document_describes_what_is_sent() -> None:
    document = asyncapi_of_services("1.0.0")
    envelope = Envelope(
        id=uuid4(),
        source="audit",
        sequence=1,
        occurred_at=datetime(2026, 11, 21, tzinfo=UTC),
        correlation_id=uuid4(),
        causation_id=None,
        actor=Actor.service("audit"),
        event=TamperingFound(log_id=uuid4(), checkpoint_size=3),
    )
    payload = document["components"]["messages"]["TamperingFoundV1"]["payload"]
    whole = Draft202012Validator({**payload, "components": document["components"]})
    sent = json.loads(codec.encode(envelope))

    whole.validate(sent)
    assert not whole.is_valid({**sent, "type": "uk.onward.audit.other.v1"})
    assert not whole.is_valid({**sent, "data": {}})


def test_the_document_for_partners_is_valid_and_tells_what_they_send_and_hear() -> None:
    official = json.loads((HERE / "schemas/asyncapi-3.0.0.json").read_text())
    document = asyncapi_of_partners("1.0.0")

    Draft7Validator(official).validate(document)
    for pointer in references(document):
        assert found(document, pointer), pointer
    channels = document["channels"]
    addresses = {channel["address"] for channel in channels.values()}
    assert {f"{{organisation}}.{event.name}" for event in INTAKE} < addresses
    assert len(channels["webhook"]["messages"]) == len(told_outside())
    assert len(channels["queue"]["messages"]) == len(told_outside()) + 2
    fields = {
        name
        for schema in document["components"]["schemas"].values()
        for name in schema["properties"]
    }
    assert fields <= LEAVES | {"made_up", "handoff", "referral", "page"}


def test_the_document_for_partners_describes_what_reaches_them() -> None:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    event = HandoffCancelled(
        referral_id=uuid4(),
        handoff_id=uuid4(),
        service_id=uuid4(),
        sender=uuid4(),
        recipient=uuid4(),
        reason="needs-changed",
        cancelled_by="sender",
    )
    links = links_of(
        "https://onward.example", about=event.referral_id, handoff_id=event.handoff_id
    )
    body = body_of(key=event.key, occurred_at=at, facts=facts_of(event), links=links)
    whole("HandoffCancelledV1Webhook").validate(json.loads(body))
    assert not whole("HandoffExpiredV1Webhook").is_valid(json.loads(body))
    message: Any = SimpleNamespace(
        event_id=uuid4(),
        key=event.key,
        about=event.referral_id,
        occurred_at=at,
        facts=facts_of(event),
    )
    queued = json.loads(event_of(message, source="https://onward.example", links=links))
    whole("HandoffCancelledV1").validate(queued)
    assert not whole("HandoffCancelledV1").is_valid({**queued, "data": {}})


@pytest.mark.parametrize("event", told_outside(), ids=lambda event: event.key)
def test_the_examples_of_an_event_are_such_as_the_document_says(event: type[Event]) -> None:
    named = f"{event.__name__}V1"
    hook = json.loads(orjson.dumps(webhook_example(event, "https://onward.example")))
    whole(f"{named}Webhook").validate(hook)
    queued = json.loads(orjson.dumps(queue_example(event, "https://onward.example")))
    whole(named).validate(queued)


def whole(message: str) -> Draft202012Validator:
    """Return what checks a body against the document for partners."""
    document = asyncapi_of_partners("1.0.0")
    payload = document["components"]["messages"][message]["payload"]
    return Draft202012Validator({**payload, "components": document["components"]})


def references(part: object) -> Iterator[str]:
    """Return every ``$ref`` in a document."""
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for inside in part.values():
            yield from references(inside)
    elif isinstance(part, list):
        for inside in part:
            yield from references(inside)


def found(document: Any, pointer: str) -> Any:
    """Return what a reference names, or None."""
    for step in pointer.removeprefix("#/").split("/"):
        document = document.get(step, {})
    return document


def test_the_list_of_problem_codes_is_current() -> None:
    assert (ROOT / FILE).read_text() == problems_json(ROOT), WRITE


def test_problem_codes_are_found_where_they_are_raised() -> None:
    known = known_problems()

    assert known["token-invalid"].family == "UnauthenticatedError"
    assert known["stale-version"].details == [
        "Somebody changed this since you read it. Read it again, then decide again."
    ]
    assert known["not-found"].details == ["There is no such …, or it is not yours to see."]
    assert known["wrong-role"].details == ["This is for the role …."]
    assert "note" not in known
