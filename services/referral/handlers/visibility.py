"""Who may see what: a sender all of a referral, a recipient what was asked of them, others nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from onward.contracts.access import TeamEntered
from onward.database import UnitOfWork
from onward.errors import ForbiddenError, NotFoundError
from onward.scope import act_for
from services.referral.domain.handoff import Handoff
from services.referral.domain.moves import Party
from services.referral.domain.referral import Referral
from services.referral.storage.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A referral as far as the asker may see it."""

    referral: Referral
    handoffs: Sequence[Handoff]
    """Every one for the sender; a recipient's own."""
    as_sender: bool

    @property
    def newest(self) -> Handoff:
        """The last handoff that the asker may see."""
        return self.handoffs[-1]

    @property
    def version(self) -> int:
        """A number that grows with every change of the referral and of its handoffs."""
        return self.referral.version + sum(handoff.version for handoff in self.handoffs)


def organisation_of(uow: UnitOfWork[Store]) -> UUID:
    """Return in whose referrals the actor acts: their own organisation's, or their team's host's.

    Raises `ForbiddenError` for somebody of no organisation.
    """
    organisation = uow.store.team or uow.actor.organisation
    if organisation is None:
        raise ForbiddenError("no-organisation", "This is for people who act for an organisation.")
    return organisation


def join_team(uow: UnitOfWork[Store], host: UUID) -> None:
    """Let the actor act in the team of *host* in this transaction, as a placement allows at this moment.

    Raises `ForbiddenError` ``not-placed`` without one, before it begins and from its end on.
    """
    actor = uow.actor
    placed = actor.organisation is not None and uow.store.placements.hold(
        actor.principal, employer=actor.organisation, host=host, at=uow.now
    )
    if not placed:
        raise ForbiddenError(
            "not-placed", "You are not placed in that team now: leave Onward-Team out."
        )
    uow.store.team = host
    act_for(uow.connection, host)


def enter_team(uow: UnitOfWork[Store], host: UUID) -> None:
    """Let the actor begin to work in the team of *host*, and tell audit. Raises what `join_team` raises."""
    employer = organisation_of(uow)
    join_team(uow, host)
    uow.emit(TeamEntered(about=host, employer=employer))


def teams_of(uow: UnitOfWork[Store]) -> dict[UUID, str]:
    """Return in whose teams the actor sits at this moment, with their names."""
    actor = uow.actor
    if actor.organisation is None:
        return {}
    hosts = uow.store.placements.hosts(actor.principal, employer=actor.organisation, at=uow.now)
    return uow.store.copies.names(hosts)


def see_referral(uow: UnitOfWork[Store], referral_id: UUID) -> Seen:
    """Return a referral as the actor's organisation may see it. Raises `NotFoundError`."""
    organisation = organisation_of(uow)
    referral = uow.store.referrals.find(referral_id)
    if referral is None:
        raise NotFoundError("referral")
    handoffs = uow.store.handoffs.of_referral(referral_id)
    as_sender = referral.sender == organisation
    if not as_sender:
        handoffs = [one for one in handoffs if Party.RECIPIENT in one.parties(organisation)]
    if not handoffs:
        raise NotFoundError("referral")
    return Seen(referral=referral, handoffs=handoffs, as_sender=as_sender)


def see_handoff(uow: UnitOfWork[Store], handoff_id: UUID) -> Handoff:
    """Return a handoff that the actor's organisation is party to. Raises `NotFoundError`."""
    handoff = uow.store.handoffs.find(handoff_id)
    if handoff is None or not handoff.parties(organisation_of(uow)):
        raise NotFoundError("handoff")
    return handoff
