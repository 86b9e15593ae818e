"""Speak to PostgreSQL in few messages: what needs no answer travels with the next thing that does.

A transaction's BEGIN goes with its first statement, and statements said `later` with the one after them or
with the COMMIT. Each message saved is a round trip, and a wake-up of both ends.
"""

from typing import Any

from psycopg2 import extensions

BEGIN = b"BEGIN;"


class Wire(extensions.connection):
    """A connection that begins its transactions itself, since psycopg2 would send BEGIN alone."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Connect as psycopg2 does."""
        super().__init__(*arguments, **options)
        self.autocommit = True
        self._waiting: list[bytes] = []

    def later(self, statement: str, parameters: tuple[Any, ...]) -> None:
        """Send *statement*, in its turn, before whatever is said next; its failure is raised there."""
        with self.cursor() as cursor:
            self._waiting.append(cursor.mogrify(statement, parameters) + b";")

    def before(self) -> bytes:
        """Return, once, what has to be said before the next statement."""
        before = (b"" if self._is_open() else BEGIN) + b"".join(self._waiting)
        self._waiting.clear()
        return before

    def commit(self) -> None:
        """End the transaction, if one was begun; what waits goes along."""
        if self._waiting or self._is_open():
            self._say("COMMIT")

    def rollback(self) -> None:
        """Undo the transaction, if one was begun, and forget what waits."""
        self._waiting.clear()
        if self._is_open():
            self._say("ROLLBACK")

    def _is_open(self) -> bool:
        return self.get_transaction_status() != extensions.TRANSACTION_STATUS_IDLE

    def _say(self, end: str) -> None:
        with self.cursor() as cursor:
            cursor.execute(end)


class Cursor(extensions.cursor):
    """A cursor on a `Wire`."""

    connection: Wire

    def execute(self, statement: Any, parameters: Any = None) -> None:
        """Send *statement*, and before it whatever has to be said first."""
        if before := self.connection.before():
            super().execute(before + self.mogrify(statement, parameters))
        else:
            super().execute(statement, parameters)

    def executemany(self, statement: Any, parameters: Any) -> None:
        """Send *statement* for each of *parameters*."""
        for each in parameters:
            self.execute(statement, each)
