"""What an integrator reads: the API documents, the events, and what each problem code means."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.metadata import entry_points, version
from importlib.resources import files
from itertools import groupby
from typing import Any, Final
from uuid import UUID

import orjson
from flask import Blueprint, Response, render_template
from werkzeug.exceptions import NotFound

from onward import errors
from onward.catalogue import (
    asyncapi_of_partners,
    asyncapi_of_services,
    described,
    description,
    known_problems,
)
from onward.catalogue.examples import queue_example, webhook_example
from onward.contracts import declared
from onward.contracts.base import Event
from onward.contracts.intake import INTAKE
from onward.contracts.partners import fields_told, told_outside
from onward.service import GROUP
from onward.web.access import public
from onward.web.context import current_running
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
def partners_document() -> Response:
    """Send the AsyncAPI document of what partners' systems send and hear."""
    return Response(_asyncapi(asyncapi_of_partners), content_type="application/json")


@reference.get("/docs/asyncapi-services.json")
@public
def services_document() -> Response:
    """Send the AsyncAPI document of what the services tell one another."""
    return Response(_asyncapi(asyncapi_of_services), content_type="application/json")


@reference.get("/docs")
@public
def overview() -> str:
    """Show everything an integrator starts from."""
    heard = told_outside()
    events = sorted(declared().values(), key=lambda event: event.key)
    inside = [event for event in events if event not in heard]
    return render_template(
        "onward/docs.html",
        services=sorted(point.name for point in entry_points(group=GROUP)),
        heard=heard,
        streams=[(name, list(rows)) for name, rows in groupby(inside, lambda event: event.stream)],
        problems=sorted(explained().values(), key=lambda known: (known.status, known.code)),
        description=description,
        intake=INTAKE,
        programs=programs(),
    )


@reference.get("/docs/events/<key>")
@public
def one_event(key: str) -> str:
    """Show one event: what it says, and each field."""
    event: type[Event] | None = declared().get(key)
    if event is None:
        raise NotFound
    origin = current_running().settings.public_url
    return render_template(
        "onward/docs_event.html",
        event=event,
        text=description(event),
        fields=described(event),
        types=_TYPES,
        told=fields_told(event) if event in told_outside() else (),
        webhook=_pretty(webhook_example(event, origin)),
        queued=_pretty(queue_example(event, origin)),
    )


@reference.get("/docs/problems/<code>")
@public
def one_problem(code: str) -> str:
    """Show what a problem code means and what to change; it is where a problem's ``type`` leads."""
    if code not in explained():
        raise NotFound
    return render_template("onward/docs_problem.html", problem=explained()[code])


@cache
def programs() -> dict[str, str]:
    """Return the programs that a partner starts from, each run as a test."""
    folder = files("onward.web") / "programs"
    return {
        "hear": (folder / "hear_webhooks.py.txt").read_text(),
        "refer": (folder / "refer_over_amqp.py.txt").read_text(),
    }


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


def _pretty(document: dict[str, Any]) -> str:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()


@cache
def _asyncapi(written: Callable[[str], dict[str, Any]]) -> bytes:
    return orjson.dumps(written(version("onward")), option=orjson.OPT_INDENT_2)
