"""The events as others read them: schemas, AsyncAPI, snapshots, a table; all derived, none by hand."""

from onward.catalogue.asyncapi_partners import asyncapi_of_partners
from onward.catalogue.asyncapi_services import asyncapi_of_services
from onward.catalogue.fields import EventField, described, description
from onward.catalogue.problems import ProblemType, known_problems
from onward.catalogue.schemas import envelope_schema, json_schema, marshmallow_schema
from onward.catalogue.snapshots import breaking_changes
from onward.catalogue.table import events_table

__all__ = [
    "EventField",
    "ProblemType",
    "asyncapi_of_partners",
    "asyncapi_of_services",
    "breaking_changes",
    "described",
    "description",
    "envelope_schema",
    "events_table",
    "json_schema",
    "known_problems",
    "marshmallow_schema",
]
