"""AsyncAPI 3.0 of what the services tell one another: every event as a channel of the one exchange."""

from collections.abc import Mapping
from typing import Any, Final

from onward.catalogue.fields import description
from onward.catalogue.schemas import data_schema, envelope_schema
from onward.codec import CONTENT_TYPE, TYPE_PREFIX
from onward.contracts import declared
from onward.contracts.base import Event

EXCHANGE: Final = "onward.events"
BINDING: Final = "0.3.0"
"""Version of AsyncAPI's AMQP binding, which is for AMQP 0-9-1."""
_ABOUT: Final = """\
What the services of Onward tell one another. Events carry ids, codes and times, never a personal detail.
CloudEvents 1.0 in structured mode: CloudEvents binds AMQP 1.0 only, and this is AMQP 0-9-1. Delivery is
at least once: drop an id you have seen. Order holds within source, stream (the first part of the key)
and subject. Within a version fields are only ever added: ignore those you do not know."""


def asyncapi_of_services(version: str) -> dict[str, Any]:
    """Return the document for this *version* of the platform."""
    events = declared()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Onward: events inside the platform",
            "version": version,
            "description": _ABOUT,
            "license": {"name": "MIT"},
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {
            "broker": {
                "host": "rabbitmq:5672",
                "protocol": "amqp",
                "protocolVersion": "0-9-1",
                "description": "The broker inside an installation; its address is a setting.",
            }
        },
        "channels": {versioned(event): _channel(event) for event in events.values()},
        "operations": {f"tell{versioned(event)}": _operation(event) for event in events.values()},
        "components": {
            "messages": {versioned(event): _message(event) for event in events.values()},
            "schemas": {
                "CloudEvent": envelope_schema(),
                **{versioned(event): data_schema(event) for event in events.values()},
            },
        },
    }


def versioned(event: type[Event]) -> str:
    """Return a name that stays unique when a second version appears."""
    version = event.key.rpartition(".v")[2]
    return f"{event.__name__}V{version}"


def _channel(event: type[Event]) -> Mapping[str, Any]:
    name = versioned(event)
    return {
        "address": event.key,
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {
                    "name": EXCHANGE,
                    "type": "topic",
                    "durable": True,
                    "autoDelete": False,
                    "vhost": "/",
                },
                "bindingVersion": BINDING,
            }
        },
    }


def _operation(event: type[Event]) -> Mapping[str, Any]:
    name = versioned(event)
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{name}"},
        "messages": [{"$ref": f"#/channels/{name}/messages/{name}"}],
        "bindings": {
            "amqp": {"deliveryMode": 2, "mandatory": True, "ack": True, "bindingVersion": BINDING}
        },
    }


def _message(event: type[Event]) -> Mapping[str, Any]:
    name = versioned(event)
    kind = TYPE_PREFIX + event.key
    return {
        "name": kind,
        "title": event.__name__,
        "summary": description(event),
        "contentType": CONTENT_TYPE,
        "correlationId": {"location": "$message.payload#/correlationid"},
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/CloudEvent"},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": kind},
                        "data": {"$ref": f"#/components/schemas/{name}"},
                    },
                },
            ]
        },
        "bindings": {"amqp": {"messageType": kind, "bindingVersion": BINDING}},
    }
