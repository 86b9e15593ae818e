"""Marks on routes: what a view function says about itself, found again when a request arrives."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request
from werkzeug.routing import Rule

View = TypeVar("View", bound=Callable[..., Any])


def marked(name: str, value: object) -> Callable[[View], View]:
    """Return a decorator that notes *value* on a view; decorators around it keep the note."""

    def mark(view: View) -> View:
        setattr(view, name, value)
        return view

    return mark


def operation() -> Callable[..., Any] | None:
    """Return the function that will answer this request, or None when there is none."""
    if request.endpoint is None:
        return None
    return function_for(current_app, request.endpoint, request.method)


def function_for(app: Flask, endpoint: str, method: str) -> Callable[..., Any] | None:
    """Return the function behind *endpoint* that answers *method*."""
    view = app.view_functions[endpoint]
    view_class = getattr(view, "view_class", None)
    if view_class is None:
        return view
    name = method.lower()
    found = getattr(view_class, name, None)
    if found is None and name == "head":
        found = getattr(view_class, "get", None)
    return found


def operations(app: Flask) -> list[tuple[Rule, str, Callable[..., Any] | None]]:
    """Return each route with each method it answers and the function that does."""
    return [
        (rule, method, function_for(app, rule.endpoint, method))
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]
