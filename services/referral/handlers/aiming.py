"""Set a goal with the person of a handoff, look at it again, and read how goals stand."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from onward.contracts.referral import GoalReviewed, GoalSet
from onward.database import UnitOfWork
from onward.errors import NotFoundError
from onward.ids import new_id
from services.referral.domain.conversation import Visibility
from services.referral.domain.goals import (
    Goal,
    Progress,
    Review,
    require_later,
    require_room,
)
from services.referral.domain.outcomes import require_recordable
from services.referral.handlers.conversing import Party, party_to, tell_read
from services.referral.handlers.packs import may_know
from services.referral.handlers.visibility import Seen, organisation_of
from services.referral.storage.store import Store
from services.referral.storage.vault import Vault


def set_goal(  # noqa: PLR0913 - each is one thing the record holds
    uow: UnitOfWork[Store],
    vault: Vault,
    handoff_id: UUID,
    *,
    text: str,
    closeness: int,
    set_on: date | None,
    visibility: Visibility,
) -> Goal:
    """Keep what the person wants to reach, set today unless *set_on* says otherwise.

    Raises what `party_to`, `require_recordable` and `require_room` raise.
    """
    here = party_to(uow, vault, handoff_id, lock=True)
    day = set_on or uow.now.date()
    require_recordable(here.handoff, here.handoff.parties(here.organisation), day)
    require_room(_all(uow, here))
    goal = Goal(
        id=new_id(),
        handoff_id=handoff_id,
        referral_id=here.handoff.referral_id,
        text=text,
        closeness=closeness,
        set_on=day,
        visibility=visibility,
        at=uow.now,
    )
    uow.store.goals.add(goal, here.seal)
    uow.emit(GoalSet(**here.handoff.told(), goal_id=goal.id))
    return goal


def review_goal(  # noqa: PLR0913
    uow: UnitOfWork[Store],
    vault: Vault,
    handoff_id: UUID,
    goal_id: UUID,
    *,
    progress: Progress,
    closeness: int,
    reviewed_on: date | None,
    note: str | None,
) -> Goal:
    """Keep how a goal stands; return it as it is then.

    Raises what `party_to`, `require_recordable` and `require_later` raise, or `NotFoundError`.
    """
    here = party_to(uow, vault, handoff_id, lock=True)
    day = reviewed_on or uow.now.date()
    require_recordable(here.handoff, here.handoff.parties(here.organisation), day)
    goal = next((one for one in _all(uow, here) if one.id == goal_id), None)
    if goal is None:
        raise NotFoundError("goal")
    require_later(goal, day, today=uow.now.date())
    review = Review(
        id=new_id(),
        goal_id=goal_id,
        reviewed_on=day,
        progress=progress,
        closeness=closeness,
        note=note,
        at=uow.now,
    )
    uow.store.goals.review(review, here.seal)
    uow.emit(GoalReviewed(**here.handoff.told(), goal_id=goal_id, progress=progress.value))
    return next(one for one in _all(uow, here) if one.id == goal_id)


def read_goals(uow: UnitOfWork[Store], vault: Vault, handoff_id: UUID) -> Sequence[Goal]:
    """Return the goals: all of them for the recipient, those that were shared for the sender.

    Raises what `party_to` raises.
    """
    here = party_to(uow, vault, handoff_id)
    found = _all(uow, here)
    tell_read(uow, here.handoff, "goals", len(found))
    return found


def goals_seen(uow: UnitOfWork[Store], vault: Vault, seen: Seen) -> list[Goal]:
    """Return the goals of the newest handoff in *seen*, a read that was told already."""
    handoff = seen.newest
    if not may_know(uow, handoff, seen.referral.consent):
        return []
    own = [handoff.id] if handoff.recipient == organisation_of(uow) else []
    key = uow.store.people.key(vault, handoff.person_id)
    seal = key.seal(organisation=handoff.sender, about=handoff.referral_id)
    return uow.store.goals.of_handoffs([handoff.id], own, seal)


def _all(uow: UnitOfWork[Store], here: Party) -> list[Goal]:
    own = [here.handoff.id] if here.organisation == here.handoff.recipient else []
    return uow.store.goals.of_handoffs([here.handoff.id], own, here.seal)
