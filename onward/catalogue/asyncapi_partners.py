"""AsyncAPI 3.0 of what partners' systems send and hear: through the broker, and by webhook."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from onward.catalogue.asyncapi_services import BINDING, versioned
from onward.catalogue.fields import description
from onward.catalogue.schemas import facts_schema
from onward.codec import CONTENT_TYPE, LARGEST, TYPE_PREFIX
from onward.contracts.base import Event
from onward.contracts.intake import INTAKE, PartnerEvent
from onward.contracts.partners import told_outside

INTAKE_EXCHANGE: Final = "onward.intake"
_ABOUT: Final = """\
What a partner's system sends to Onward through the broker, and what it hears there or by webhook: ids, codes,
times and links, never a personal detail. Delivery is at least once: drop an id you have had. Fields are only
ever added within a version: ignore those you do not know. Programs to start from: /docs#partners."""
_TEXT: Final = {"type": "string", "minLength": 1}
_UUID: Final = {"type": "string", "format": "uuid"}
_MOMENT: Final = {"type": "string", "format": "date-time"}
_ORGANISATION: Final = {"organisation": {"description": "Your organisation's id."}}
_CODED: Final = {
    "attended": {"type": "boolean"},
    "version": {"type": "integer"},
    "draft": {"type": "boolean"},
}
_QUEUE: Final = {
    "name": "partner.{organisation}",
    "durable": True,
    "exclusive": False,
    "autoDelete": False,
    "vhost": "/",
}
_SIGNED: Final = {
    "webhook-id": {**_UUID, "description": "The event's: the same at every attempt and replay."},
    "webhook-timestamp": {"type": "string", "pattern": "^[0-9]+$", "description": "Unix seconds."},
    "webhook-signature": {
        **_TEXT,
        "description": "v1,… of Standard Webhooks, one per live secret.",
    },
}
_SERVERS: Final = {
    "broker": {
        "host": "rabbitmq:5671",
        "protocol": "amqps",
        "protocolVersion": "0-9-1",
        "description": "Where, and as whom: `amqp` in the file that `onward partner add` writes.",
    },
    "yours": {
        "host": "example.org",
        "protocol": "https",
        "description": "Where your webhook is, on port 443.",
    },
}


def asyncapi_of_partners(version: str) -> dict[str, Any]:
    """Return the document for this *version* of the platform."""
    events = told_outside()
    answers = {"IntakeAccepted": _accepted(), "IntakeRefused": _refused()}
    queued = {versioned(event): _queued(event) for event in events}
    called = {f"{versioned(event)}Webhook": _called(event) for event in events}
    sent = {_named(event): _sent(event) for event in INTAKE}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Onward for partners' systems",
            "version": version,
            "description": _ABOUT,
            "license": {"name": "MIT"},
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": _SERVERS,
        "channels": _channels([*answers, *queued], [*called]),
        "operations": _operations(),
        "components": {
            "messages": {**sent, **answers, **queued, **called},
            "schemas": {
                "Links": _links(),
                **{versioned(event): facts_schema(event) for event in events},
            },
        },
    }


def _channels(queued: Sequence[str], called: Sequence[str]) -> dict[str, Any]:
    """Return what is sent and heard where, *queued* and *called* by the names of their messages."""
    return {
        **{_named(event): _intake(event) for event in INTAKE},
        "queue": {
            "address": "partner.{organisation}",
            "title": "Your queue",
            "parameters": _ORGANISATION,
            "servers": [_ref("servers", "broker")],
            "messages": _refs(queued),
            "bindings": {"amqp": {"is": "queue", "queue": _QUEUE, "bindingVersion": BINDING}},
        },
        "webhook": {
            "address": "{path}",
            "title": "Your webhook",
            "parameters": {"path": {"description": "Whatever you gave as its address."}},
            "servers": [_ref("servers", "yours")],
            "messages": _refs(called),
        },
    }


def _operations() -> dict[str, Any]:
    return {
        **{f"take{_named(event)}": _operation("receive", _named(event)) for event in INTAKE},
        "tellQueue": _operation("send", "queue"),
        "callWebhook": {
            **_operation("send", "webhook"),
            "bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}},
        },
    }


def _named(event: PartnerEvent) -> str:
    name, _, version = event.name.rpartition(".v")
    return f"{''.join(word.title() for word in name.split('-'))}V{version}"


def _ref(*steps: str) -> dict[str, str]:
    return {"$ref": "#/" + "/".join(steps)}


def _refs(names: Sequence[str]) -> dict[str, Any]:
    return {name: _ref("components", "messages", name) for name in names}


def _operation(action: str, channel: str) -> dict[str, Any]:
    return {"action": action, "channel": _ref("channels", channel)}


def _intake(event: PartnerEvent) -> dict[str, Any]:
    exchange = {
        "name": INTAKE_EXCHANGE,
        "type": "topic",
        "durable": True,
        "autoDelete": False,
        "vhost": "/",
    }
    return {
        "address": f"{{organisation}}.{event.name}",
        "title": event.says,
        "parameters": _ORGANISATION,
        "servers": [_ref("servers", "broker")],
        "messages": _refs([_named(event)]),
        "bindings": {
            "amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": BINDING}
        },
    }


