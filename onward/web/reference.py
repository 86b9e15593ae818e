"""What an integrator reads: the API documents, the events, and what each problem code means."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.metadata import entry_points, version
from itertools import groupby
from typing import Final
from uuid import UUID

import orjson
from flask import Blueprint, Response, render_template
from werkzeug.exceptions import NotFound

from onward import errors
from onward.catalogue import asyncapi, described, description, known_problems
from onward.contracts import declared
from onward.contracts.base import Event
from onward.service import GROUP
from onward.topology import TAKES
from onward.web.access import public
from onward.web.problems import REFUSALS, stated_problems

reference = Blueprint("reference", __name__)


_TYPES: Final = {
    UUID: "UUID",
    str: "text",
    int: "whole number",
    bool: "true or false",
    datetime: "moment",
    date: "day",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One problem code as its page explains it."""

    code: str
    status: int
    title: str
    details: tuple[str, ...]


@reference.get("/asyncapi.json")
@public
def events_document() -> Response:
    """Send the AsyncAPI document."""
    return Response(_asyncapi(), content_type="application/json")


@reference.get("/docs")
@public
def overview() -> str:
    """Show everything an integrator starts from."""
    events = sorted(declared().values(), key=lambda event: event.key)
    return render_template(
        "onward/docs.html",
        services=sorted(point.name for point in entry_points(group=GROUP)),
        streams=[(name, list(rows)) for name, rows in groupby(events, lambda event: event.stream)],
        problems=sorted(explained().values(), key=lambda known: (known.status, known.code)),
        description=description,
        taken=sorted(name for names in TAKES.values() for name in names),
    )


@reference.get("/docs/events/<key>")
@public
def one_event(key: str) -> str:
    """Show one event: what it says, and each field."""
    event: type[Event] | None = declared().get(key)
    if event is None:
        raise NotFound
    return render_template(
        "onward/docs_event.html",
        event=event,
        text=description(event),
        fields=described(event),
        types=_TYPES,
    )


@reference.get("/docs/problems/<code>")
@public
def one_problem(code: str) -> str:
    """Show what a problem code means and what to change; it is where a problem's ``type`` leads."""
    if code not in explained():
        raise NotFound
    return render_template("onward/docs_problem.html", problem=explained()[code])


@cache
def explained() -> dict[str, Explained]:
    """Return every known code."""
    stated = {
        problem.code: Explained(
            code=problem.code,
            status=problem.status,
            title=problem.title,
            details=(problem.detail,),
        )
        for problem in stated_problems()
    }
    return stated | {
        kind.code: Explained(
            code=kind.code,
            status=REFUSALS[getattr(errors, kind.family)][0],
            title=REFUSALS[getattr(errors, kind.family)][1],
            details=tuple(kind.details),
        )
        for kind in known_problems().values()
    }


@cache
def _asyncapi() -> bytes:
    return orjson.dumps(asyncapi(version("onward")), option=orjson.OPT_INDENT_2)
