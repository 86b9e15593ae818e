"""Let a process run many greenlets: the very first thing a serving process does."""

from typing import Any

import eventlet
from eventlet.hubs import trampoline
from psycopg2 import extensions

DATABASE_PATIENCE = 35.0
"""Seconds a query may leave the socket silent: a little more than the server's own statement limit."""


def make_green() -> None:
    """Patch what blocks. To be called before anything else is imported.

    Waiting for PostgreSQL then gives way to other greenlets, and gives up on a server that fell silent.
    """
    eventlet.monkey_patch()
    extensions.set_wait_callback(_wait_for_database)


def _wait_for_database(connection: Any) -> None:
    while (state := connection.poll()) != extensions.POLL_OK:
        try:
            trampoline(
                connection.fileno(),
                read=state == extensions.POLL_READ,
                write=state == extensions.POLL_WRITE,
                timeout=DATABASE_PATIENCE,
                timeout_exc=TimeoutError,
            )
        except TimeoutError:
            connection.close()
            raise
