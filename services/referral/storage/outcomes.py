"""Keep outcomes, and count what is reported of many handoffs at once."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from onward import rows
from services.referral.domain.appointments import State
from services.referral.domain.conversation import Visibility
from services.referral.domain.measures import Counted
from services.referral.domain.moves import OPEN, Action, Party, Status
from services.referral.domain.outcomes import Occasion, Outcome
from services.referral.domain.reasons import REASONS, Decider
from services.referral.storage.conversation_tables import appointments
from services.referral.storage.outcome_tables import outcomes
from services.referral.storage.tables import handoffs, persons, steps
from services.referral.storage.vault import Seal, Vault

_BY_PERSON: Final = [
    reason.code for reason in REASONS[Action.REJECT] if reason.decided_by is Decider.PERSON
]
_TAKEN_ON: Final = sa.exists().where(
    steps.c.handoff_id == handoffs.c.id, steps.c.action == Action.ACCEPT.value
)
"""Also where it was cancelled afterwards."""
_CAME: Final = (
    sa.select(sa.func.count())
    .where(
        appointments.c.handoff_id == handoffs.c.id,
        appointments.c.state == State.ATTENDED.value,
    )
    .scalar_subquery()
)
"""To how many appointments of a handoff the person came."""
_DAYS_TO_START: Final = (
    sa.extract("epoch", handoffs.c.started_at - handoffs.c.requested_at) / 86400
)


class Outcomes:
    """Outcomes by handoff."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def add(self, outcome: Outcome, seal: Seal) -> None:
        """Write a new one."""
        row = {
            "id": outcome.id,
            "handoff_id": outcome.handoff_id,
            "referral_id": outcome.referral_id,
            "instrument": outcome.instrument,
            "occasion": outcome.occasion.value,
            "taken_on": outcome.taken_on,
            "visibility": outcome.visibility.value,
            "sealed_answers": seal.close(_label(outcome.id), dict(outcome.answers)),
            "at": outcome.at,
        }
        rows.insert(self._connection, outcomes, [row])

    def of_handoffs(
        self, shared: Collection[UUID], own: Collection[UUID], seal: Seal
    ) -> list[Outcome]:
        """Return the outcomes of handoffs of one referral: those that were shared, and all of *own*."""
        if seal.is_lost:
            return []
        wanted = (
            sa.select(outcomes)
            .where(
                sa.or_(
                    outcomes.c.handoff_id.in_(own),
                    sa.and_(
                        outcomes.c.handoff_id.in_(shared),
                        outcomes.c.visibility == Visibility.BOTH.value,
                    ),
                )
            )
            .order_by(outcomes.c.at, outcomes.c.id)
        )
        return [_outcome(row, seal) for row in self._connection.execute(wanted)]

    def of_period(
        self, vault: Vault, organisation: UUID, side: Party, since: datetime, until: datetime
    ) -> Iterable[tuple[UUID, UUID, Outcome]]:
        """Yield (service, partner, outcome) of what was asked of, or by, *organisation* in a period."""
        for row, seal in of_period(
            self._connection, outcomes, vault, organisation, side, since, until
        ):
            yield row.service_id, row.partner, _outcome(row, seal)

    def counted(
        self, organisation: UUID, side: Party, since: datetime, until: datetime
    ) -> list[Counted]:
        """Count what became of handoffs requested from *since* to before *until*, by service and partner."""
        ours, theirs = sides(side)
        counts = _counts()
        wanted = (
            sa.select(
                handoffs.c.service_id,
                theirs.label("partner"),
                *(count.label(name) for name, count in counts.items()),
                sa.func.percentile_cont(0.5).within_group(_DAYS_TO_START).label("days_to_start"),
            )
            .where(*in_period(ours, organisation, since, until))
            .group_by(handoffs.c.service_id, theirs)
            .order_by(handoffs.c.service_id, theirs)
        )
        return [
            Counted(
                service_id=row.service_id,
                partner=row.partner,
                counts={name: int(getattr(row, name)) for name in counts},
                days_to_start=round(row.days_to_start, 1) if row.days_to_start else None,
            )
            for row in self._connection.execute(wanted)
        ]


def of_period(  # noqa: PLR0913, PLR0917 - what is asked, about whom, and when
    connection: sa.Connection,
    recorded: sa.Table,
    vault: Vault,
    organisation: UUID,
    side: Party,
    since: datetime,
    until: datetime,
) -> list[tuple[sa.Row[Any], Seal]]:
    """Return what was *recorded* about handoffs of a period that *side* counts, each with what opens it."""
    ours, theirs = sides(side)
    wanted = (
        sa.select(
            recorded,
            handoffs.c.service_id,
            theirs.label("partner"),
            handoffs.c.sender,
            handoffs.c.person_id,
            persons.c.wrapped_key,
        )
        .join_from(recorded, handoffs, handoffs.c.id == recorded.c.handoff_id)
        .join(persons, persons.c.id == handoffs.c.person_id)
        .where(persons.c.wrapped_key.is_not(None), *in_period(ours, organisation, since, until))
    )
    if side is Party.SENDER:
        wanted = wanted.where(recorded.c.visibility == Visibility.BOTH.value)
    return [
        (
            row,
            vault.key(row.person_id, row.wrapped_key).seal(
                organisation=row.sender, about=row.referral_id
            ),
        )
        for row in connection.execute(wanted)
    ]


def sides(side: Party) -> tuple[sa.Column[UUID], sa.Column[UUID]]:
    """Return the columns of the asker's side and of the other one."""
    if side is Party.SENDER:
        return handoffs.c.sender, handoffs.c.recipient
    return handoffs.c.recipient, handoffs.c.sender


def in_period(
    ours: sa.Column[UUID], organisation: UUID, since: datetime, until: datetime
) -> list[sa.ColumnElement[bool]]:
    """Return what counts: what was never meant to be sent does not."""
    return [
        ours == organisation,
        handoffs.c.requested_at >= since,
        handoffs.c.requested_at < until,
        handoffs.c.status != Status.ENTERED_IN_ERROR.value,
    ]


def _counts() -> dict[str, sa.ColumnElement[int]]:
    """Return what is counted of a group of handoffs, by the name under which it is reported."""
    status = handoffs.c.status
    by_person = handoffs.c.reason.in_(_BY_PERSON)
    rejected = status == Status.REJECTED.value
    return {
        "referred": sa.func.count(),
        "accepted": _count(_TAKEN_ON),
        "declined_by_service": _count(rejected, ~by_person),
        "declined_by_person": _count(rejected, by_person),
        "started": _count(handoffs.c.started_at.is_not(None)),
        "completed": _count(status == Status.COMPLETED.value),
        "failed": _count(status == Status.FAILED.value),
        "open": _count(status.in_([one.value for one in OPEN])),
        "sessions": sa.func.coalesce(sa.func.sum(_CAME), 0),
    }


def _count(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.count().filter(*conditions)


def _outcome(row: sa.Row[Any], seal: Seal) -> Outcome:
    return Outcome(
        id=row.id,
        handoff_id=row.handoff_id,
        referral_id=row.referral_id,
        instrument=row.instrument,
        occasion=Occasion(row.occasion),
        taken_on=row.taken_on,
        answers=seal.open(_label(row.id), row.sealed_answers),
        visibility=Visibility(row.visibility),
        at=row.at,
    )


def _label(outcome_id: UUID) -> str:
    return f"outcome.{outcome_id}"
