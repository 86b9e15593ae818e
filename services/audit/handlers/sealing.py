"""Sign what the log has become, and check that it still is what was signed."""

from datetime import datetime

import structlog

from onward.contracts.audit import TamperingFound
from onward.database import UnitOfWork
from services.audit.domain import checkpoint as checkpoints
from services.audit.domain import proofs
from services.audit.domain.checkpoint import Checkpoint
from services.audit.domain.notes import NoteKey
from services.audit.domain.soundness import (
    FORKED,
    Finding,
    Part,
    Progress,
    check_ends,
    check_part,
)
from services.audit.domain.tree import Edge
from services.audit.handlers.notary import Notary
from services.audit.storage.store import Store

CHUNK = 250
"""Leaves checked at a time: some 20 ms of work, so that neither events nor requests wait for it."""

log = structlog.get_logger(__name__)


def seal(uow: UnitOfWork[Store], notary: Notary) -> Checkpoint | None:
    """Sign the log if it grew, and return the checkpoint that covers all of it.

    A log that no longer begins with what was signed before is not signed: None, and it is told.
    """
    latest = uow.store.checkpoints.latest()
    head = uow.store.log.head()  # read last: by then it holds all that was signed
    for signed in (latest, notary.last):
        if signed and not _follows(uow.store, signed, head, notary.key):
            report(uow, Finding(code=FORKED), notary.key, size=signed.size)
            return None
    if latest is None or latest.size != head.size:
        latest = checkpoints.sign(head, notary.signer, at=uow.now)
        uow.store.checkpoints.add(latest)
    notary.last = latest
    return latest


def check_itself(uow: UnitOfWork[Store], key: NoteKey, *, chunk: int = CHUNK) -> Progress | None:
    """Check the next *chunk* of leaves against what was signed; return how far the check has come.

    None when there is nothing signed yet, or another process is at it.
    """
    progress = uow.store.checks.progress(lock=True)
    latest = uow.store.checkpoints.latest()
    if progress is None or latest is None:
        return None
    outcome = _outcome(uow.store, progress.edge, latest, key, chunk)
    if isinstance(outcome, Finding):
        return report(uow, outcome, key, size=latest.size)
    after = _advanced(progress, outcome, latest, at=uow.now)
    uow.store.checks.save(after)
    return after


def report(uow: UnitOfWork[Store], finding: Finding, key: NoteKey, *, size: int) -> Progress:
    """Tell that the log disagrees with the checkpoint over *size* leaves; once per finding."""
    progress = uow.store.checks.progress() or Progress()
    log.error("audit-log-tampered", code=finding.code, leaf=finding.leaf, checkpoint=size)
    if not finding.is_earlier_than(progress.finding):
        uow.store.checks.save(progress.restarted())
        return progress
    after = progress.found(finding, at=uow.now)
    uow.store.checks.save(after)
    uow.emit(
        TamperingFound(
            log_id=checkpoints.log_id(key.name),
            checkpoint_size=size,
            first_wrong_leaf=finding.leaf,
        )
    )
    return after


def _follows(store: Store, signed: Checkpoint, head: Edge, key: NoteKey) -> bool:
    """Tell whether the log begins with what was signed, by a consistency proof from its own rows."""
    if signed.size > head.size or not checkpoints.is_true(signed, key):
        return False
    plan = proofs.plan_consistency(signed.size, head.size)
    try:
        path = proofs.proof(plan, store.log.subtrees(proofs.needed([plan])))
    except KeyError:
        return False
    return proofs.is_consistent(
        signed.size, head.size, old_root=signed.root, new_root=head.root, path=path
    )


def _outcome(
    store: Store, edge: Edge, latest: Checkpoint, key: NoteKey, chunk: int
) -> Edge | Finding:
    size, last = store.log.ends()
    if wrong := check_ends(size=size, last=last, latest=latest):
        return wrong
    stop = min(edge.size + chunk, latest.size)
    part = Part(
        leaves=store.log.stored(edge.size, stop),
        subtrees=store.log.completed_between(edge.size, stop),
        checkpoints=store.checkpoints.between(edge.size, stop),
    )
    return check_part(edge, stop, part, key)


def _advanced(progress: Progress, edge: Edge, latest: Checkpoint, *, at: datetime) -> Progress:
    if edge.size >= latest.size:
        return progress.reached(edge).finished(at=at)
    return progress.reached(edge)
