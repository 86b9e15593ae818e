"""Let a process run many greenlets: the very first thing a serving process does."""

import socket
import struct
from functools import partial
from typing import Any

import eventlet
from eventlet.hubs import trampoline
from eventlet.patcher import original
from psycopg2 import extensions

select = original("select")

DATABASE_PATIENCE = 35.0
"""Seconds a query may leave the socket silent: a little more than the server's own statement limit."""
DOUBT = 2.0
"""Seconds of silence after which the server is asked on another line whether it is there at all."""
SIGN_OF_LIFE = 1.5
"""Seconds it may take to answer that."""
SSL_REQUEST = struct.pack("!ii", 8, 80877103)
"""What a PostgreSQL answers with one byte before it knows who asks (protocol 3.0, SSLRequest)."""
CONNECT_PATIENCE = 3.0
"""Seconds a server may keep us waiting while we connect: libpq's own limit does not hold in green mode."""


AT_ONCE = 1
"""Milliseconds within which most answers come: waiting for them costs less than a change of greenlets,
while nobody else has work to go on with."""


def make_green() -> None:
    """Patch what blocks. To be called before anything else is imported.

    Waiting for PostgreSQL then gives way to other greenlets, and gives up on a server that fell silent.
    """
    eventlet.monkey_patch()
    extensions.set_wait_callback(_wait_for_database)


def give_way_always() -> None:
    """Let another greenlet go on at each wait for PostgreSQL: for processes with several hands."""
    extensions.set_wait_callback(partial(_wait_for_database, at_once=0))


class AtWork:
    """How many requests and batches this process works on now."""

    count = 0


def _wait_for_database(connection: Any, at_once: int = AT_ONCE) -> None:
    """Raise TimeoutError when it is silent too long: psycopg2, which holds its lock here, then closes it."""
    while (state := connection.poll()) != extensions.POLL_OK:
        alone = at_once and AtWork.count < 2  # noqa: PLR2004 - others would stand still meanwhile
        if alone and state == extensions.POLL_READ and comes(connection.fileno(), at_once):
            continue
        if connection.status == extensions.STATUS_SETUP:
            _wait(connection, state, CONNECT_PATIENCE)
            continue
        try:
            _wait(connection, state, DOUBT)
        except TimeoutError:
            if not _is_there(connection.info.host, connection.info.port):
                raise
            _wait(connection, state, DATABASE_PATIENCE - DOUBT)


def _wait(connection: Any, state: int, patience: float) -> None:
    trampoline(
        connection.fileno(),
        read=state == extensions.POLL_READ,
        write=state == extensions.POLL_WRITE,
        timeout=patience,
        timeout_exc=TimeoutError,
    )


def _is_there(host: str, port: int) -> bool:
    """Tell whether the server answers: then it is only slow. One on this machine's own socket is."""
    if host.startswith("/"):
        return True
    try:
        with socket.create_connection((host, port), timeout=SIGN_OF_LIFE) as line:
            line.sendall(SSL_REQUEST)
            return bool(line.recv(1))
    except OSError:
        return False


def comes(descriptor: int, within: int) -> bool:
    """Tell whether there is something to read *within* so many milliseconds, letting nobody else go on."""
    answer = select.poll()
    answer.register(descriptor, select.POLLIN)
    return bool(answer.poll(within))
