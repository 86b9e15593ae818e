"""What a request may carry: its content type, its size, and JSON read strictly."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

from flask import g, request
from werkzeug.exceptions import LengthRequired, RequestEntityTooLarge, UnsupportedMediaType

from onward.errors import MalformedError
from onward.web.routes import marked, operation
from onward.web.strict_json import load_json

JSON_LIMIT: Final = 256 * 1024
"""Bytes a body may have unless its route accepts more."""
_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
_BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_MARK: Final = "_onward_accepts"

View = TypeVar("View", bound=Callable[..., Any])
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Which bodies a route takes."""

    types: tuple[str, ...]
    limit: int = JSON_LIMIT


def accepts(*types: str, limit: int = JSON_LIMIT) -> Callable[[View], View]:
    """Let a route take bodies of these content types, *limit* bytes at most, instead of JSON."""
    return marked(_MARK, Accepted(types=types, limit=limit))


def check_body() -> None:
    """Refuse a body that is too large (413), of another type (415) or no strict JSON (400)."""
    accepted = _accepted()
    request.max_content_length = accepted.limit
    request.max_form_memory_size = accepted.limit
    if (request.content_length or 0) > accepted.limit:
        raise RequestEntityTooLarge
    if "Transfer-Encoding" in request.headers and request.content_length is None:
        raise LengthRequired  # the server would hand us nothing of it
    if request.method in _BODILESS or not request.content_length:
        return
    if accepted.types and request.mimetype not in accepted.types and not _is_json(accepted):
        raise UnsupportedMediaType
    body = request.get_data(cache=True)  # before a form is read from it, so that both can be had
    if _is_json(accepted):
        g.json = load_json(body)


def body_optional(view: Callable[P, R]) -> Callable[P, R]:
    """Let a request without a body mean an empty object."""

    @wraps(view)
    def answered(*args: P.args, **kwargs: P.kwargs) -> R:
        if "json" not in g and not request.content_length:
            g.json = {}
        return view(*args, **kwargs)

    return answered


def check_text() -> None:
    """Refuse NUL in the address and in forms: no database text can hold it."""
    texts = [request.path]
    if request.query_string:
        texts += [*request.args, *request.args.values()]
    if request.mimetype in _FORMS:
        texts += [*request.form, *request.form.values()]
    if any("\0" in text for text in texts):
        raise MalformedError("text-malformed", "The address or the form holds a NUL: remove it.")


def is_json() -> bool:
    """Tell whether the request says that its body is JSON."""
    return request.mimetype == "application/json" or request.mimetype.endswith("+json")


def _is_json(accepted: Accepted) -> bool:
    return is_json() and (
        "application/json" in accepted.types or request.mimetype in accepted.types
    )


def _accepted() -> Accepted:
    own = getattr(operation(), _MARK, None)
    if isinstance(own, Accepted):
        return own
    if is_api():
        return Accepted(types=("application/json",))
    return Accepted(types=_FORMS)


def is_api() -> bool:
    """Tell whether this path is for machines."""
    return request.path.startswith(("/api/", "/fhir/", "/open-referral/"))
