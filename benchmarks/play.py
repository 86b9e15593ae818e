"""Play a recording back, round after round: ``python -m benchmarks.play RECORDING ROUNDS NUMBER SCOPE``.

SCOPE is ``rest``, or ``all`` with the two requests. Databases are in ``BENCH_DATABASE_URLS``, as JSON by
service. The first line on standard output says that everything is prepared; the program then waits for a
line on standard input, plays, prints the seconds each round took as JSON, and only then tidies up: that
is no part of what is timed, and when the broker fails at it, nothing measured is lost.
"""

import contextlib
import os
import pickle
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import psycopg2
from kombu.connection import Connection
from psycopg2 import extras

from benchmarks.floor import Afresh, Committed, Heard, Op, Published, Recording, Sent
from benchmarks.loading import QUORUM
from benchmarks.pipeline import NAMES
from onward.wire import Cursor, Wire

WINDOW = 100
"""Events taken at once at most."""
LEAVES_APART = 1 << 20
"""Leaf numbers of two rounds differ by this; a power of two, so that their subtrees stay apart."""


Round = list[tuple[Op, Any]]
"""What to do, each statement with its parameters."""


class Player:
    """One process's connections, and the round it is in."""

    def __init__(self, recording: Recording, afresh: Afresh, number: int) -> None:
        """Connect, declare queues of its own, and prepare what the services prepare."""
        self._afresh = afresh
        urls: dict[str, str] = orjson.loads(os.environ["BENCH_DATABASE_URLS"])
        self._databases = {
            name: psycopg2.connect(
                url.replace("+psycopg2", ""), connection_factory=Wire, cursor_factory=Cursor
            )
            for name, url in urls.items()
        }
        self._cursors = {name: each.cursor() for name, each in self._databases.items()}
        for name, cursor in self._cursors.items():
            extras.register_uuid(conn_or_curs=cursor)
            self._plan(name, [*recording.requests, *recording.rest])
        self.broker = Broker(os.environ["BENCH_AMQP_URI"], number)

    def prepare(self, ops: Sequence[Op]) -> Round:
        """Return *ops* with the parameters of the round that was begun: nothing of this is timed."""
        return [(op, self._afresh.parameters(op) if isinstance(op, Sent) else None) for op in ops]

    def play(self, round_: Round) -> None:
        """Send every statement, commit where the services did, publish, consume, acknowledge."""
        for op, parameters in round_:
            match op:
                case Sent():
                    self._send(op, parameters)
                case Committed():
                    self._databases[op.service].commit()
                    self.broker.acknowledge(op.service)
                case Published():
                    self.broker.publish(op)
                case Heard():
                    self.broker.take(op.service, op.events)

    def _send(self, op: Sent, parameters: Any) -> None:
        if op.statement.startswith("PREPARE"):
            return
        if op.later:
            self._databases[op.service].later(op.statement, parameters)
            return
        cursor = self._cursors[op.service]
        if op.statement:
            cursor.execute(op.statement, parameters)
        else:
            cursor.execute(parameters)
        if cursor.description:
            cursor.fetchall()

    def _plan(self, name: str, ops: Sequence[Op]) -> None:
        texts = {op.statement for op in ops if isinstance(op, Sent) and op.service == name}
        for text in texts:
            if text.startswith("PREPARE"):
                self._cursors[name].execute(text)
        self._databases[name].commit()


