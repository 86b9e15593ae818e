"""Answer errors: a problem document for machines, a page with the same facts for people."""

from http import HTTPStatus
from urllib.parse import urlencode

import orjson
import structlog
from flask import Flask, Response, redirect, render_template, request
from werkzeug.routing import RequestRedirect

from onward.contracts.access import AccessRefused
from onward.database import Database
from onward.errors import ForbiddenError, NotFoundError, OnwardError, Refused
from onward.web.access import is_guarded
from onward.web.bodies import is_api
from onward.web.context import (
    current_caller,
    current_correlation_id,
    current_running,
    current_traceparent,
)
from onward.web.problems import MEDIA_TYPE, Problem, problem_for
from onward.web.routes import operation

log = structlog.get_logger(__name__)


def answer_errors(app: Flask) -> None:
    """Let every error end in a problem document or an error page."""
    app.register_error_handler(Exception, _answer)


def _answer(error: Exception) -> Response:
    if isinstance(error, RequestRedirect):
        return error.get_response()  # type: ignore[return-value] # Werkzeug's type for Flask's class
    problem = problem_for(error)
    if isinstance(error, ForbiddenError | NotFoundError):
        _record_refusal(error)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log(error, problem)
    if prefers_page():
        return _page(problem)
    return _document(problem)


def prefers_page() -> bool:
    """Tell whether a person's browser asks, for a page."""
    if is_api():
        return False
    accepts = request.accept_mimetypes
    return accepts.quality("text/html") > accepts.quality("application/json")


def _document(problem: Problem) -> Response:
    body = problem.document(
        public_url=current_running().settings.public_url, correlation_id=current_correlation_id()
    )
    response = Response(orjson.dumps(body, default=str), problem.status, content_type=MEDIA_TYPE)
    response.headers.update(problem.headers)
    return response


def _page(problem: Problem) -> Response:
    if problem.status == HTTPStatus.UNAUTHORIZED:
        return _to_sign_in()
    page = render_template(
        "onward/problem.html", problem=problem, correlation_id=current_correlation_id()
    )
    response = Response(page, problem.status, content_type="text/html; charset=utf-8")
    response.headers.update(problem.headers)
    return response


def _to_sign_in() -> Response:
    """Send an unknown browser to sign in, and back afterwards where it was only reading."""
    query = ""
    if request.method in {"GET", "HEAD"}:
        query = "?" + urlencode({"next": request.full_path.removesuffix("?")})
    return redirect(f"/login{query}", code=303)  # type: ignore[return-value]


def _record_refusal(error: Refused) -> None:
    """Tell audit who was refused what, in its own transaction: the request's was undone."""
    caller = current_caller()
    if caller is None or caller.actor.organisation is None or not is_guarded(operation()):
        return
    arguments = request.view_args or {}
    refused = AccessRefused(
        about=caller.actor.organisation,
        referral_id=arguments.get("referral_id"),
        handoff_id=arguments.get("handoff_id"),
        what=request.endpoint or "",
        code=error.code,
    )
    database: Database[object] = current_running().database
    try:
        with database.transaction(
            actor=caller.actor,
            correlation_id=current_correlation_id(),
            traceparent=current_traceparent(),
        ) as uow:
            uow.emit(refused)
    except OnwardError as failure:
        log.exception("refusal-not-recorded", code=error.code, cause=type(failure).__name__)


def _log(error: Exception, problem: Problem) -> None:
    """Log what is ours to fix: the place in the code and the kind of error, no text, no body."""
    log.error(
        "request-failed",
        code=problem.code,
        error=type(error).__name__,
        at=_places(error),
        method=request.method,
        route=request.url_rule.rule if request.url_rule else None,
    )


def _places(error: Exception) -> list[str]:
    """Return the last lines of code the error passed, innermost last."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[-8:]
