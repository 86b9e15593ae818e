"""Does it slow down as referrals pile up? Fill a platform's databases as if it had run for years.

A thousand real handoffs are the pattern. Their rows are copied under fresh ids straight into the tables
that grow with every handoff, real schema and all its indexes, until each has the number asked for. Leaves
are copied with their ids changed, hashed anew and joined to the Merkle tree, so that the log stays sound.
"""

import io
import re
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import psycopg2
import sqlalchemy as sa

from benchmarks.platform import Platform
from services.audit.domain.leaf import Leaf, read
from services.audit.domain.tree import Edge, grow, leaf_hash

PATTERN = 1000
"""Real handoffs whose rows are copied."""
OLDEST = 10_000
"""How many times 65.5 s ago the oldest copy was made, by its ids; there are fewer copies than that."""
KERNEL = ("inbox_lines", "outbox", "outbox_lines")
GROWING: Mapping[str, tuple[str, ...]] = {
    "directory": ("claims", "inbox", *KERNEL),
    "referral": (
        *("persons", "referrals", "handoffs", "packs", "steps", "deadlines"),
        *("inbox", *KERNEL),
    ),
    "notification": ("notices", "inbox", "inbox_lines"),
    "audit": ("inbox", "inbox_lines"),
}
"""Beside them: the audit service's leaves and nodes."""
STATED = """
    INSERT INTO stated (through, handoff_id)
    SELECT requested_at, id FROM handoffs WHERE requested_at IS NOT NULL
    ORDER BY requested_at DESC, id DESC LIMIT 1
    ON CONFLICT (single) DO UPDATE SET through = excluded.through, handoff_id = excluded.handoff_id
"""
"""What was sent years ago was stated to the audit log then."""
ONLY: Mapping[str, str] = {"outbox": "stream <> 'access'"}
"""What a handoff has of a table: the founding of the partnership told the auditors something, too."""
HEARS_BOTH = ("notification", "audit")
"""Both the directory and the referral service, which tell: so twice as much."""
KEPT = frozenset(
    (
        "service_id",
        "sender",
        "recipient",
        "organisation",
        "counterpart",
        "agreement_id",
        "place_id",
    )
)
"""Columns whose ids are the partnership's and stay; every other id is a fresh one."""
_COLUMNS = """
    SELECT column_name, data_type FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = %s AND is_identity = 'NO' AND is_generated = 'NEVER'
"""
_ID = re.compile(rb'"(?!00000000)[0-9a-f]{8}(-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")')


def fill(platform: Platform, stored: int) -> None:
    """Let *platform*, at rest with `PATTERN` handoffs behind it, have *stored* behind it.

    Its services are held meanwhile: they would wait for the tree in vain, and park what they heard.
    """
    platform.free_places()
    platform.await_quiet()
    platform.hold()
    copies = stored // PATTERN - 1
    with ThreadPoolExecutor(len(GROWING)) as hands:
        for done in [hands.submit(_fill, platform, name, copies) for name in GROWING]:
            done.result()
    platform.release()


def _fill(platform: Platform, name: str, copies: int) -> None:
    url = sa.make_url(platform.stand.admin_url).set(
        drivername="postgresql", database=platform.engines[name].url.database
    )
    database = psycopg2.connect(url.render_as_string(hide_password=False))
    with database, database.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # what refers is copied with it
        for table in GROWING[name]:
            both = table == "inbox" and name in HEARS_BOTH
            rows = PATTERN * (2 if both else 1)
            copy_rows(cursor, table, copies, rows, only=ONLY.get(table, "true"))
        if name == "audit":
            copy_leaves(cursor, copies)
        if name == "referral":
            cursor.execute(STATED)
    database.autocommit = True
    with database.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    database.close()


def copy_rows(
    cursor: Any,
    table: str,
    copies: int,
    rows: int,
    *,
    only: str = "true",
    changed: str | None = None,
) -> None:
    """Copy *only* such *rows* of *table* so many times under fresh ids, *changed* by that SET if any."""
    cursor.execute(_COLUMNS, (table,))
    columns = dict(cursor.fetchall())
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(map(_copied, columns, columns.values()))
    cursor.execute(
        f"CREATE TEMP TABLE pattern AS SELECT * FROM {table} WHERE {only} LIMIT {rows}"  # noqa: S608 - our own names
    )
    if changed:
        cursor.execute(f"UPDATE pattern SET {changed}")  # noqa: S608
    cursor.execute(
        f"PREPARE copy_rows (text) AS INSERT INTO {table} ({names}) SELECT {values} FROM pattern"  # noqa: S608
    )
    for copy in range(copies):
        cursor.execute("EXECUTE copy_rows (%s)", (_prefix(copy),))
    cursor.execute("DEALLOCATE copy_rows; DROP TABLE pattern")


def _copied(name: str, type_: str) -> str:
    if type_ == "uuid" and name not in KEPT:
        return f'CAST($1 || substr("{name}"::text, 9) AS uuid)'
    return f'"{name}"'


def _prefix(copy: int) -> str:
    """Return how the ids of a copy begin: with a time of their own, a minute before the next one's."""
    return f"{(time.time_ns() // 1_000_000 >> 16) - OLDEST + copy:08x}"


def copy_leaves(cursor: Any, copies: int) -> None:
    """Append *copies* of the first `PATTERN` leaves about referrals, each under ids of its own."""
    cursor.execute("SELECT body FROM leaves WHERE referral IS NOT NULL LIMIT %s", (PATTERN,))
    bodies = [bytes(body) for (body,) in cursor.fetchall()]
    cursor.execute("SELECT size, edge FROM tree FOR UPDATE")
    size, packed = cursor.fetchone()
    edge = Edge.unpacked(size, bytes(packed))
    for copy in range(copies):
        afresh = partial(_ID.sub, b'"' + _prefix(copy).encode() + rb"\1")
        leaves = [_stored_again(afresh(body)) for body in bodies]
        growth = grow(edge, [leaf.hash for leaf in leaves])
        _send(cursor, "leaves", _leaf_lines(edge.size, leaves))
        _send(
            cursor, "nodes", (f"{level}\t{at}\t{_hex(node)}\n" for level, at, node in growth.nodes)
        )
        edge = growth.edge
    cursor.execute("UPDATE tree SET size = %s, edge = %s", (edge.size, edge.packed))


def _stored_again(body: bytes) -> Leaf:
    facts = read(body)
    return Leaf(
        body=body,
        hash=leaf_hash(body),
        event_id=facts.event,
        action=facts.action,
        occurred=facts.occurred,
        principal=facts.who,
        organisation=facts.organisation,
        referral=facts.referral,
    )


def _leaf_lines(first: int, leaves: list[Leaf]) -> Iterator[str]:
    for number, leaf in enumerate(leaves, first):
        values = (
            *(number, leaf.event_id, _hex(leaf.hash), _hex(leaf.body), leaf.action, leaf.occurred),
            *(leaf.principal, leaf.organisation or r"\N", leaf.referral or r"\N"),
        )
        yield "\t".join(map(str, values)) + "\n"


def _hex(value: bytes) -> str:
    return rf"\\x{value.hex()}"


def _send(cursor: Any, table: str, lines: Iterator[str]) -> None:
    columns = {
        "leaves": "number, event_id, hash, body, action, occurred, principal, organisation, referral",
        "nodes": "level, number, hash",
    }
    cursor.copy_expert(f"COPY {table} ({columns[table]}) FROM STDIN", io.StringIO("".join(lines)))
