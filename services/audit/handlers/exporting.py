"""Make bundles: the evidence of one referral, for somebody who will check it elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from onward.database import UnitOfWork
from onward.errors import ConflictError, NotFoundError
from onward.ids import new_id
from services.audit.domain.bundle import Contents, bundle
from services.audit.domain.checkpoint import Checkpoint, log_id
from services.audit.domain.leaf import Entry
from services.audit.domain.trail import trail_of
from services.audit.handlers.notary import Notary
from services.audit.handlers.proving import prove, proved_numbers, sealed
from services.audit.handlers.reading import (
    EVERYTHING,
    ProvedTrail,
    names_in,
    require_reader,
    tell_read,
)
from services.audit.handlers.witnessing import newest_witnessed, witnessed
from services.audit.storage.exports import Export
from services.audit.storage.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundled:
    """A bundle and the record of it."""

    export: Export
    content: bytes


def export_trail(uow: UnitOfWork[Store], referral: UUID, notary: Notary) -> Bundled:
    """Make the bundle of *referral* over all the log holds of it now, and remember that it was made.

    Raises as `onward.errors` says: `NotFoundError` when there is no such trail or the actor may not
    read it, `ConflictError` when the log is not sound.
    """
    require_reader(uow, referral)
    checkpoint = sealed(uow, notary)
    entries = uow.store.entries.of_referral(referral, below=checkpoint.size)
    if not entries:
        raise NotFoundError("trail")
    proved = prove(uow.store, entries, checkpoint.size)
    seen = newest_witnessed(uow.store, checkpoint.size)
    document = printed(_told(uow, referral, entries, checkpoint), notary, uow.now)
    contents = Contents(
        referral=referral,
        leaves=proved,
        checkpoint=checkpoint,
        made=uow.now,
        document=document,
        witnessed=seen,
    )
    content = bundle(contents, notary.signer)
    export = Export(
        id=new_id(),
        referral=referral,
        organisation=uow.actor.organisation,
        requested_by=uow.actor.principal,
        size=checkpoint.size,
        leaves=len(entries),
        sha256=sha256(content).digest(),
        made_at=uow.now,
        witnessed=seen.note if seen else None,
    )
    uow.store.exports.add(export, document)
    tell_read(uow, "export", len(entries), about=referral, referral=referral)
    return Bundled(export=export, content=content)


def printed(read: ProvedTrail, notary: Notary, made: datetime) -> bytes:
    """Return a trail as a PDF."""
    # Imported when first needed: it takes longer to import than everything else together.
    from services.audit.domain.paper import Printed, trail_on_paper  # noqa: PLC0415

    return trail_on_paper(
        Printed(
            trail=read.trail,
            names=read.names,
            log=notary.key.name,
            checkpoint=read.checkpoint,
            proved=read.proved,
            made=made,
        )
    )


def _told(
    uow: UnitOfWork[Store], referral: UUID, entries: Sequence[Entry], checkpoint: Checkpoint
) -> ProvedTrail:
    """Return the trail that a bundle's leaves tell."""
    trail = trail_of(referral, entries)
    return ProvedTrail(
        trail=trail,
        checkpoint=checkpoint,
        proved=proved_numbers(uow.store, entries, checkpoint),
        names=names_in(uow.store, trail),
    )


def list_exports(
    uow: UnitOfWork[Store], notary: Notary, *, after: Sequence[Any] | None, limit: int
) -> list[Export]:
    """Return up to *limit* bundles, newest first: of the actor's organisation, or any for auditors."""
    actor = uow.actor
    if actor.role not in EVERYTHING and actor.organisation is None:
        return []
    whose = None if actor.role in EVERYTHING else actor.organisation
    found = uow.store.exports.recent(organisation=whose, after=after, limit=limit)
    about = actor.organisation or log_id(notary.key.name)
    tell_read(uow, "exports", len(found), about=about, referral=None)
    return found


def read_export(uow: UnitOfWork[Store], id_: UUID) -> Export:
    """Return the record of a bundle of the actor's organisation, or any for those who read all.

    Raises `NotFoundError`.
    """
    export = _found(uow, id_)
    tell_read(uow, "export", 1, about=export.referral, referral=export.referral)
    return export


def made_again(uow: UnitOfWork[Store], id_: UUID, notary: Notary) -> Bundled:
    """Return a bundle made before, from the log as it is: the same bytes, or the log was altered.

    Raises `NotFoundError`, and `ConflictError` in the latter case.
    """
    export = _found(uow, id_)
    require_reader(uow, export.referral)
    checkpoint = uow.store.checkpoints.over(export.size)
    entries = uow.store.entries.of_referral(export.referral, below=export.size)
    if checkpoint is None:
        raise _altered()
    proved = prove(uow.store, entries, export.size)
    contents = Contents(
        referral=export.referral,
        leaves=proved,
        checkpoint=checkpoint,
        made=export.made_at,
        document=uow.store.exports.document(id_),
        witnessed=witnessed(uow.store, export.witnessed, export.size)
        if export.witnessed
        else None,
    )
    content = bundle(contents, notary.signer)
    if sha256(content).digest() != export.sha256:
        raise _altered()
    tell_read(uow, "export", export.leaves, about=export.referral, referral=export.referral)
    return Bundled(export=export, content=content)


def _found(uow: UnitOfWork[Store], id_: UUID) -> Export:
    export = uow.store.exports.one(id_)
    if export is None:
        raise NotFoundError("export")
    if uow.actor.role not in EVERYTHING and export.organisation != uow.actor.organisation:
        raise NotFoundError("export")
    return export


def _altered() -> ConflictError:
    return ConflictError(
        "export-altered",
        "The log no longer gives the bundle that was made; tell the operator of Onward.",
    )
