"""Who is at the door before anybody has proved anything: where from, and in whose transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import cast

from flask import request

from onward.database import UnitOfWork
from onward.identity import Actor
from onward.web import current_correlation_id, current_running
from onward.web.keys import derived_key
from services.directory.storage.store import Store


@contextmanager
def own_transaction(actor: Actor | None = None) -> Iterator[UnitOfWork[Store]]:
    """Open a transaction that commits whatever the request is answered in the end."""
    with current_running().database.transaction(
        actor=actor, correlation_id=current_correlation_id()
    ) as uow:
        yield cast("UnitOfWork[Store]", uow)


def guess_key() -> bytes:
    """Return the key under which names and addresses are digested."""
    return derived_key(current_running().settings.secret_key, "tries")


def address() -> str:
    """Return where the request comes from, as the edge proxy saw it.

    Only a neighbour on a private network can be the proxy; what a stranger says is not believed.
    """
    peer = request.remote_addr or ""
    forwarded = request.headers.get("X-Forwarded-For", "").rsplit(",", 1)[-1].strip()
    return forwarded if forwarded and _is_private(peer) and _is_address(forwarded) else peer


def _is_private(text: str) -> bool:
    return _is_address(text) and ip_address(text).is_private


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
