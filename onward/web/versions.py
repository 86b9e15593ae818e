"""Versions on the wire: which one the caller decided on, and which one it has now."""

import re
from typing import Final

from flask import g, request

from onward.errors import MalformedError, VersionMissingError

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
