"""JSON as evidence may hold it: each key once, and one way to write each document."""

import json
from typing import Any

from onward_verifier.findings import CheckFailedError


def read_object(text: bytes | str, what: str) -> dict[str, Any]:
    """Read one JSON object without duplicate keys."""
    try:
        document = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise CheckFailedError(f"{what}: not JSON, or a key is given twice") from None
    if not isinstance(document, dict):
        raise CheckFailedError(f"{what}: not a JSON object")
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError
    return made


def spelled(document: dict[str, Any]) -> bytes:
    """Write a document in canonical form: keys sorted, no white space, UTF-8."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()
