"""Checkpoints: signed as the log grows, always of what was there, under a name that stays."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from onward.service import RunningService
from services.audit import timers
from services.audit.domain.checkpoint import is_true
from services.audit.handlers import sealing
from services.audit.handlers.appending import append
from services.audit.handlers.notary import Notary, notary_of
from tests.integration.audit.conftest import Hear, Rows
from tests.unit.audit.story import a_handoff, many_reads
from tests.unit.audit.test_tree import naive_root


def test_a_checkpoint_is_signed_once_per_growth(
    running: RunningService, hear: Hear, rows: Rows
) -> None:
    for _ in range(2):
        timers.sign(running)
    hear(a_handoff())
    for _ in range(2):
        timers.sign(running)
    assert rows("SELECT size FROM checkpoints ORDER BY size") == [(0,), (13,)]


def test_checkpoints_signed_while_others_append_are_all_true(
    running: RunningService, notary: Notary, rows: Rows
) -> None:
    def add(number: int) -> None:
        with running.database.transaction() as uow:
            append(uow, many_reads(7, name=f"batch {number}"))
        timers.sign(running)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(12)))
    bodies = [bytes(row.body) for row in rows("SELECT body FROM leaves ORDER BY number")]
    with running.database.transaction() as uow:
        signed = uow.store.checkpoints.between(0, len(bodies))
    assert signed[-1].size == 84
    for checkpoint in signed:
        assert checkpoint.root == naive_root(bodies[: checkpoint.size])
        assert is_true(checkpoint, notary.key)


def test_a_log_keeps_its_name_when_the_platform_moves(
    running: RunningService, hear: Hear, rows: Rows
) -> None:
    timers.sign(running)
    moved = RunningService(
        service=running.service,
        settings=replace(running.settings, public_url="https://onward.example"),
        clock=running.clock,
    )
    hear(a_handoff())
    timers.sign(moved)
    notes = rows("SELECT note FROM checkpoints ORDER BY size")
    moved.close()
    assert [note.partition("\n")[0] for (note,) in notes] == ["127.0.0.1:8080/audit"] * 2
    assert rows("SELECT count(*) FROM outbox") == [(0,)]  # nobody was told of tampering


def test_another_signing_key_signs_nothing_and_is_told(
    running: RunningService, hear: Hear, rows: Rows
) -> None:
    timers.sign(running)
    hear(a_handoff())
    other = RunningService(
        service=running.service,
        settings=replace(running.settings, signing_key="somebody else's signing key " * 2),
        clock=running.clock,
    )
    timers.sign(other)
    other.close()
    assert rows("SELECT size FROM checkpoints") == [(0,)]
    assert rows("SELECT key FROM outbox") == [("audit.tampering-found.v1",)]


def test_two_processes_do_not_check_the_same_part_at_once(
    running: RunningService, hear: Hear
) -> None:
    hear(a_handoff())
    timers.sign(running)
    key = notary_of(running).key
    with running.database.transaction() as first, running.database.transaction() as second:
        assert sealing.check_itself(first, key) is not None
        assert sealing.check_itself(second, key) is None


def test_a_check_goes_on_where_the_last_part_ended(running: RunningService, hear: Hear) -> None:
    hear(many_reads(25))
    timers.sign(running)
    sizes = []
    for _ in range(4):
        with running.database.transaction() as uow:
            progress = sealing.check_itself(uow, notary_of(running).key, chunk=10)
            assert progress is not None
            sizes.append((progress.edge.size, progress.finished_size))
    assert sizes == [(10, None), (20, None), (0, 25), (10, 25)]
