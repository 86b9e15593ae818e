"""Keep goals and how they stand; what people said of them, and how close they feel, is sealed."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from onward import rows
from services.referral.domain.conversation import Visibility
from services.referral.domain.goals import Goal, Progress, Review
from services.referral.domain.moves import Party
from services.referral.storage.outcome_tables import goal_reviews, goals
from services.referral.storage.outcomes import of_period
from services.referral.storage.vault import Seal, Vault


class Goals:
    """Goals by handoff."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def add(self, goal: Goal, seal: Seal) -> None:
        """Write a new one."""
        row = {
            "id": goal.id,
            "handoff_id": goal.handoff_id,
            "referral_id": goal.referral_id,
            "set_on": goal.set_on,
            "visibility": goal.visibility.value,
            "sealed_goal": seal.close(
                _goal(goal.id), {"text": goal.text, "closeness": goal.closeness}
            ),
            "at": goal.at,
        }
        rows.insert(self._connection, goals, [row])

    def review(self, review: Review, seal: Seal) -> None:
        """Write a look back at a goal that is there."""
        row = {
            "id": review.id,
            "goal_id": review.goal_id,
            "reviewed_on": review.reviewed_on,
            "progress": review.progress.value,
            "sealed_review": seal.close(
                _review(review.id), {"closeness": review.closeness, "note": review.note}
            ),
            "at": review.at,
        }
        rows.insert(self._connection, goal_reviews, [row])

    def of_handoffs(
        self, shared: Collection[UUID], own: Collection[UUID], seal: Seal
    ) -> list[Goal]:
        """Return the goals of handoffs of one referral: those that were shared, and all of *own*."""
        if seal.is_lost:
            return []
        both = sa.and_(goals.c.handoff_id.in_(shared), goals.c.visibility == Visibility.BOTH.value)
        wanted = sa.select(goals).where(sa.or_(goals.c.handoff_id.in_(own), both))
        found = self._connection.execute(wanted.order_by(goals.c.at, goals.c.id)).all()
        reviews = self._reviews([row.id for row in found])
        return [_opened(row, reviews[row.id], seal) for row in found]

    def of_period(
        self, vault: Vault, organisation: UUID, side: Party, since: datetime, until: datetime
    ) -> Iterator[tuple[UUID, UUID, Goal]]:
        """Yield (service, partner, goal) of what was asked of, or by, *organisation* in a period."""
        found = of_period(self._connection, goals, vault, organisation, side, since, until)
        reviews = self._reviews([row.id for row, _ in found])
        for row, seal in found:
            yield row.service_id, row.partner, _opened(row, reviews[row.id], seal)

    def _reviews(self, ids: Collection[UUID]) -> defaultdict[UUID, list[sa.Row[Any]]]:
        """Return the looks back at the goals *ids*, still sealed, the earliest first."""
        wanted = sa.select(goal_reviews).where(goal_reviews.c.goal_id.in_(ids))
        by_goal: defaultdict[UUID, list[sa.Row[Any]]] = defaultdict(list)
        if ids:
            for row in self._connection.execute(
                wanted.order_by(goal_reviews.c.at, goal_reviews.c.id)
            ):
                by_goal[row.goal_id].append(row)
        return by_goal


def _opened(row: sa.Row[Any], reviews: Iterable[sa.Row[Any]], seal: Seal) -> Goal:
    told: dict[str, Any] = seal.open(_goal(row.id), row.sealed_goal)
    return Goal(
        id=row.id,
        handoff_id=row.handoff_id,
        referral_id=row.referral_id,
        text=told["text"],
        closeness=told["closeness"],
        set_on=row.set_on,
        visibility=Visibility(row.visibility),
        at=row.at,
        reviews=tuple(_reviewed(one, seal) for one in reviews),
    )


def _reviewed(row: sa.Row[Any], seal: Seal) -> Review:
    told: dict[str, Any] = seal.open(_review(row.id), row.sealed_review)
    return Review(
        id=row.id,
        goal_id=row.goal_id,
        reviewed_on=row.reviewed_on,
        progress=Progress(row.progress),
        closeness=told["closeness"],
        note=told["note"],
        at=row.at,
    )


def _goal(goal_id: UUID) -> str:
    return f"goal.{goal_id}"


def _review(review_id: UUID) -> str:
    return f"goal-review.{review_id}"
