"""Secrets of partners' systems: how they look, and what is kept of them."""

import hashlib
import hmac

TEST, LIVE = "test", "live"
"""Prefixes that tell keys for rehearsals from keys for real people's data."""
_NOBODY = bytes(32)


def digest(secret: str) -> bytes:
    """Return what to keep of a secret: it is long and random, so one SHA-256 is enough."""
    return hashlib.sha256(secret.encode()).digest()


def matches(kept: bytes | None, secret: str) -> bool:
    """Tell whether *kept* was made from *secret*, in the same time whether or not anything is kept."""
    return hmac.compare_digest(kept or _NOBODY, digest(secret)) and kept is not None
