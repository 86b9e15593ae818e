"""The key that partners seal personal details to before they send them through the broker."""

from typing import Any

from flask import Blueprint

from onward.intake.sealing import published_keys
from onward.web import current_running
from onward.web.access import public

keys = Blueprint("keys", __name__)


@keys.get("/.well-known/jwks.json")
@public
def published() -> dict[str, Any]:
    """Return the public keys as a JWK Set (RFC 7517)."""
    return published_keys(current_running().settings.secret_key)
