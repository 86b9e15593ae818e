"""Hand the whole log over, leaf by leaf, to whoever checks it without trusting us."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from onward.database import Database, UnitOfWork
from onward.errors import ConflictError
from services.audit.domain.bundle import LOG_FORMAT
from services.audit.domain.checkpoint import Checkpoint, log_id
from services.audit.domain.leaf import canonical
from services.audit.handlers.notary import Notary
from services.audit.handlers.proving import sealed
from services.audit.handlers.reading import tell_read
from services.audit.storage.store import Store

PART: Final = 1 << 13
"""Leaves read at a time: some 6 MB, and what the verifier hashes at a time."""
CHECKPOINTS: Final = 1000
"""Older checkpoints in a whole log, spread evenly: a leaf that was changed with its hash is found
between two of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What stands before the leaves of a log that is handed over."""

    checkpoint: Checkpoint
    """Over all of it."""
    lines: Sequence[bytes]


def open_log(uow: UnitOfWork[Store], notary: Notary) -> Opening:
    """Return the first lines of the whole log as it is now, and put the taking of it on record.

    Raises `ConflictError` when the log is not sound.
    """
    checkpoint = sealed(uow, notary)
    tell_read(uow, "log", checkpoint.size, about=log_id(notary.key.name), referral=None)
    older = uow.store.checkpoints.spread(below=checkpoint.size, limit=CHECKPOINTS)
    signed = [{"kind": "checkpoint", "note": each.note} for each in (*older, checkpoint)]
    origin, size = notary.key.name, checkpoint.size
    header = {"kind": "header", "format": LOG_FORMAT, "origin": origin, "size": size}
    lines = [canonical(header), *map(canonical, signed)]
    return Opening(checkpoint=checkpoint, lines=[line + b"\n" for line in lines])


def leaf_lines(database: Database[Store], size: int) -> Iterator[bytes]:
    """Yield the first *size* leaves, `PART` at a time, as lines of hash and content.

    Each part is read in a transaction of its own, for what a log holds does not change. Raises
    `ConflictError` when a leaf is gone.
    """
    for start in range(0, size, PART):
        stop = min(start + PART, size)
        with database.transaction() as uow:
            lines = uow.store.log.lines(start, stop)
        if lines.count(b"\n") != stop - start:
            raise ConflictError(
                "leaf-missing", f"Of leaf {start} to {stop - 1} not all are there."
            )
        yield lines
