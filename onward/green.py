"""Let a process run many greenlets: the very first thing a serving process does."""

from typing import Any

import eventlet
from eventlet.hubs import trampoline
from eventlet.patcher import original
from psycopg2 import extensions

select = original("select")

DATABASE_PATIENCE = 35.0
"""Seconds a query may leave the socket silent: a little more than the server's own statement limit."""
CONNECT_PATIENCE = 3.0
"""Seconds a server may keep us waiting while we connect: libpq's own limit does not hold in green mode."""


AT_ONCE = 1
"""Milliseconds within which most answers come: waiting for them costs less than a change of greenlets."""


def make_green() -> None:
    """Patch what blocks. To be called before anything else is imported.

    Waiting for PostgreSQL then gives way to other greenlets, and gives up on a server that fell silent.
    """
    eventlet.monkey_patch()
    extensions.set_wait_callback(_wait_for_database)


def _wait_for_database(connection: Any) -> None:
    """Raise TimeoutError when it is silent too long: psycopg2, which holds its lock here, then closes it."""
    connecting = connection.status == extensions.STATUS_SETUP
    patience = CONNECT_PATIENCE if connecting else DATABASE_PATIENCE
    while (state := connection.poll()) != extensions.POLL_OK:
        if state == extensions.POLL_READ and _comes_at_once(connection.fileno()):
            continue
        trampoline(
            connection.fileno(),
            read=state == extensions.POLL_READ,
            write=state == extensions.POLL_WRITE,
            timeout=patience,
            timeout_exc=TimeoutError,
        )


def _comes_at_once(descriptor: int) -> bool:
    answer = select.poll()
    answer.register(descriptor, select.POLLIN)
    return bool(answer.poll(AT_ONCE))
