"""Speak to PostgreSQL in few messages: what needs no answer travels with the next thing that does.

A transaction's BEGIN goes with its first statement, and statements said `later` with the one after them or
with the COMMIT. Each message saved is a round trip, and a wake-up of both ends.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from zlib import crc32

from psycopg2 import extensions

BEGIN = b"BEGIN;"
READ_ONLY = "25006"
"""PostgreSQL's code for a write to a server that takes none, such as a replica."""
Parameters = tuple[Any, ...] | Mapping[str, Any]


class Wire(extensions.connection):
    """A connection that begins its transactions itself, since psycopg2 would send BEGIN alone."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Connect as psycopg2 does."""
        super().__init__(*arguments, **options)
        self.autocommit = True
        self._waiting: list[bytes] = []
        self._plans: dict[str, str] = {}
        """By the text of a statement: how its plan is called, with its parameters in their order."""

    def later(self, statement: str, parameters: Parameters) -> None:
        """Send *statement*, in its turn, before whatever is said next; its failure is raised there."""
        with self.cursor() as cursor:
            self._waiting.append(cursor.mogrify(statement, parameters) + b";")

    def plan(self, statement: str, names: Iterable[str]) -> str:
        """Return what executes *statement*, whose parameters are *names*; it is planned once."""
        if statement not in self._plans:
            numbers = {name: f"${number}" for number, name in enumerate(names, 1)}
            plan = f"onward_{crc32(statement.encode()):08x}"
            self._say(f"PREPARE {plan} AS {statement % numbers}")
            values = ", ".join(f"%({name})s" for name in numbers)
            self._plans[statement] = f"EXECUTE {plan} ({values})" if values else f"EXECUTE {plan}"
        return self._plans[statement]

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

    def _say(self, what: str) -> None:
        with self.cursor() as cursor:
            cursor.execute(what)


class Cursor(extensions.cursor):
    """A cursor on a `Wire`."""

    connection: Wire

    def execute(self, statement: Any, parameters: Any = None) -> None:
        """Send *statement*, and before it whatever has to be said first."""
        if before := self.connection.before():
            super().execute(before + self.mogrify(statement, parameters))
        else:
            super().execute(statement, parameters)

    def execute_planned(self, statement: str, parameters: Mapping[str, Any]) -> None:
        """Send *statement*, which the server parses and plans once per connection."""
        self.execute(self.connection.plan(statement, parameters), parameters)

    def executemany(self, statement: Any, parameters: Any) -> None:
        """Send *statement* for each of *parameters*."""
        for each in parameters:
            self.execute(statement, each)