class Broker:
    """A quorum queue and a channel per service, and a channel with confirms to publish on."""

    def __init__(self, uri: str, number: int) -> None:
        """Declare the queues of process *number* and consume from them."""
        self._prefix = f"floor.{number}"
        self._connection = Connection(uri)
        self._out: Any = self._connection.channel()
        self._out.confirm_select()
        self._out.events["basic_ack"].add(self._confirmed)
        self._open: set[int] = set()
        self._published = 0
        self._exchanges: set[str] = set()
        self._channels: dict[str, Any] = {}
        self._arrived: dict[str, list[int]] = {name: [] for name in NAMES}
        self._taken: dict[str, int] = {}
        for name in NAMES:
            self._channels[name] = channel = self._connection.channel()
            channel.queue_declare(
                self._queue(name), durable=True, arguments=QUORUM, auto_delete=False
            )
            channel.basic_qos(0, 2 * WINDOW, a_global=False)
            channel.basic_consume(self._queue(name), callback=self._taker(name))

    def publish(self, op: Published) -> None:
        """Publish each body once to everybody who hears it; wait for the confirms."""
        exchange = self._exchange(op.heard_by)
        for body in op.bodies:
            message = self._out.prepare_message(body, properties={"delivery_mode": 2})
            self._published += 1
            self._open.add(self._published)
            self._out.basic_publish(message, exchange=exchange, mandatory=True)
        while self._open:
            self._connection.drain_events(timeout=10)

    def take(self, service: str, events: int) -> None:
        """Wait for *events* events on the queue of *service*."""
        arrived = self._arrived[service]
        while len(arrived) < events:
            self._connection.drain_events(timeout=10)
        self._taken[service] = arrived[events - 1]
        del arrived[:events]

    def acknowledge(self, service: str) -> None:
        """Acknowledge what was taken for *service*, if anything was, all at once."""
        if tag := self._taken.pop(service, None):
            self._channels[service].basic_ack(tag, multiple=True)

    def close(self) -> None:
        """Delete the queues, so that the next measurement has the broker to itself.

        The broker has been seen to refuse it (INTERNAL_ERROR); what is left then goes with the broker.
        """
        errors = (*self._connection.connection_errors, *self._connection.channel_errors)
        with contextlib.suppress(*errors), self._connection:
            for channel in self._channels.values():
                channel.close()
            for name in NAMES:
                self._out.queue_delete(self._queue(name))
            for exchange in self._exchanges:
                self._out.exchange_delete(exchange)

    def _exchange(self, heard_by: Sequence[str]) -> str:
        exchange = ".".join((self._prefix, *heard_by))
        if exchange not in self._exchanges:
            self._exchanges.add(exchange)
            self._out.exchange_declare(exchange, "fanout", durable=True, auto_delete=False)
            for name in heard_by:
                self._out.queue_bind(self._queue(name), exchange)
        return exchange

    def _queue(self, name: str) -> str:
        return f"{self._prefix}.{name}"

    def _taker(self, name: str) -> Any:
        return lambda message: self._arrived[name].append(message.delivery_tag)

    def _confirmed(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 - py-amqp's call
        self._open -= {each for each in self._open if each <= tag} if multiple else {tag}


def main() -> None:
    """Play as asked on the command line."""
    path, rounds, number, scope = sys.argv[1:]
    recording: Recording = pickle.loads(Path(path).read_bytes())  # noqa: S301 - our own file
    afresh = Afresh(recording, kept=set(orjson.loads(os.environ["BENCH_KEPT"])))
    player = Player(recording, afresh, int(number))
    masks = [secrets.randbits(128) for _ in range(int(rounds))]

    def prepared(count: int, ops: Sequence[Op]) -> Round:
        first = (int(number) * 1000 + count + 1) * LEAVES_APART
        afresh.begin(count, mask=masks[count], first_leaf=first)
        return player.prepare(ops)

    def play(round_: Round) -> float:
        begun = time.perf_counter()
        player.play(round_)
        return time.perf_counter() - begun

    timed = [*recording.requests, *recording.rest]
    if scope == "rest":
        for count in range(int(rounds)):
            play(prepared(count, recording.requests))
        timed = recording.rest
    ready = [prepared(count, timed) for count in range(int(rounds))]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    taken = list(map(play, ready))
    sys.stdout.write(orjson.dumps(taken).decode() + "\n")
    sys.stdout.flush()
    player.broker.close()


if __name__ == "__main__":
    main()
