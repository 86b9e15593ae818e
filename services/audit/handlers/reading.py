"""Let the log be read by those who may, and put each read into the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from onward.contracts.access import RecordRead
from onward.database import UnitOfWork
from onward.errors import NotFoundError
from onward.identity import Role
from services.audit.domain.checkpoint import Checkpoint, log_id
from services.audit.domain.leaf import Entry
from services.audit.domain.soundness import Progress
from services.audit.domain.trail import Trail, trail_of
from services.audit.handlers.notary import Notary
from services.audit.handlers.proving import proved_numbers
from services.audit.handlers.sealing import seal
from services.audit.storage.entries import Filters
from services.audit.storage.store import Store

EVERYTHING: Final = frozenset({Role.AUDITOR, Role.OPERATOR})
"""Roles that may read the trail of any referral."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvedTrail:
    """A trail with what proves it, and what its ids are called."""

    trail: Trail
    checkpoint: Checkpoint | None
    """The newest signed one; None when the log is not sound enough to sign."""
    proved: frozenset[int]
    """Numbers of the leaves whose proof under that checkpoint was checked and held."""
    names: Mapping[UUID, str]

    @property
    def is_proved(self) -> bool:
        """Whether every step is proved."""
        return all(step.number in self.proved for step in self.trail.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Soundness:
    """What is known of the log as a whole."""

    checkpoint: Checkpoint | None
    progress: Progress


def read_trail(uow: UnitOfWork[Store], referral: UUID, notary: Notary) -> ProvedTrail:
    """Return the trail of *referral*, with each leaf's proof checked anew.

    Raises `NotFoundError` when the log knows no such referral or the actor may not read it.
    """
    require_reader(uow, referral)
    checkpoint = seal(uow, notary)
    entries = uow.store.entries.of_referral(referral)
    if not entries:
        raise NotFoundError("trail")
    tell_read(uow, "trail", len(entries), about=referral, referral=referral)
    trail = trail_of(referral, entries)
    return ProvedTrail(
        trail=trail,
        checkpoint=checkpoint,
        proved=proved_numbers(uow.store, entries, checkpoint),
        names=names_in(uow.store, trail),
    )


def search(
    uow: UnitOfWork[Store], filters: Filters, notary: Notary, *, before: int | None, limit: int
) -> Sequence[Entry]:
    """Return up to *limit* leaves that fit *filters*, newest first, below number *before*."""
    found = uow.store.entries.search(filters, before=before, limit=limit)
    about = filters.referral or uow.actor.organisation or log_id(notary.key.name)
    tell_read(uow, "entries", len(found), about=about, referral=filters.referral)
    return found


def soundness(uow: UnitOfWork[Store]) -> Soundness:
    """Return the newest checkpoint, and how the log's checks of itself went."""
    progress = uow.store.checks.progress() or Progress()
    return Soundness(checkpoint=uow.store.checkpoints.latest(), progress=progress)


def require_reader(uow: UnitOfWork[Store], referral: UUID) -> None:
    """Raise `NotFoundError` unless the actor may read the trail of *referral*.

    Auditors and operators may read any; a team lead those that their organisation is party to.
    """
    actor = uow.actor
    if actor.role in EVERYTHING:
        return
    if actor.role is not Role.TEAM_LEAD or actor.organisation is None:
        raise NotFoundError("trail")
    if not uow.store.partners.is_party(referral, actor.organisation):
        raise NotFoundError("trail")


def tell_read(
    uow: UnitOfWork[Store], what: str, records: int, *, about: UUID, referral: UUID | None
) -> None:
    """Let the log know that somebody read it. Its leaf is appended by hearing it: no read itself."""
    purpose = "audit" if uow.actor.role in EVERYTHING else "service-management"
    uow.emit(
        RecordRead(about=about, referral_id=referral, what=what, purpose=purpose, records=records)
    )


def names_in(store: Store, trail: Trail) -> dict[UUID, str]:
    """Return what the organisations and services of *trail* are called."""
    actors = {step.facts.organisation for step in trail.steps if step.facts.organisation}
    services = {step.facts.service for step in trail.steps if step.facts.service}
    return store.partners.names({*trail.parties, *actors, *services})
