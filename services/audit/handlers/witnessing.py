"""Let partners watch the log: take their countersignatures, and tell who has seen what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from onward.contracts.audit import WitnessChanged
from onward.database import UnitOfWork
from onward.errors import ConflictError, InvalidError, NotFoundError
from onward.ids import new_id
from services.audit.domain.bundle import Witnessed
from services.audit.domain.checkpoint import Checkpoint
from services.audit.domain.cosignature import WitnessKey, names_key, witnessed_at
from services.audit.handlers.proving import prove_consistency
from services.audit.storage.store import Store
from services.audit.storage.witnesses import Cosignature, Sight, Witness

AHEAD: Final = timedelta(minutes=5)
"""How far a witness's clock may be before ours."""


POINTS: Final = 200
"""Checkpoints that a drawing of the log's growth is made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A checkpoint with the countersignatures under it."""

    checkpoint: Checkpoint
    cosignatures: Sequence[Cosignature]

    @property
    def note(self) -> str:
        """The signed note, countersignature lines included."""
        lines = (f"{each.line}\n" for each in self.cosignatures)
        return self.checkpoint.note + "".join(lines)


def add_witness(uow: UnitOfWork[Store], key: str, organisation: UUID | None) -> Sight:
    """Take countersignatures by *key* from now on.

    Raises `InvalidError` when it is no such key, `ConflictError` when it was added before.
    """
    witness = Witness(
        id=new_id(), organisation=organisation, key=str(WitnessKey.read(key)), added_at=uow.now
    )
    if not uow.store.witnesses.add(witness):
        raise ConflictError("witness-known", "This key was added before: make another one.")
    uow.emit(WitnessChanged(witness_id=witness.id, of=organisation, change="added"))
    return Sight(witness=witness, newest=None)


def remove_witness(uow: UnitOfWork[Store], id_: UUID) -> None:
    """Take no more countersignatures of a witness; what it signed stays. Raises `NotFoundError`."""
    removed = uow.store.witnesses.remove(id_, at=uow.now)
    if removed is None:
        raise NotFoundError("witness")
    uow.emit(WitnessChanged(witness_id=id_, of=removed.organisation, change="removed"))


def take_cosignature(uow: UnitOfWork[Store], size: int, line: str) -> Cosignature:
    """Keep a witness's signature line under the checkpoint over *size* leaves.

    Raises `NotFoundError` when none was signed over so many, `InvalidError` when the line is not by
    a witness that is known here, or does not fit.
    """
    checkpoint = uow.store.checkpoints.over(size)
    if checkpoint is None:
        raise NotFoundError("checkpoint")
    named = names_key(line)
    for witness in uow.store.witnesses.called(named[0]) if named else ():
        at = witnessed_at(line, checkpoint.note, WitnessKey.read(witness.key))
        if at and at <= uow.now + AHEAD:
            kept = Cosignature(
                size=size,
                witness=witness.id,
                line=line.rstrip("\n"),
                witnessed_at=at,
                received_at=uow.now,
            )
            uow.store.witnesses.keep(kept)
            return kept
    raise InvalidError(
        "cosignature-refused",
        "Send one cosignature/v1 line over this very checkpoint, by a key that was added, of now.",
    )


def signed_over(store: Store, size: int) -> Signed:
    """Return the checkpoint over *size* leaves and who countersigned it. Raises `NotFoundError`."""
    checkpoint = store.checkpoints.over(size)
    if checkpoint is None:
        raise NotFoundError("checkpoint")
    found = store.witnesses.over([size])
    return Signed(checkpoint=checkpoint, cosignatures=found.get(size, []))


def history(store: Store, *, before: int | None, limit: int) -> list[Signed]:
    """Return up to *limit* checkpoints, newest first, below size *before*, and who saw them."""
    signed = store.checkpoints.recent(before=before, limit=limit)
    seen = store.witnesses.over([each.size for each in signed])
    return [Signed(checkpoint=each, cosignatures=seen.get(each.size, [])) for each in signed]


def growth(store: Store, latest: int) -> list[Checkpoint]:
    """Return how the log grew up to its *latest* size: at most `POINTS` checkpoints, oldest first."""
    newest = store.checkpoints.over(latest)
    return [*store.checkpoints.spread(below=latest, limit=POINTS), *([newest] if newest else [])]


def newest_witnessed(store: Store, size: int) -> Witnessed | None:
    """Return the newest countersigned checkpoint, with the proof that the log of *size* begins with it."""
    largest = store.witnesses.largest()
    if largest is None or largest > size:
        return None
    return witnessed(store, signed_over(store, largest).note, size)


def witnessed(store: Store, note: str, size: int) -> Witnessed:
    """Return a countersigned *note* with that proof."""
    old = int(note.split("\n", 2)[1])
    return Witnessed(note=note, path=prove_consistency(store, old, size).proof)