def _sent(event: PartnerEvent) -> dict[str, Any]:
    """Return what a partner sends: in the open, or sealed."""
    readable = {name: _member(event, name) for name in event.readable}
    opened = {
        "title": "In the open",
        "type": "object",
        "properties": readable,
        "additionalProperties": False,
    }
    sealed = {**_TEXT, "title": "Sealed", "description": "A compact JWE of the JSON object."}
    return {
        "name": TYPE_PREFIX + event.name,
        "title": event.says,
        "summary": f"Stands for {event.method} {event.path} of /api/v1/{event.service}/openapi.json:"
        " its members are those of the body and the path. Your user name is the property user-id.",
        "contentType": CONTENT_TYPE,
        "payload": _cloudevent(
            TYPE_PREFIX + event.name,
            id_={
                **_TEXT,
                "maxLength": 100,
                "description": "Yours: with source, the same again takes effect once.",
            },
            data={"oneOf": [opened, sealed] if readable else [sealed]},
            kinds=["application/json", "application/jose"],
            required=("specversion", "id", "source", "type", "data"),
        ),
        "x-largest-bytes": LARGEST,
    }


def _member(event: PartnerEvent, name: str) -> dict[str, Any]:
    if name in event.codes:
        return {"type": "string", "enum": list(event.codes[name])}
    return dict(_UUID) if name.endswith("_id") else dict(_CODED.get(name, {}))


def _accepted() -> dict[str, Any]:
    told = sorted({name for event in INTAKE for name in event.tells})
    return _answer(
        "intake.accepted.v1",
        "It was done; what was made, and where to read it.",
        {
            **{
                name: {"type": "string", "description": "Where it was made or moved."}
                for name in told
            },
            "version": {"type": "integer", "description": "To decide on next."},
            "links": {"type": "object"},
        },
    )


def _refused() -> dict[str, Any]:
    problem = {
        "type": "object",
        "description": "RFC 9457: decide by code; errors has the path of each mistake in your event.",
        "required": ["code", "detail", "status"],
    }
    return _answer(
        "intake.refused.v1", "It was refused, and nothing was changed.", {"problem": problem}
    )


def _answer(key: str, text: str, told: Mapping[str, Any]) -> dict[str, Any]:
    data = {
        "type": "object",
        "properties": {
            "event_id": {
                "type": ["string", "null"],
                "description": "Yours; null where it could not be read.",
            },
            "name": dict(_TEXT),
            "sha256": {"type": "string", "description": "Of the bytes that you sent."},
            **told,
        },
        "required": ["event_id", "name", "sha256"],
    }
    return {
        "name": TYPE_PREFIX + key,
        "title": text,
        "contentType": CONTENT_TYPE,
        "payload": _cloudevent(TYPE_PREFIX + key, id_=dict(_UUID), data=data),
    }


def _queued(event: type[Event]) -> dict[str, Any]:
    """Return *event* as a partner's queue carries it."""
    data = {
        "type": "object",
        "properties": {
            "facts": _ref("components", "schemas", versioned(event)),
            "links": _ref("components", "schemas", "Links"),
        },
        "required": ["facts", "links"],
    }
    return {
        "name": TYPE_PREFIX + event.key,
        "title": description(event),
        "contentType": CONTENT_TYPE,
        "payload": _cloudevent(TYPE_PREFIX + event.key, id_=dict(_UUID), data=data),
    }


def _called(event: type[Event]) -> dict[str, Any]:
    """Return *event* as a webhook carries it."""
    return {
        "name": event.key,
        "title": description(event),
        "contentType": "application/json",
        "headers": {"type": "object", "properties": _SIGNED, "required": list(_SIGNED)},
        "payload": {
            "type": "object",
            "properties": {
                "type": {"type": "string", "const": event.key},
                "timestamp": {**_MOMENT, "description": "When it happened."},
                "data": _ref("components", "schemas", versioned(event)),
                "links": _ref("components", "schemas", "Links"),
            },
            "required": ["type", "timestamp", "data", "links"],
        },
    }


def _cloudevent(
    kind: str,
    *,
    id_: dict[str, Any],
    data: dict[str, Any],
    kinds: Sequence[str] = ("application/json",),
    required: Sequence[str] = ("specversion", "id", "source", "type", "time", "data"),
) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "specversion": {"type": "string", "const": "1.0"},
            "id": id_,
            "source": dict(_TEXT),
            "type": {"type": "string", "const": kind},
            "time": dict(_MOMENT),
            "datacontenttype": {"type": "string", "enum": list(kinds)},
            "data": data,
        },
        "required": list(required),
    }


def _links() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "Where to read more, if you may; each read is recorded. Empty of what is no handoff.",
        "properties": {
            name: {"type": "string", "format": "uri"} for name in ("handoff", "referral", "page")
        },
    }
