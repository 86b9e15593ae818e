"""Read what a page's form or address says by the same schemas as the API."""

from collections.abc import Mapping
from typing import Any

import marshmallow as ma

from onward.web.blueprints import invalid


def read(schema: ma.Schema, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return *said* loaded by *schema*. Raises `InvalidError` with a pointer per field."""
    try:
        loaded: dict[str, Any] = schema.load(said)
    except ma.ValidationError as error:
        raise invalid(error) from None
    return loaded
