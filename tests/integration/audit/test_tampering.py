"""Whatever the owner of the database does to the log, it shows."""

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from onward.errors import ConflictError
from onward.identity import Actor, Role
from onward.service import RunningService
from onward_verifier.bundles import verify, verify_held
from onward_verifier.findings import CheckFailedError
from onward_verifier.notes import Key
from services.audit.domain.notes import Signer
from services.audit.domain.soundness import Finding, Progress
from services.audit.domain.tree import Edge, grow, leaf_hash
from services.audit.handlers import exporting, proving, sealing
from services.audit.handlers.notary import Notary
from tests.integration.audit.conftest import Hear, Own, Rows
from tests.unit.audit.story import a_handoff, many_reads

Seal = Callable[[], Any]
LEAVES = 13 + 20


@pytest.fixture
def sealed(running: RunningService, hear: Hear, notary: Notary) -> Seal:
    """Fill the log, sign it in two steps, and return what signs it again."""

    def seal() -> Any:
        with running.database.transaction() as uow:
            return sealing.seal(uow, notary)

    hear(a_handoff())
    seal()
    hear(many_reads(20))
    seal()
    return seal


def check(running: RunningService, notary: Notary) -> Progress:
    """Check the whole log in small parts."""
    for _ in range(100):
        with running.database.transaction() as uow:
            progress = sealing.check_itself(uow, notary.key, chunk=10)
        assert progress is not None
        if progress.finding or progress.finished_at:
            return progress
    raise AssertionError("the check does not end")


def export(running: RunningService, notary: Notary) -> bytes:
    referral = UUID(json.loads(leaf_bodies(running)[0])["referral"])
    actor = Actor(principal="system:auditor", organisation=None, role=Role.AUDITOR)
    with running.database.transaction(actor=actor) as uow:
        return exporting.export_trail(uow, referral, notary).content


def leaf_bodies(running: RunningService) -> list[bytes]:
    with running.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT body FROM leaves ORDER BY number"))
        return [bytes(row.body) for row in rows]


def told(rows: Rows) -> list[tuple[Any, Any]]:
    """Return what the service tells the others about its log."""
    query = "SELECT body FROM outbox WHERE key = 'audit.tampering-found.v1' ORDER BY position"
    data = [json.loads(bytes(row.body))["data"] for row in rows(query)]
    return [(each["checkpoint_size"], each.get("first_wrong_leaf")) for each in data]


FLIP = (
    "UPDATE leaves SET body = convert_to(replace(convert_from(body, 'UTF8'),"
    ' \'"outcome":"success"\', \'"outcome":"refused"\'), \'UTF8\') WHERE number = 5'
)
REHASH = "UPDATE leaves SET hash = sha256('\\x00'::bytea || body) WHERE number = 5"
SWAP = """
UPDATE leaves SET body = other.body, hash = other.hash, event_id = gen_random_uuid()
FROM (SELECT number, body, hash FROM leaves) other
WHERE leaves.number IN (4, 6) AND other.number = 10 - leaves.number
"""
INSERT = """
INSERT INTO leaves SELECT 33, gen_random_uuid(), hash, body, action, occurred, principal,
    organisation, referral FROM leaves WHERE number = 3
"""


def test_an_untouched_log_is_sound(running: RunningService, sealed: Seal, notary: Notary) -> None:
    progress = check(running, notary)
    assert progress.finding is None
    assert progress.finished_size == LEAVES


@pytest.mark.parametrize(
    ("statements", "finding"),
    [
        ((FLIP,), Finding(code="leaf-altered", leaf=5)),
        ((FLIP, REHASH), Finding(code="tree-altered", leaf=4)),
        ((SWAP,), Finding(code="leaf-altered", leaf=4)),
        (("DELETE FROM leaves WHERE number = 7",), Finding(code="leaf-missing", leaf=7)),
        (("DELETE FROM leaves WHERE number > 29",), Finding(code="tail-cut", leaf=30)),
        ((INSERT,), Finding(code="leaf-inserted", leaf=33)),
        (("UPDATE leaves SET referral = NULL WHERE number = 3",), Finding(code="leaf-altered", leaf=3)),
        (("UPDATE nodes SET hash = sha256(hash) WHERE level = 2 AND number = 1",),
         Finding(code="tree-altered", leaf=4)),
        (("DELETE FROM nodes WHERE level = 1 AND number = 2",), Finding(code="tree-altered", leaf=4)),
        (("UPDATE checkpoints SET root = sha256(root) WHERE size = 13",),
         Finding(code="checkpoint-altered")),
    ],
)  # fmt: skip
def test_each_alteration_is_found_and_told_once(  # noqa: PLR0913, PLR0917 - fixtures
    running: RunningService,
    sealed: Seal,
    notary: Notary,
    own: Own,
    rows: Rows,
    statements: tuple[str, ...],
    finding: Finding,
) -> None:
    own(*statements)
    assert check(running, notary).finding == finding
    check(running, notary)
    assert told(rows) == [(LEAVES, finding.leaf)]


