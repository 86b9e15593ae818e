"""The token endpoint: OAuth 2.0 client credentials (RFC 6749 §4.4), by secret or by signed assertion."""

import base64
import binascii
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote_plus

from flask import Response, current_app, request
from marshmallow import fields

from onward.errors import (
    InvalidError,
    MalformedError,
    Refused,
    TooManyRequestsError,
    UnauthenticatedError,
)
from onward.web import Blueprint, accepts, current_running, public
from onward.web.schemas import Schema
from onward.web.tokens import issue_access_token
from services.directory.domain.accounts import PartnerSystem
from services.directory.handlers import partners, tries
from services.directory.handlers.assertions import claimed_client
from services.directory.handlers.tries import Guess
from services.directory.web.callers import address, guess_key, own_transaction

PATH: Final = "/api/v1/oauth/token"
LIMIT: Final = 16 * 1024
JWT_BEARER: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_FORM: Final = "application/x-www-form-urlencoded"
oauth = Blueprint("oauth", __name__, url_prefix="/api/v1/oauth", description="Access tokens.")


class TokenSchema(Schema):
    """An access token."""

    access_token = fields.String()
    token_type = fields.String(metadata={"example": "Bearer"})
    expires_in = fields.Integer(metadata={"example": 300})


class TokenErrorSchema(Schema):
    """Why there is no token (RFC 6749 §5.2)."""

    error = fields.String(metadata={"example": "invalid_client"})
    error_description = fields.String()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a client sent to prove itself, not yet checked."""

    client_id: str
    secret: str | None = None
    assertion: str | None = None


@oauth.route("/token", methods=["POST"])
@public
@accepts(_FORM, limit=LIMIT)
@oauth.response(200, TokenSchema)
@oauth.alt_response(400, schema=TokenErrorSchema, description="The request is not right.")
@oauth.alt_response(401, schema=TokenErrorSchema, description="The client is not known.")
@oauth.alt_response(429, schema=TokenErrorSchema, description="Too many tries.")
@oauth.doc(
    security=[{}],
    requestBody={
        "required": True,
        "content": {
            _FORM: {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {
                        "grant_type": {"type": "string", "enum": ["client_credentials"]},
                        "client_id": {"type": "string"},
                        "client_secret": {"type": "string"},
                        "client_assertion_type": {"type": "string", "enum": [JWT_BEARER]},
                        "client_assertion": {"type": "string"},
                    },
                }
            }
        },
    },
)
def token() -> Response:
    """Exchange a client's secret, or an assertion it signed, for an access token of 300 seconds."""
    try:
        system = _proved(_read_proof())
    except Refused as refused:
        return _error(refused)
    running = current_running()
    issued = issue_access_token(running.settings, system.actor, at=running.clock.now())
    return _answer(
        HTTPStatus.OK,
        {"access_token": issued, "token_type": "Bearer", "expires_in": partners.LIFETIME},
    )


def _proved(proof: Proof) -> PartnerSystem:
    """Count the try, then check it; a try that succeeded does not count."""
    guess = Guess.of_system(guess_key(), client_id=proof.client_id, address=address())
    with own_transaction() as uow:
        wait = tries.count_try(uow, guess)
    if wait:
        raise TooManyRequestsError("slow-down", "Too many tries: wait.", retry_after=wait)
    with own_transaction() as uow:
        if proof.assertion is not None:
            audience = current_running().settings.public_url + PATH
            system = partners.prove_by_assertion(uow, proof.assertion, audience)
        else:
            system = partners.prove_by_secret(uow, proof.client_id, proof.secret or "")
        tries.forgive(uow, guess)
    return system


def _read_proof() -> Proof:
    """Return what the client sent. Raises `MalformedError` or `InvalidError` with OAuth's codes."""
    if request.mimetype != _FORM:
        raise MalformedError("invalid-request", f"Send a body of type {_FORM}.")
    if any(len(values) > 1 for values in request.form.listvalues()):
        raise MalformedError("invalid-request", "Send each parameter once.")
    grant = request.form.get("grant_type")
    if grant is None:
        raise MalformedError("invalid-request", "Send grant_type.")
    if grant != "client_credentials":
        raise InvalidError("unsupported-grant-type", "Use the grant type client_credentials.")
    if request.form.get("scope"):
        raise InvalidError("invalid-scope", "Leave scope out: a token may do what its role may.")
    ways = [way for way in (_basic(), _posted(), _signed()) if way is not None]
    if len(ways) > 1:
        raise MalformedError("invalid-request", "Authenticate the client in one way.")
    if not ways:
        raise UnauthenticatedError("invalid-client", "Send client credentials.")
    return ways[0]


def _basic() -> Proof | None:
    """Read HTTP Basic, whose parts are form-encoded first (RFC 6749 §2.3.1)."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise UnauthenticatedError("invalid-client", "The credentials cannot be read.") from None
    client_id, secret = (unquote_plus(part) for part in decoded.partition(":")[::2])
    if not client_id.isprintable():
        raise partners.invalid_client()
    return Proof(client_id=client_id, secret=secret)


def _posted() -> Proof | None:
    secret = request.form.get("client_secret")
    if secret is None:
        return None
    return Proof(client_id=request.form.get("client_id", ""), secret=secret)


def _signed() -> Proof | None:
    assertion = request.form.get("client_assertion")
    if assertion is None:
        return None
    if request.form.get("client_assertion_type") != JWT_BEARER:
        raise MalformedError("invalid-request", f"Send client_assertion_type {JWT_BEARER}.")
    claimed = claimed_client(assertion)
    if claimed is None or request.form.get("client_id", claimed) != claimed:
        raise partners.invalid_client()
    return Proof(client_id=claimed, assertion=assertion)


def _error(refused: Refused) -> Response:
    status = HTTPStatus.BAD_REQUEST
    if isinstance(refused, UnauthenticatedError):
        status = HTTPStatus.UNAUTHORIZED
    if isinstance(refused, TooManyRequestsError):
        status = HTTPStatus.TOO_MANY_REQUESTS
    code = refused.code.replace("-", "_")
    response = _answer(status, {"error": code, "error_description": refused.detail})
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Basic realm="onward", charset="UTF-8"'
    if "retry_after" in refused.extra:
        response.headers["Retry-After"] = str(refused.extra["retry_after"])
    return response


def _answer(status: HTTPStatus, body: dict[str, object]) -> Response:
    response = Response(
        current_app.json.dumps(body), status=status, content_type="application/json"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response
