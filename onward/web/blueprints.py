"""API blueprints: strict arguments in, OpenAPI 3.1 out."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NoReturn, TypeVar, cast

import flask_smorest
import marshmallow as ma
from flask import Flask, Request, g
from webargs import core
from webargs.flaskparser import FlaskParser

from onward.errors import FieldError, InvalidError, MalformedError
from onward.settings import Settings
from onward.web.problems import MEDIA_TYPE
from onward.web.schemas import Schema

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}|[0-9]{1,6}")
"""Keys that may be told back; any other could hold what somebody typed into the wrong place."""
_WHOLE: Final = "_schema"
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
        raise invalid(error)


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc] # untyped
    """What a service's API is made of; takes strict JSON and tells fields by JSON Pointer."""

    ARGUMENTS_PARSER = StrictParser()

    def route(self, rule: str, **options: Any) -> Callable[[T], T]:
        """Answer *rule* with a view class or function."""
        return cast("Callable[[T], T]", super().route(rule, **options))

    def arguments(
        self, schema: SchemaLike, *, location: str = "json", **options: Any
    ) -> Decorator:
        """Load *location* (``json``, ``query``, ``form``, …) by *schema* for the view."""
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


class ProblemSchema(Schema):
    """A problem document (RFC 9457)."""

    type = ma.fields.Url(required=True)
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True)
    code = ma.fields.String(required=True, metadata={"description": "Stable: decide by this."})
    instance = ma.fields.String(required=True, metadata={"description": "Quote it to support."})
    errors = ma.fields.List(ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String()))


class Api(flask_smorest.Api):  # type: ignore[misc] # untyped
    """The OpenAPI document of one service; `onward.web.answers` answers errors."""

    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        """Leave errors to `onward.web.answers`."""

    def _register_responses(self) -> None:
        super()._register_responses()
        for response in self.spec.components.responses_lazy.values():
            content = response.get("content", {})
            if "application/json" in content:
                content[MEDIA_TYPE] = content.pop("application/json")


def openapi(app: Flask, settings: Settings) -> Api:
    """Return the API registry of *app*, served at ``/api/v1/<service>/openapi.json``."""
    app.config.update(
        API_TITLE=f"Onward {settings.service}",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=f"/api/v1/{settings.service}",
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "servers": [{"url": settings.public_url}],
            "security": [{"accessToken": []}, {"session": []}],
        },
    )
    api = Api(app)
    schemes = api.spec.components
    schemes.security_scheme(
        "accessToken", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    )
    schemes.security_scheme("session", {"type": "apiKey", "in": "cookie", "name": "__Host-onward"})
    return api


def invalid(error: ma.ValidationError) -> InvalidError:
    """Return the refusal that tells everything *error* found, by JSON Pointer into the body.

    Where the query or the form was wrong the pointer is empty and the detail names the parameter.
    """
    found = list(_found(error))
    return InvalidError("invalid", "Change what errors lists, then send it again.", errors=found)


def _found(error: ma.ValidationError) -> Iterator[FieldError]:
    messages: dict[str, Any] = error.normalized_messages()  # type: ignore[no-untyped-call]
    for location, content in messages.items():
        if location in {"query", "form", "headers", "path", "view_args", "files"}:
            for path, text in _walk(content, ()):
                name = ".".join(path)
                yield FieldError(pointer="", detail=f"{location} {name}: {text}")
        else:
            inside = content if location in {"json", _WHOLE} else {location: content}
            for path, text in _walk(inside, ()):
                yield FieldError(pointer="".join(f"/{part}" for part in path), detail=text)


def _walk(content: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(content, Mapping):
        for key, inside in content.items():
            name = str(key)
            if name == _WHOLE or (name == "value" and path and isinstance(inside, Mapping)):
                yield from _walk(inside, path)
            elif _NAME.fullmatch(name):
                yield from _walk(inside, (*path, name))
            else:
                yield path, "A key here is not known."
    elif isinstance(content, list):
        for inside in content:
            yield from _walk(inside, path)
    else:
        yield path, str(content)
