"""Problem documents (RFC 9457): what went wrong, by which rule, what to change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException

from onward import errors
from onward.database import ContendedError, DatabaseAwayError
from onward.errors import FieldError, Refused, Retryable
from onward.web.validation import invalid

MEDIA_TYPE: Final = "application/problem+json"
MOST_ERRORS: Final = 50
"""Field errors told at once."""
RETRY_AFTER: Final = 5
"""Seconds a caller is asked to wait when a dependency is away."""

REFUSALS: Final[Mapping[type[Refused], tuple[HTTPStatus, str]]] = {
    errors.MalformedError: (HTTPStatus.BAD_REQUEST, "The request cannot be read"),
    errors.UnauthenticatedError: (HTTPStatus.UNAUTHORIZED, "Nobody has proved who is asking"),
    errors.ForbiddenError: (HTTPStatus.FORBIDDEN, "You may not do this"),
    errors.NotFoundError: (HTTPStatus.NOT_FOUND, "Not found"),
    errors.ConflictError: (HTTPStatus.CONFLICT, "This is not possible now"),
    errors.StaleVersionError: (HTTPStatus.PRECONDITION_FAILED, "You decided on an older version"),
    errors.InvalidError: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Something in the request is not right",
    ),
    errors.VersionMissingError: (HTTPStatus.PRECONDITION_REQUIRED, "The request names no version"),
    errors.TooManyRequestsError: (HTTPStatus.TOO_MANY_REQUESTS, "Too many requests"),
}
"""Status and fixed title of each family of refusals; no other place knows HTTP's numbers."""

_STATED: Final[Mapping[int, tuple[str, str, str]]] = {
    400: ("malformed", "The request cannot be read", "Check the request and send it again."),
    404: ("not-found", "Not found", "There is no such page or resource: check the address."),
    405: ("method-not-allowed", "Not possible here", "Use one of the methods that Allow lists."),
    412: (
        "precondition-failed",
        "Not the version you expected",
        "It has another version than If-Match names: read it without If-Match.",
    ),
    413: (
        "body-too-large",
        "The body is too large",
        "Send less at once: 256 KiB at most for JSON.",
    ),
    415: (
        "unsupported-media-type",
        "Unknown content type",
        "Send Content-Type: application/json.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One answer that is not what the caller hoped for."""

    status: int
    code: str
    title: str
    detail: str
    errors: tuple[FieldError, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def document(self, *, public_url: str, correlation_id: UUID) -> dict[str, Any]:
        """Return the members to send."""
        document: dict[str, Any] = {
            "type": f"{public_url}/docs/problems/{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "instance": correlation_id.urn,
        }
        if self.errors:
            told = self.errors[:MOST_ERRORS]
            document["errors"] = [{"pointer": e.pointer, "detail": e.detail} for e in told]
        return {**self.extra, **document}


def problem_for(error: Exception) -> Problem:
    """Return what to answer to *error*; the unforeseen says only that it was our fault."""
    if isinstance(error, ValidationError):
        return _refused(invalid(error))
    if isinstance(error, Refused):
        return _refused(error)
    if isinstance(error, Retryable):
        return _retryable(error)
    if (
        isinstance(error, HTTPException)
        and error.code
        and error.code < HTTPStatus.INTERNAL_SERVER_ERROR
    ):
        return _stated(error, error.code)
    return Problem(
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
        code="unexpected",
        title="Something went wrong on our side",
        detail="Try again. If it happens again, tell us the id in instance.",
    )


def stated_problems() -> list[Problem]:
    """Return the problems that no refusal of a rule stands behind, to explain them."""
    stated = [_stated(HTTPException(), status) for status in _STATED]
    retryable = [_retryable(kind()) for kind in (DatabaseAwayError, ContendedError, Retryable)]
    return [*stated, *retryable, problem_for(Exception())]


def _refused(error: Refused) -> Problem:
    family = next(kind for kind in type(error).__mro__ if kind in REFUSALS)
    status, title = REFUSALS[family]
    headers = {}
    if "retry_after" in error.extra:
        headers["Retry-After"] = str(error.extra["retry_after"])
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="onward"'
    return Problem(
        status=status,
        code=error.code,
        title=title,
        detail=error.detail,
        errors=error.errors,
        extra=error.extra,
        headers=headers,
    )


def _retryable(error: Retryable) -> Problem:
    code, detail = "try-again", "Something this needs is away for the moment. Nothing was changed."
    if isinstance(error, DatabaseAwayError):
        code, detail = "database-away", "The database is away for the moment. Nothing was changed."
    if isinstance(error, ContendedError):
        code, detail = "contended", "Somebody changed the same thing at once. Nothing was changed."
    return Problem(
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        code=code,
        title="Not available for the moment",
        detail=f"{detail} Send the same request again after Retry-After seconds.",
        headers={"Retry-After": str(RETRY_AFTER)},
    )


def _stated(error: HTTPException, status: int) -> Problem:
    """Answer an HTTP error of the framework in our own fixed words, not in its."""
    phrase = HTTPStatus(status).phrase
    default = phrase.lower().replace(" ", "-"), phrase, "Check the request and send it again."
    code, title, detail = _STATED.get(status, default)
    headers = {k: v for k, v in error.get_headers() if k in {"Allow", "Retry-After"}}
    return Problem(status=status, code=code, title=title, detail=detail, headers=headers)
