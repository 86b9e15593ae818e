"""The OpenAPI 3.1 document: what each route takes and gives, and the rules the kit adds to all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import flask_smorest
import marshmallow as ma
from flask import Flask

from onward.settings import Settings
from onward.web.access import allowed_roles
from onward.web.idempotency import HEADER
from onward.web.problems import MEDIA_TYPE
from onward.web.schemas import Schema
from onward.web.transactions import is_transactional
from onward.web.versions import is_revalidated

_KEY: Final = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "description": "The same key with the same body again gives the same answer and changes nothing.",
}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the kit asks of the callers of one operation."""

    roles: tuple[str, ...] | None
    """None when anybody may ask, empty when everybody who has proved who they are may."""
    takes_key: bool
    revalidated: bool


def rules_of(view: Callable[..., Any], method: str) -> Rules:
    """Return the rules that the decorators of *view* state."""
    roles = allowed_roles(view)
    return Rules(
        roles=None if roles is None else tuple(sorted(role.value for role in roles)),
        takes_key=method == "post" and is_transactional(view) and roles is not None,
        revalidated=is_revalidated(view),
    )


def tell_rules(doc: dict[str, Any], info: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add an operation's rules to its document (a callback of flask-smorest)."""
    rules: Rules = info["rules"]
    refusals = {429: "TOO_MANY_REQUESTS"}
    if rules.roles is None:
        doc["security"] = []
    else:
        refusals |= {401: "UNAUTHORIZED", 403: "FORBIDDEN"}
        doc["x-roles"] = list(rules.roles)
    if rules.takes_key:
        doc["parameters"] = [*doc.get("parameters", []), dict(_KEY)]
    responses = doc.setdefault("responses", {})
    for status, name in refusals.items():
        responses.setdefault(status, name)
    if rules.revalidated:
        responses.setdefault(304, {"description": "What you sent as If-None-Match still holds."})
    responses.setdefault("default", "DEFAULT_ERROR")
    return doc
