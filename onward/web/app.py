"""Build a service's web application: the checks every request passes, its API, its pages."""

from collections.abc import Callable, Sequence
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import flask_smorest
import orjson
from flask import Blueprint, Flask
from flask.json.provider import JSONProvider

from onward.languages import FOLDER
from onward.service import RunningService
from onward.web.access import check_access, impersonal, routes_that_say_nothing
from onward.web.allowance import Allowance
from onward.web.answers import answer_errors
from onward.web.api_page import api_page
from onward.web.assets import assets
from onward.web.bodies import check_body, check_text
from onward.web.callers import keep_session
from onward.web.context import EXTENSION, Web
from onward.web.correlation import take_correlation, tell_correlation
from onward.web.counts import RequestCounts
from onward.web.forms import check_form, protect_forms
from onward.web.headers import protect
from onward.web.health import health
from onward.web.journal import keep_journal
from onward.web.languages import speak
from onward.web.metrics import count_requests, metrics
from onward.web.openapi import openapi
from onward.web.pages import draw_pages
from onward.web.responses import complete


class Application(Flask):
    """Flask without coroutines: it asked every function of every request whether it is one."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return *func*."""
        return func


class FastJson(JSONProvider):
    """JSON by orjson, in the order the schema says."""

    def dumps(self, obj: Any, **_: Any) -> str:
        """Return *obj* as JSON text."""
        return orjson.dumps(obj, default=str).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        """Return what *s* says."""
        return orjson.loads(s)


def create_app(
    running: RunningService,
    *,
    api: Sequence[flask_smorest.Blueprint],
    pages: Sequence[Blueprint] = (),
    admit: Callable[[], object] = lambda: None,
    languages: Traversable | None = None,
) -> Flask:
    """Return the application that answers *running*'s part of the one origin.

    *admit* raises, inside a request's transaction, where the caller may not ask in the team they name.
    *languages* is the folder with the catalogues of the service's own texts; without it, pages are English.

    Raises `TypeError` when a route carries neither ``@allow`` nor ``@public``.
    """
    settings = running.settings
    app = Application("onward.web", static_folder=None, template_folder=None)
    app.json = FastJson(app)
    app.extensions[EXTENSION] = Web(
        running=running,
        allowance=Allowance(per_second=settings.rate_per_second, burst=settings.rate_burst),
        counts=RequestCounts(),
        admit=admit,
    )
    draw_pages(app)
    protect_forms(app, settings)
    speak(app, *([files("onward.web") / FOLDER, languages] if languages else []))
    _check_requests(app)
    answer_errors(app)
    document = openapi(app, settings)
    _make_public(app)
    for blueprint in api:
        document.register_blueprint(blueprint)
    drawn = api_page(document, settings.service)
    for page in (assets, health(running), metrics(running), drawn, *pages):
        app.register_blueprint(page)
    if silent := routes_that_say_nothing(app):
        raise TypeError(f"Put @allow(…) or @public on {', '.join(silent)}")
    return app


def _check_requests(app: Flask) -> None:
    """Look at every request in this order, and finish every answer in the opposite one."""
    for check in (take_correlation, check_access, check_body, check_text, check_form):
        app.before_request(check)
    keep_journal(app)
    count_requests(app)
    for finish in (protect, tell_correlation, complete, keep_session):
        app.after_request(finish)


def _make_public(app: Flask) -> None:
    """Let anybody read the OpenAPI document: so far it is the only route."""
    for endpoint, view in app.view_functions.items():
        app.view_functions[endpoint] = impersonal(partial(view))
