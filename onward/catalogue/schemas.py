"""Schemas of one event, derived from its declaration: marshmallow, and JSON Schema (draft 2020-12)."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

import marshmallow as ma

from onward.catalogue.fields import EventField, described, description
from onward.codec import TYPE_PREFIX
from onward.contracts.base import Event
from onward.contracts.partners import LEAVES
from onward.identity import Role

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_FIELDS: Final[Mapping[Any, Callable[..., ma.fields.Field[Any]]]] = {
    UUID: ma.fields.UUID,
    str: ma.fields.String,
    int: partial(ma.fields.Integer, strict=True),
    bool: ma.fields.Boolean,
    datetime: ma.fields.AwareDateTime,
    date: ma.fields.Date,
}
_TYPES: Final[Mapping[Any, Mapping[str, str]]] = {
    UUID: {"type": "string", "format": "uuid"},
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
}


def marshmallow_schema(event: type[Event]) -> ma.Schema:
    """Return the schema that loads the data of *event* into the keyword arguments that make it.

    Keep it: making a schema costs more than loading with it. Fields it does not know are left out:
    within a version, additions are allowed.
    """
    fields: dict[str, Any] = {field.name: _marshmallow_field(field) for field in described(event)}
    return ma.Schema.from_dict(fields, name=event.__name__)(unknown=ma.EXCLUDE)


def _marshmallow_field(field: EventField) -> ma.fields.Field[Any]:
    make = _FIELDS[field.type]
    if field.many:
        return ma.fields.List(make(), required=field.required)
    return make(required=field.required, allow_none=not field.required)


def json_schema(event: type[Event]) -> dict[str, Any]:
    """Return the JSON Schema of the data of *event*."""
    return {
        "$schema": DIALECT,
        "$id": f"urn:onward:event:{event.key}",
        "title": event.__name__,
        "description": description(event),
        **data_schema(event),
    }


def data_schema(event: type[Event]) -> dict[str, Any]:
    """Return the type, the properties and the required names of the data of *event*."""
    fields = described(event)
    return {
        "type": "object",
        "properties": {field.name: _property(field) for field in fields},
        "required": [field.name for field in fields if field.required],
    }


def facts_schema(event: type[Event]) -> dict[str, Any]:
    """Return the JSON Schema of what partners' systems get of *event*.

    Text is left out where it holds no code, so it is never promised.
    """
    told = [field for field in described(event) if field.name in LEAVES]
    made_up = {"type": "boolean", "description": "Sent to try things out; about nobody."}
    return {
        "type": "object",
        "properties": {**{field.name: _property(field) for field in told}, "made_up": made_up},
        "required": [field.name for field in told if field.required and field.type is not str],
    }


def _property(field: EventField) -> dict[str, Any]:
    one = dict(_TYPES[field.type])
    kind: dict[str, Any] = {"type": "array", "items": one} if field.many else one
    return {**kind, "description": field.description} if field.description else kind


def envelope_schema() -> dict[str, Any]:
    """Return the JSON Schema of what travels around every event's data: CloudEvents 1.0, structured."""
    uuid = {"type": "string", "format": "uuid"}
    text = {"type": "string", "minLength": 1}
    optional = {
        "causationid": {**uuid, "description": "The event this one follows from."},
        "actororganisation": {**uuid, "description": "Whom the actor acts for."},
        "traceparent": {**text, "description": "W3C Trace Context."},
    }
    required = {
        "specversion": {"type": "string", "const": "1.0"},
        "id": {**uuid, "description": "Unique: handle an id you have seen as already done."},
        "source": {"type": "string", "pattern": "^/[a-z]+$", "description": "Who published it."},
        "type": {"type": "string", "pattern": f"^{TYPE_PREFIX.replace('.', '[.]')}"},
        "subject": {**uuid, "description": "What it is about."},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"type": "string", "const": "application/json"},
        "sequence": {
            "type": "string",
            "pattern": "^[0-9]{10,}$",
            "description": "1, 2, 3, … without gaps within source, stream and subject.",
        },
        "correlationid": {**uuid, "description": "One per journey."},
        "actor": {**text, "description": "Who acted: `worker:…`, `system:…` or `service:…`."},
        "actorrole": {"type": "string", "enum": [role.value for role in Role]},
        "data": {"type": "object"},
    }
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
    }