def rebuild(running: RunningService, own: Own, *, keep: int, without: int) -> None:
    """Leave one leaf out and make everything else fit again, as only the owner can."""
    bodies = leaf_bodies(running)
    bodies = [*bodies[:without], *bodies[without + 1 : keep]]
    growth = grow(Edge(), [leaf_hash(body) for body in bodies])
    own(
        f"DELETE FROM leaves WHERE number = {without} OR number >= {keep}",
        f"UPDATE leaves SET number = number + 1000 WHERE number > {without}",
        "UPDATE leaves SET number = number - 1001 WHERE number >= 1000",
        "DELETE FROM nodes",
        "UPDATE tree SET size = :size, edge = :edge",
        size=growth.edge.size,
        edge=growth.edge.packed,
    )
    for level, number, hashed in growth.nodes:
        own("INSERT INTO nodes VALUES (:l, :n, :h)", l=level, n=number, h=hashed)


def test_a_log_rebuilt_to_fit_disagrees_with_what_was_signed(
    running: RunningService, sealed: Seal, notary: Notary, own: Own, rows: Rows
) -> None:
    rebuild(running, own, keep=LEAVES, without=6)
    own("DELETE FROM checkpoints WHERE size > 13")
    assert check(running, notary).finding == Finding(code="root-differs")
    assert told(rows) == [(13, None)]


def test_a_rebuilt_log_is_not_signed_again(
    running: RunningService, sealed: Seal, own: Own, notary: Notary, rows: Rows
) -> None:
    rebuild(running, own, keep=LEAVES, without=6)
    own("DELETE FROM checkpoints WHERE size > 13")
    other_process = Notary(notary.signer)
    with running.database.transaction() as uow:
        assert sealing.seal(uow, other_process) is None
    assert rows("SELECT max(size) FROM checkpoints") == [(13,)]
    assert told(rows) == [(13, None)]


def test_a_tail_cut_with_its_checkpoints_is_noticed_by_the_process_that_signed_it(
    running: RunningService, sealed: Seal, own: Own, rows: Rows
) -> None:
    rebuild(running, own, keep=14, without=13)
    own("DELETE FROM checkpoints WHERE size > 13")
    assert sealed() is None
    assert told(rows) == [(LEAVES, None)]


def test_a_log_rebuilt_and_signed_again_is_given_away_by_a_checkpoint_held_outside(
    running: RunningService, sealed: Seal, own: Own, notary: Notary, rows: Rows
) -> None:
    """The worst case: the owner of the database has the signing key too, and nobody remembers."""
    key = Key.parse(str(notary.key))
    ((held,),) = rows("SELECT note FROM checkpoints WHERE size = 13")
    honest = export(running, notary)
    rebuild(running, own, keep=LEAVES, without=_last_read(running))
    own("DELETE FROM checkpoints")
    accomplice = Notary(Signer(running.settings.signing_key or "", notary.key.name))
    forged = export(running, accomplice)
    assert verify(forged, key).leaves == 12  # by itself it looks good: a read is gone
    proof = _consistency(running, 13, LEAVES - 1)
    with pytest.raises(CheckFailedError, match="was rewritten"):
        verify_held(forged, held, proof, key)
    assert verify(honest, key).leaves == 13


def _last_read(running: RunningService) -> int:
    """Return the number of the last read of the handoff: no later event shows that it is gone."""
    leaves = [json.loads(body) for body in leaf_bodies(running)[:13]]
    return max(n for n, leaf in enumerate(leaves) if leaf["action"] == "access.read.v1")


def _consistency(running: RunningService, old: int, new: int) -> dict[str, Any]:
    with running.database.transaction() as uow:
        proof = proving.prove_consistency(uow.store, old, new).proof
    return {"proof": [b64encode(hashed).decode() for hashed in proof]}


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        ((FLIP,), r"leaf 5 \(line 8\): its content or its proof was changed"),
        ((FLIP, REHASH), r"leaf 4 \(line 7\): its content or its proof was changed"),
        ((SWAP,), r"leaf 4 \(line 7\): it holds the content of leaf 6: two leaves were exchanged"),
    ],
)
def test_a_bundle_from_an_altered_log_is_bad(
    running: RunningService,
    sealed: Seal,
    own: Own,
    notary: Notary,
    statements: tuple[str, ...],
    said: str,
) -> None:
    own(*statements)
    with pytest.raises(CheckFailedError, match=said):
        verify(export(running, notary), Key.parse(str(notary.key)))


def test_no_bundle_is_made_of_a_log_whose_tree_has_holes(
    running: RunningService, sealed: Seal, own: Own, notary: Notary
) -> None:
    own("DELETE FROM leaves WHERE number = 7")
    with pytest.raises(ConflictError, match="log-not-sound"):
        export(running, notary)


def test_an_altered_log_still_grows(
    running: RunningService, sealed: Seal, own: Own, notary: Notary, hear: Hear, rows: Rows
) -> None:
    own(FLIP)
    check(running, notary)
    hear(many_reads(3, name="after"))
    assert rows("SELECT count(*) FROM leaves") == [(LEAVES + 3,)]
