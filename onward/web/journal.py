"""One log line per request: route, status and time taken; never an address, which may name a person."""

import time

import structlog
from flask import Flask, Response, g, request

from onward.web.access import is_impersonal
from onward.web.routes import operation

log = structlog.get_logger(__name__)


def keep_journal(app: Flask) -> None:
    """Log every request of *app* but those that machines send by themselves all day."""
    app.after_request(_note)


def _note(response: Response) -> Response:
    if not is_impersonal(operation()):
        started = g.get("started")
        log.info(
            "request",
            method=request.method,
            route=request.url_rule.rule if request.url_rule else "unknown",
            status=response.status_code,
            ms=round((time.perf_counter() - started) * 1000, 1) if started else None,
        )
    return response
