"""The log's rows: leaves, the subtrees over them, and the head that is locked to append."""

from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from onward.planned import later, one_of, planned
from services.audit.domain.leaf import Leaf, Stored
from services.audit.domain.tree import Edge, Growth, Position
from services.audit.storage import tables

_KNOWN = planned(
    sa.select(tables.leaves.c.event_id).where(tables.leaves.c.event_id == one_of("ids"))
)
_HEAD = planned(sa.select(tables.tree.c.size, tables.tree.c.edge).with_for_update())
_ADD_LEAVES = sa.text(
    r"""
    INSERT INTO leaves
        (number, event_id, hash, body, action, occurred, principal, organisation, referral)
    SELECT :first + place - 1, CAST(event_id AS uuid), decode(hash, 'hex'),
        convert_to(body, 'UTF8'), action, CAST(occurred AS timestamptz), principal,
        CAST(organisation AS uuid), CAST(referral AS uuid)
    FROM unnest(
        string_to_array(:event_ids, E'\n'), string_to_array(:hashes, E'\n'),
        string_to_array(:bodies, E'\n'), string_to_array(:actions, E'\n'),
        string_to_array(:occurred, E'\n'), string_to_array(:principals, E'\n'),
        string_to_array(:organisations, E'\n', ''), string_to_array(:referrals, E'\n', '')
    ) WITH ORDINALITY AS leaf
        (event_id, hash, body, action, occurred, principal, organisation, referral, place)
    """
)
"""Each column travels as lines of text: the server reads that at half the cost of arrays of bytea.
No value can hold a line break but a forged principal, which then fails on the column counts."""
_ADD_NODES = sa.text(
    r"""
    INSERT INTO nodes (level, number, hash)
    SELECT CAST(level AS smallint), CAST(number AS bigint), decode(hash, 'hex')
    FROM unnest(
        string_to_array(:levels, E'\n'), string_to_array(:numbers, E'\n'),
        string_to_array(:hashes, E'\n')
    ) AS node (level, number, hash)
    """
)
_GROW = sa.text("UPDATE tree SET size = :size, edge = :edge")
_SUBTREES = sa.text(
    """
    SELECT node.level, node.number, node.hash
    FROM unnest(CAST(:levels AS smallint[]), CAST(:numbers AS bigint[])) AS wanted (level, number)
    JOIN nodes node USING (level, number)
    """
).columns(hash=sa.LargeBinary)
_SPANS = sa.text(
    """
    SELECT node.level, node.number, node.hash
    FROM unnest(CAST(:levels AS smallint[]), CAST(:firsts AS bigint[]), CAST(:ends AS bigint[]))
        AS span (level, first, stop)
    CROSS JOIN LATERAL (
        SELECT level, number, hash FROM nodes
        WHERE level = span.level AND number >= span.first AND number < span.stop
        ORDER BY number LIMIT span.stop - span.first
    ) AS node
    """
).columns(hash=sa.LargeBinary)
"""Each span by the index: joined as a whole, every look at a few leaves would read all nodes."""
_LINES = sa.text(
    r"""
    SELECT string_agg(encode(hash, 'hex') || ' ' || convert_from(body, 'UTF8') || E'\n', ''
        ORDER BY number)
    FROM leaves WHERE number >= :start AND number < :stop
    """
)
"""Put together by the server: a row per leaf would cost this process more than hashing it."""
_STORED = sa.text(
    """
    SELECT number, body, hash, event_id::text, action, occurred, principal, organisation::text,
        referral::text
    FROM leaves WHERE number >= :start AND number < :stop ORDER BY number
    """
).columns(body=sa.LargeBinary, hash=sa.LargeBinary)


