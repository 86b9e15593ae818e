"""API blueprints: strict arguments in, OpenAPI 3.1 out."""

from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar, cast

import flask_smorest
import marshmallow as ma
from flask import Request, g
from webargs import core
from webargs.flaskparser import FlaskParser

from onward.errors import MalformedError
from onward.web.openapi import rules_of, tell_rules
from onward.web.validation import invalid

__all__ = ["Blueprint", "StrictParser", "invalid"]

T = TypeVar("T")
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
SchemaLike = type[ma.Schema] | ma.Schema


class StrictParser(FlaskParser):
    """Reads arguments from JSON that was checked when the request arrived."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012 - webargs' own convention
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": ma.RAISE,
    }

    def _raw_load_json(self, req: Request) -> Any:
        if "json" in g:
            return g.json
        if req.content_length:
            return core.missing
        raise MalformedError("body-missing", "Send a JSON body.")

    def handle_error(
        self,
        error: ma.ValidationError,
        req: Request,  # noqa: ARG002 - webargs' signature
        schema: ma.Schema,  # noqa: ARG002
        *,
        error_status_code: int | None,  # noqa: ARG002
        error_headers: Mapping[str, str] | None,  # noqa: ARG002
    ) -> NoReturn:
        """Refuse with each field's pointer and what to change."""
        raise invalid(error, located=True)


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc] # untyped
    """What a service's API is made of; takes strict JSON and tells fields by JSON Pointer."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Make a blueprint whose document tells each route's rules too."""
        super().__init__(*arguments, **options)
        self._prepare_doc_cbks.append(tell_rules)

    def _store_endpoint_docs(
        self, endpoint: str, obj: Any, *arguments: Any, **options: Any
    ) -> None:
        super()._store_endpoint_docs(endpoint, obj, *arguments, **options)
        for method, documented in self._docs[endpoint].items():
            if method != "parameters":
                documented["rules"] = rules_of(getattr(obj, method, obj), method)

    def route(self, rule: str, **options: Any) -> Callable[[T], T]:
        """Answer *rule* with a view class or function."""
        return cast("Callable[[T], T]", super().route(rule, **options))

    def arguments(
        self, schema: SchemaLike, *, location: str = "json", **options: Any
    ) -> Decorator:
        """Load *location* (``json``, ``query``, ``form``, …) by *schema* for the view."""
        if isinstance(schema, type):
            schema = (
                schema()
            )  # once: making a schema costs several times what loading with it does
        return cast("Decorator", super().arguments(schema, location=location, **options))

    def response(self, status: int, schema: SchemaLike | None = None, **options: Any) -> Decorator:
        """Write what the view returns by *schema*, answered with *status*."""
        return cast("Decorator", super().response(status, schema, **options))

    def alt_response(self, status: int, response: str | None = None, **options: Any) -> Decorator:
        """Document another answer."""
        return cast("Decorator", super().alt_response(status, response, **options))

    def doc(self, **documentation: Any) -> Decorator:
        """Add to the OpenAPI document."""
        return cast("Decorator", super().doc(**documentation))
