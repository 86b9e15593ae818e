"""Every event heard becomes exactly one leaf of a tree that agrees with RFC 6962."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from onward import migrate
from onward.envelope import Envelope
from onward.service import RunningService
from onward.settings import Settings
from services.audit.app import SERVICE
from services.audit.handlers import sealing
from services.audit.handlers.appending import append
from services.audit.handlers.notary import Notary
from tests.integration.audit.conftest import Hear, Rows
from tests.unit.audit.story import COORDINATOR, WARD, Story, a_handoff, many_reads, the_house
from tests.unit.audit.test_tree import naive_root


def test_each_event_heard_is_one_leaf_in_the_order_told(hear: Hear, rows: Rows) -> None:
    told = [*the_house(), *a_handoff()]
    hear(told)
    leaves = [
        json.loads(bytes(row.body)) for row in rows("SELECT body FROM leaves ORDER BY number")
    ]
    assert sorted(leaf["event"] for leaf in leaves) == sorted(str(each.id) for each in told)
    of_sam = [leaf["sequence"] for leaf in leaves if leaf["action"].startswith("referral.")]
    assert of_sam == sorted(of_sam)


def test_a_leaf_says_who_did_what_on_which_basis_and_nothing_personal(
    hear: Hear, rows: Rows
) -> None:
    story = Story()
    asked = story.requested()
    hear([asked])
    ((body,),) = rows("SELECT body FROM leaves")
    leaf = json.loads(bytes(body))
    assert leaf["who"] == COORDINATOR.principal
    assert leaf["organisation"] == str(WARD)
    assert (leaf["role"], leaf["action"]) == ("caseworker", "referral.handoff-requested.v1")
    assert (leaf["basis"], leaf["outcome"]) == ("direct-care", "success")
    assert leaf["occurred"] == "2026-11-16T09:05:00.000000Z"
    assert leaf["referral"] == leaf["subject"] == str(story.referral)
    assert leaf["handoff"] == str(story.handoff)


def test_the_log_holds_no_name_and_no_mailbox(hear: Hear, rows: Rows) -> None:
    hear(the_house())
    everything = b"".join(bytes(row.body) for row in rows("SELECT body FROM leaves"))
    assert b"Response" not in everything
    assert b"example.org" not in everything


def test_the_head_is_the_root_of_all_leaves(
    running: RunningService, hear: Hear, rows: Rows
) -> None:
    for size in (1, 7, 20, 3):
        hear(many_reads(size, name=f"reads of {size}"))
    bodies = [bytes(row.body) for row in rows("SELECT body FROM leaves ORDER BY number")]
    with running.database.transaction() as uow:
        assert uow.store.log.head().root == naive_root(bodies)


def test_an_event_delivered_twice_has_one_leaf(hear: Hear, rows: Rows) -> None:
    told = a_handoff()
    hear(told)
    hear(told[::-1])
    assert rows("SELECT count(*) FROM leaves") == [(len(told),)]


def test_an_event_whose_inbox_row_was_forgotten_still_has_one_leaf(
    running: RunningService, hear: Hear, rows: Rows
) -> None:
    told = a_handoff()
    hear(told)
    with running.database.transaction() as uow:
        append(uow, told)
    assert rows("SELECT count(*) FROM leaves") == [(len(told),)]


def test_two_that_append_at_once_do_not_disturb_each_other(
    running: RunningService, notary: Notary, rows: Rows
) -> None:
    batches = [many_reads(5, name=f"batch {number}") for number in range(12)]

    def add(batch: Sequence[Envelope]) -> None:
        with running.database.transaction() as uow:
            append(uow, batch)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, batches))
    bodies = [bytes(row.body) for row in rows("SELECT body FROM leaves ORDER BY number")]
    with running.database.transaction() as uow:
        sealed = sealing.seal(uow, notary)
    assert len(bodies) == 60
    assert sealed is not None
    assert sealed.root == naive_root(bodies)


def test_what_was_undone_left_no_leaf(running: RunningService, hear: Hear, rows: Rows) -> None:
    hear(a_handoff())
    before = rows("SELECT size, edge FROM tree")
    with suppress(ZeroDivisionError), running.database.transaction() as uow:
        append(uow, many_reads(3))
        raise ZeroDivisionError
    assert rows("SELECT size, edge FROM tree") == before


CHANGES = (
    "UPDATE leaves SET action = ''",
    "UPDATE nodes SET hash = ''",
    "UPDATE checkpoints SET note = ''",
    "DELETE FROM leaves",
    "DELETE FROM nodes",
    "DELETE FROM checkpoints",
    "TRUNCATE leaves",
    "TRUNCATE nodes",
    "TRUNCATE checkpoints",
    "UPDATE cosignatures SET line = ''",
    "DELETE FROM cosignatures",
    "TRUNCATE cosignatures",
)


@pytest.mark.parametrize(
    ("role", "answer"),
    [("database_url", "permission denied"), ("owner_database_url", "only ever grows")],
)
def test_the_log_refuses_every_change_but_growth(
    hear: Hear, settings: Settings, role: str, answer: str
) -> None:
    hear(a_handoff())
    engine = sa.create_engine(getattr(settings, role), poolclass=sa.pool.NullPool)
    for change in CHANGES:
        with pytest.raises(DBAPIError, match=answer), engine.begin() as connection:
            connection.execute(sa.text(change))


def test_the_migration_builds_what_the_code_declares(running: RunningService) -> None:
    with running.engine.connect() as connection:
        assert migrate.differences(SERVICE, connection) == []


def test_the_migration_can_be_taken_back_and_run_again(running: RunningService) -> None:
    url = running.settings.owner_database_url
    migrate.downgrade(SERVICE, url)
    migrate.upgrade(SERVICE, url)
    with running.engine.connect() as connection:
        assert migrate.is_current(SERVICE, connection)
