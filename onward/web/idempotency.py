"""The same POST or PATCH sent twice changes things once, and is answered the same both times."""

import hashlib
import secrets
from collections.abc import Callable
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Response, request
from sqlalchemy.dialects import postgresql as pg

from onward.errors import InvalidError, MalformedError
from onward.tables import idempotency
from onward.web.bodies import is_json
from onward.web.context import current_running, current_team, current_web
from onward.web.keys import derived_key

HEADER: Final = "Idempotency-Key"
FIELD: Final = "idempotency_key"
"""Its twin in a form, so that a button pressed twice works once."""
REPLAYED: Final = "Idempotency-Replayed"
_KEYED: Final = frozenset({"POST", "PATCH"})
LONGEST_KEY: Final = 200
_NONCE: Final = 12
_KEPT: Final = ("Content-Type", "Location", "ETag", "Link")


def requested_key() -> str | None:
    """Return the key the caller chose for this request, if any."""
    if request.method not in _KEYED:
        return None
    key = request.headers.get(HEADER)
    if key is None and not is_json():
        key = request.form.get(FIELD)
    if key is None:
        return None
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise MalformedError(
            "idempotency-key-malformed",
            f"Use 1 to {LONGEST_KEY} printable ASCII characters as key.",
        )
    return key


def answer_once(
    connection: sa.Connection, organisation: UUID, key: str, answer: Callable[[], Response]
) -> Response:
    """Return what *answer* makes, or what it made when *key* was used before, in the same team.

    The key is inserted in the transaction of the work itself: a second request with it waits for
    the first to commit, then replays its answer; when the first is undone, the second does it.
    """
    if team := current_team():
        key = f"{team.lower()}\n{key}"  # no key that was sent can hold a line's end
    claimed = connection.execute(
        pg.insert(idempotency)
        .values(organisation=organisation, key=key, fingerprint=_fingerprint())
        .on_conflict_do_nothing()
        .returning(idempotency.c.key)
    ).first()
    if claimed is None:
        return _replay(connection, organisation, key)
    response = answer()
    connection.execute(
        sa.update(idempotency)
        .filter_by(organisation=organisation, key=key)
        .values(
            status=response.status_code,
            headers={name: response.headers[name] for name in _KEPT if name in response.headers},
            body=_sealed(response.get_data(), organisation, key),
        )
    )
    return response


def _replay(connection: sa.Connection, organisation: UUID, key: str) -> Response:
    current_web().admit()
    row = connection.execute(
        sa.select(idempotency).filter_by(organisation=organisation, key=key)
    ).one()
    if bytes(row.fingerprint) != _fingerprint():
        raise InvalidError(
            "idempotency-key-reused", "This key was used for another request: choose a new one."
        )
    response = Response(_opened(bytes(row.body), organisation, key), row.status, row.headers)
    response.headers[REPLAYED] = "true"
    return response


def _sealed(body: bytes, organisation: UUID, key: str) -> bytes:
    """Encrypt an answer to keep (AES-256-GCM): it may hold a person's details, or a secret shown once."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _cipher().encrypt(nonce, body, f"{organisation}|{key}".encode())


def _opened(sealed: bytes, organisation: UUID, key: str) -> bytes:
    return _cipher().decrypt(sealed[:_NONCE], sealed[_NONCE:], f"{organisation}|{key}".encode())


def _cipher() -> AESGCM:
    return AESGCM(derived_key(current_running().settings.secret_key, "idempotency"))


def _fingerprint() -> bytes:
    """Digest what was asked: method, path with query, and body."""
    asked = hashlib.sha256()
    for part in (
        request.method.encode(),
        request.full_path.encode(),
        request.get_data(cache=True),
    ):
        asked.update(len(part).to_bytes(8, "big"))
        asked.update(part)
    return asked.digest()
