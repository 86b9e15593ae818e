"""A thousand random alterations by the owner of the tables, guards switched off: each one shows."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

from onward.database import UnitOfWork
from onward.identity import Actor
from onward.ids import new_id
from onward.outbox import Origin
from onward.service import RunningService
from services.audit.domain.soundness import Progress
from services.audit.handlers import sealing
from services.audit.handlers.notary import Notary
from services.audit.storage.store import Store
from tests.integration.audit.conftest import Hear
from tests.unit.audit.story import a_handoff, many_reads

LEAVES, NODES, SIZES = 13 + 20, 31, (13, 33)
ROUNDS = 1000
Change = tuple[str, dict[str, Any]]


def _byte(name: str) -> str:
    """Return SQL for column *name* with the byte at ``:at`` (modulo its length) flipped by ``:mask``."""
    place = f"(:at % length({name}))::int"
    return f"set_byte({name}, {place}, get_byte({name}, {place}) # :mask)"


def flip_content(dice: Random) -> Change:
    return f"UPDATE leaves SET body = {_byte('body')} WHERE number = :n", _flip(dice, LEAVES)


def flip_hash(dice: Random) -> Change:
    return f"UPDATE leaves SET hash = {_byte('hash')} WHERE number = :n", _flip(dice, LEAVES)


def flip_node(dice: Random) -> Change:
    query = "SELECT level, number FROM nodes ORDER BY level, number OFFSET :n LIMIT 1"
    change = f"UPDATE nodes SET hash = {_byte('hash')} WHERE (level, number) = ({query})"
    return change, _flip(dice, NODES)


def flip_edge(dice: Random) -> Change:
    return f"UPDATE tree SET edge = {_byte('edge')}", {
        k: v for k, v in _flip(dice, 1).items() if k != "n"
    }


def flip_root(dice: Random) -> Change:
    size = dice.choice(SIZES)
    change = f"UPDATE checkpoints SET root = {_byte('root')} WHERE size = :n"
    return change, _flip(dice, 1) | {"n": size}


def alter_note(dice: Random) -> Change:
    size, at = dice.choice(SIZES), dice.randrange(1, 120)
    change = "UPDATE checkpoints SET note = overlay(note PLACING :sign FROM :at) WHERE size = :n"
    return change, {"n": size, "at": at, "sign": "~"}


def hide(dice: Random) -> Change:
    column = dice.choice(
        ("action", "principal", "organisation", "referral", "event_id", "occurred")
    )
    value = {
        "action": "'access.read.v9'",
        "principal": "'worker:x'",
        "occurred": "occurred + interval '1 second'",
    }.get(column, "gen_random_uuid()")
    return f"UPDATE leaves SET {column} = {value} WHERE number = :n", {"n": dice.randrange(LEAVES)}


def rewrite_with_its_hash(dice: Random) -> Change:
    change = """
        UPDATE leaves SET body = other.body, hash = sha256('\\x00'::bytea || other.body)
        FROM (SELECT number, convert_to(replace(convert_from(body, 'UTF8'),
            '"outcome":"success"', '"outcome":"failure"'), 'UTF8') AS body FROM leaves) other
        WHERE leaves.number = :n AND other.number = :n
    """
    return change, {"n": dice.randrange(LEAVES)}


def delete(dice: Random) -> Change:
    return "DELETE FROM leaves WHERE number = :n", {"n": dice.randrange(LEAVES)}


def delete_and_close_up(dice: Random) -> Change:
    change = """
        WITH gone AS (DELETE FROM leaves WHERE number = :n),
        cut AS (UPDATE tree SET size = size - 1)
        UPDATE leaves SET number = number - 1000 WHERE number > :n;
        UPDATE leaves SET number = number + 999 WHERE number < 0
    """
    return change, {"n": dice.randrange(LEAVES)}


def delete_node(dice: Random) -> Change:
    query = "SELECT level, number FROM nodes ORDER BY level, number OFFSET :n LIMIT 1"
    return f"DELETE FROM nodes WHERE (level, number) = ({query})", {"n": dice.randrange(NODES)}


def insert(dice: Random) -> Change:
    change = """
        INSERT INTO leaves SELECT 33, gen_random_uuid(), hash, body, action, occurred, principal,
            organisation, referral FROM leaves WHERE number = :n
    """
    return change, {"n": dice.randrange(LEAVES)}


def exchange(dice: Random) -> Change:
    one, other = dice.sample(range(LEAVES), 2)
    change = """
        UPDATE leaves SET number = -1 WHERE number = :one;
        UPDATE leaves SET number = :one WHERE number = :other;
        UPDATE leaves SET number = :other WHERE number = -1
    """
    return change, {"one": one, "other": other}


def cut_tail(dice: Random) -> Change:
    return "DELETE FROM leaves WHERE number >= :n", {"n": dice.randrange(LEAVES)}


def cut_tail_and_head(dice: Random) -> Change:
    change = "DELETE FROM leaves WHERE number >= :n; UPDATE tree SET size = :n"
    return change, {"n": dice.randrange(LEAVES)}


def _flip(dice: Random, rows: int) -> dict[str, int]:
    return {"n": dice.randrange(rows), "at": dice.randrange(4096), "mask": 1 << dice.randrange(8)}


KINDS: tuple[Callable[[Random], Change], ...] = (
    *(flip_content, flip_hash, flip_node, flip_edge, flip_root, alter_note, hide),
    *(rewrite_with_its_hash, delete, delete_and_close_up, delete_node, insert, exchange),
    *(cut_tail, cut_tail_and_head),
)


@pytest.fixture
def owner(running: RunningService, hear: Hear, notary: Notary) -> Iterator[sa.Connection]:
    """Fill and sign the log, and lend a transaction of its owner without any guard."""
    for told in (a_handoff(), many_reads(20)):
        hear(told)
        with running.database.transaction() as uow:
            sealing.seal(uow, notary)
    engine = sa.create_engine(running.settings.owner_database_url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection, connection.begin() as whole:
        for table in ("leaves", "nodes", "checkpoints"):
            connection.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER only_grows"))
        yield connection
        whole.rollback()
    engine.dispose()


def shows(connection: sa.Connection, notary: Notary, running: RunningService) -> bool:
    """Tell whether the log's check of itself, or else the next signing, finds it altered."""
    uow: UnitOfWork[Store] = UnitOfWork(
        source="audit",
        connection=connection,
        store=Store(connection),
        now=running.clock.now(),
        origin=Origin(actor=Actor.service("audit"), correlation_id=new_id()),
    )
    progress = sealing.check_itself(uow, notary.key, chunk=100)
    assert isinstance(progress, Progress)
    return progress.finding is not None or sealing.seal(uow, Notary(notary.signer)) is None


def test_a_thousand_random_alterations_all_show(
    running: RunningService, owner: sa.Connection, notary: Notary
) -> None:
    dice = Random(20261122)  # noqa: S311 - to be repeated, not to be secret
    assert not shows(owner, notary, running)
    unseen = []
    with structlog.testing.capture_logs():
        for round_ in range(ROUNDS):
            statement, values = KINDS[round_ % len(KINDS)](dice)
            with owner.begin_nested() as altered:
                owner.execute(sa.text(statement), values)
                if not shows(owner, notary, running):
                    unseen.append((round_, statement, values))
                altered.rollback()
    assert unseen == []
    assert not shows(owner, notary, running)