class Log:
    """The leaves and the tree over them."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and append within the transaction of *connection*."""
        self._connection = connection

    def head(self, *, lock: bool = False) -> Edge:
        """Return the log as far as it has grown; with *lock*, nobody else appends until commit."""
        query = _HEAD if lock else sa.select(tables.tree.c.size, tables.tree.c.edge)
        size, edge = self._connection.execute(query).one()
        return Edge.unpacked(size, edge)

    def known(self, events: Collection[UUID]) -> set[UUID]:
        """Return which of *events* have their leaf already."""
        rows = self._connection.execute(_KNOWN, {"ids": list(events)})
        return set(rows.scalars())

    def append(self, leaves: Sequence[Leaf], growth: Growth) -> None:
        """Add *leaves*, which let the locked tree grow to *growth*."""
        add = partial(later, self._connection)
        add(_ADD_LEAVES, _columns(leaves) | {"first": growth.edge.size - len(leaves)})
        if growth.nodes:
            levels, numbers, hashes = zip(*growth.nodes, strict=True)
            hexadecimal = [hashed.hex() for hashed in hashes]
            add(
                _ADD_NODES,
                {
                    "levels": _lines(levels),
                    "numbers": _lines(numbers),
                    "hashes": _lines(hexadecimal),
                },
            )
        add(_GROW, {"size": growth.edge.size, "edge": growth.edge.packed})

    def subtrees(self, positions: Iterable[Position]) -> dict[Position, bytes]:
        """Return the hashes of the perfect subtrees at *positions*, leaves (level 0) included."""
        wanted = sorted(positions)
        leaves = [number for level, number in wanted if level == 0]
        nodes = [position for position in wanted if position[0]]
        return self._leaf_hashes(leaves) | self._node_hashes(nodes)

    def completed_between(self, start: int, stop: int) -> dict[Position, bytes]:
        """Return the subtrees of two leaves and more that leaves *start* to *stop* completed."""
        spans = [(level, start >> level, stop >> level) for level in range(1, stop.bit_length())]
        levels, firsts, ends = zip(*spans, strict=True) if spans else ((), (), ())
        values = {"levels": list(levels), "firsts": list(firsts), "ends": list(ends)}
        rows = self._connection.execute(_SPANS, values)
        return {(level, number): hashed for level, number, hashed in rows}

    def stored(self, start: int, stop: int) -> list[Stored]:
        """Return the leaves numbered *start* up to, not including, *stop*, as they are stored."""
        rows = self._connection.execute(_STORED, {"start": start, "stop": stop})
        return [Stored(*row) for row in rows]

    def lines(self, start: int, stop: int) -> bytes:
        """Return the same leaves as lines: hash in hexadecimal, a space, content."""
        found = self._connection.execute(_LINES, {"start": start, "stop": stop}).scalar()
        return str(found or "").encode()

    def ends(self) -> tuple[int, int | None]:
        """Return the size by the head, and the number of the last leaf there is, at one moment."""
        last = sa.select(sa.func.max(tables.leaves.c.number)).scalar_subquery()
        size, number = self._connection.execute(sa.select(tables.tree.c.size, last)).one()
        return size, number

    def _leaf_hashes(self, numbers: Sequence[int]) -> dict[Position, bytes]:
        if not numbers:
            return {}
        query = sa.select(tables.leaves.c.number, tables.leaves.c.hash).where(
            tables.leaves.c.number.in_(numbers)
        )
        return {(0, number): hashed for number, hashed in self._connection.execute(query)}

    def _node_hashes(self, positions: Sequence[Position]) -> dict[Position, bytes]:
        if not positions:
            return {}
        levels, numbers = zip(*positions, strict=True)
        values = {"levels": list(levels), "numbers": list(numbers)}
        rows = self._connection.execute(_SUBTREES, values)
        return {(level, number): hashed for level, number, hashed in rows}


def _columns(leaves: Sequence[Leaf]) -> dict[str, Any]:
    return {
        "event_ids": _lines(leaf.event_id for leaf in leaves),
        "hashes": _lines(leaf.hash.hex() for leaf in leaves),
        "bodies": _lines(leaf.body.decode() for leaf in leaves),
        "actions": _lines(leaf.action for leaf in leaves),
        "occurred": _lines(leaf.occurred.isoformat() for leaf in leaves),
        "principals": _lines(leaf.principal for leaf in leaves),
        "organisations": _lines(leaf.organisation or "" for leaf in leaves),
        "referrals": _lines(leaf.referral or "" for leaf in leaves),
    }


def _lines(values: Iterable[object]) -> str:
    return "\n".join(map(str, values))
