"""Open what a partner sealed for us: JSON Web Encryption to the key we publish.

The broker, its disks and its operators never hold a readable personal detail. The key is derived from the
secret the services share, so that each of them can open what is sent to it; nothing has to be stored.
"""

from functools import cache
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from onward.errors import FieldError, InvalidError
from onward.web.keys import derived_key

ALGORITHM: Final = "ECDH-ES+A256KW"
ENCRYPTION: Final = "A256GCM"
MEDIA_TYPE: Final = "application/jose"
"""What ``datacontenttype`` says of data that is a compact JWE."""
_PURPOSE: Final = "partner events"
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the group of P-256: private keys are smaller (FIPS 186-5)."""


def published_keys(secret_key: str) -> dict[str, Any]:
    """Return the JWK Set for ``/.well-known/jwks.json``: public members only."""
    key = _key(secret_key)
    named = {"use": "enc", "alg": ALGORITHM, "kid": key.thumbprint()}
    return {"keys": [{**key.as_dict(private=False), **named}]}


def unseal(secret_key: str, sealed: str) -> bytes:
    """Return what *sealed*, a compact JWE, holds. Raises `InvalidError` with ``event-sealed``."""
    try:
        opened = jwe.decrypt_compact(
            sealed, _key(secret_key), algorithms=[ALGORITHM, "ECDH-ES", ENCRYPTION]
        )
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise _closed() from None
    if "zip" in opened.headers() or opened.plaintext is None:
        raise _closed()  # a small message could become a huge one
    return opened.plaintext


def _closed() -> InvalidError:
    return InvalidError(
        "event-sealed",
        f"Seal data as a compact JWE with {ALGORITHM} and {ENCRYPTION}, uncompressed,"
        " to the key at /.well-known/jwks.json.",
        errors=[FieldError(pointer="/data", detail="This could not be opened.")],
    )


@cache
def _key(secret_key: str) -> ECKey:
    number = int.from_bytes(derived_key(secret_key, _PURPOSE), "big") % (_ORDER - 1) + 1
    private = derive_private_key(number, SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return ECKey.import_key(pem)
