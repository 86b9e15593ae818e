"""Versions on the wire: which one the caller decided on, and which one it has now."""

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Final, ParamSpec

from flask import Response, current_app, g, request

from onward.errors import MalformedError, VersionMissingError
from onward.web.responses import complete
from onward.web.routes import marked

P = ParamSpec("P")

_MARK: Final = "_onward_revalidated"
_ONE: Final = re.compile(r'^"(\d{1,18})"$')


def require_version() -> int:
    """Return the version that ``If-Match: "<n>"`` names.

    Raises `VersionMissingError` without the header. A list, a weak tag and ``*`` are refused: none
    of them says what the caller saw.
    """
    header = request.headers.get("If-Match")
    if header is None:
        raise VersionMissingError
    found = _ONE.match(header.strip())
    if found is None:
        raise MalformedError(
            "version-malformed", 'Send If-Match as the ETag you read, such as "3".'
        )
    return int(found.group(1))


def etag(version: int) -> None:
    """Send *version* as the answer's strong ETag."""
    g.etag = f'"{version}"'


def revalidated(view: Callable[P, Any]) -> Callable[P, Response]:
    """Let the caller keep what *view* answers, and ask before each use whether it still holds.

    An answer without an ETag of its own has one made of its content. Whoever sends it again as
    ``If-None-Match`` is told 304 as long as it holds. Put it around ``@transactional``.
    """

    @wraps(view)
    def answered(*args: P.args, **kwargs: P.kwargs) -> Response:
        response = complete(current_app.make_response(view(*args, **kwargs)))
        if response.status_code != HTTPStatus.OK:
            return response
        if "ETag" not in response.headers:
            response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32])
        response.headers["Cache-Control"] = "private, no-cache"
        if request.if_none_match.contains_weak(response.get_etag()[0] or ""):
            response.status_code = HTTPStatus.NOT_MODIFIED
            response.set_data(b"")
            response.headers.pop("Content-Type", None)
        return response

    return marked(_MARK, value=True)(answered)


def is_revalidated(view: Callable[..., Any]) -> bool:
    """Tell whether what *view* answers may be kept and asked for again."""
    return hasattr(view, _MARK)
