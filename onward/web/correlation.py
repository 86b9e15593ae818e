"""The thread through a journey: one correlation id per request, kept or made, and told back."""

import re
from typing import Final
from uuid import UUID

from flask import Response, g, request
from structlog import contextvars

from onward.ids import new_id

HEADER: Final = "X-Correlation-Id"
_TRACEPARENT: Final = re.compile(r"^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$")
"""W3C Trace Context, version 00: anything else is not passed on."""


def take_correlation() -> None:
    """Take the caller's correlation id where it is a UUID, else make one."""
    g.correlation_id = _uuid(request.headers.get(HEADER)) or new_id()
    traceparent = request.headers.get("traceparent", "")
    g.traceparent = traceparent if _TRACEPARENT.match(traceparent) else None
    contextvars.clear_contextvars()
    contextvars.bind_contextvars(correlation_id=str(g.correlation_id))  # for every log line


def tell_correlation(response: Response) -> Response:
    """Send the correlation id back, so that a caller can quote it."""
    if "correlation_id" in g:
        response.headers[HEADER] = str(g.correlation_id)
    return response


def _uuid(text: str | None) -> UUID | None:
    if not text or len(text) > len("urn:uuid:") + 36:
        return None
    try:
        return UUID(text)
    except ValueError:
        return None
