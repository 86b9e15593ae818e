"""Record outcomes of a handoff, read them, and report figures over many of them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from onward.contracts.access import RecordRead
from onward.contracts.referral import OutcomeRecorded
from onward.database import UnitOfWork
from onward.errors import FieldError, InvalidError
from onward.ids import new_id
from services.referral.domain.conversation import Visibility
from services.referral.domain.goals import Goal, change_of, counts_of
from services.referral.domain.measures import Counted, Row, told
from services.referral.domain.moves import Party
from services.referral.domain.outcomes import (
    Change,
    Instrument,
    Occasion,
    Outcome,
    changes,
    require_recordable,
)
from services.referral.handlers.conversing import party_to, tell_read
from services.referral.handlers.packs import may_know
from services.referral.handlers.visibility import Seen, organisation_of
from services.referral.storage.instruments import instruments
from services.referral.storage.store import Store
from services.referral.storage.vault import Vault

LONGEST = timedelta(days=366)
"""The longest period figures are made for."""
WHY = "service-management"


def instrument(code: str) -> Instrument:
    """Return the instrument *code*. Raises `InvalidError` ``instrument-unknown``."""
    found = instruments().get(code)
    if found is None:
        raise InvalidError(
            "instrument-unknown",
            "There is no such instrument.",
            errors=[
                FieldError(
                    pointer="/instrument", detail=f"Use one of: {', '.join(instruments())}."
                )
            ],
        )
    return found


def record_outcome(  # noqa: PLR0913 - each is one thing the record holds
    uow: UnitOfWork[Store],
    vault: Vault,
    handoff_id: UUID,
    *,
    code: str,
    occasion: Occasion,
    taken_on: date | None,
    answers: dict[str, int],
    visibility: Visibility,
) -> Outcome:
    """Record one use of an instrument, today unless *taken_on* says otherwise.

    Raises what `party_to`, `instrument`, `Instrument.require_complete` and `require_recordable` raise.
    """
    here = party_to(uow, vault, handoff_id, lock=True)
    day = taken_on or uow.now.date()
    require_recordable(here.handoff, here.handoff.parties(here.organisation), day)
    instrument(code).require_complete(answers)
    outcome = Outcome(
        id=new_id(),
        handoff_id=handoff_id,
        referral_id=here.handoff.referral_id,
        instrument=code,
        occasion=occasion,
        taken_on=day,
        answers=answers,
        visibility=visibility,
        at=uow.now,
    )
    uow.store.outcomes.add(outcome, here.seal)
    uow.emit(
        OutcomeRecorded(
            **here.handoff.told(),
            outcome_id=outcome.id,
            instrument=code,
            occasion=occasion.value,
        )
    )
    return outcome


def read_outcomes(uow: UnitOfWork[Store], vault: Vault, handoff_id: UUID) -> Sequence[Outcome]:
    """Return what was recorded: all of it for the recipient, what was shared for the sender.

    Raises what `party_to` raises.
    """
    here = party_to(uow, vault, handoff_id)
    own = [handoff_id] if here.organisation == here.handoff.recipient else []
    found = uow.store.outcomes.of_handoffs([handoff_id], own, here.seal)
    tell_read(uow, here.handoff, "outcomes", len(found))
    return found


def outcomes_seen(uow: UnitOfWork[Store], vault: Vault, seen: Seen) -> list[Outcome]:
    """Return the outcomes of all handoffs in *seen*, a read that was told already."""
    organisation = organisation_of(uow)
    shared = [one.id for one in seen.handoffs if may_know(uow, one, seen.referral.consent)]
    own = [one.id for one in seen.handoffs if one.id in shared and one.recipient == organisation]
    key = uow.store.people.key(vault, seen.referral.person_id)
    seal = key.seal(organisation=seen.referral.sender, about=seen.referral.id)
    return uow.store.outcomes.of_handoffs(shared, own, seal)


def measures(
    uow: UnitOfWork[Store], vault: Vault, side: Party, since: date, until: date
) -> list[Row]:
    """Return the figures of handoffs requested from *since* to *until*, both included.

    As recipient: of one's own services, by who referred. As sender: of the services one referred to, by
    who runs them, with outcomes that were shared. Raises `InvalidError` ``period-implausible``.
    """
    if not timedelta() <= until - since <= LONGEST:
        raise InvalidError(
            "period-implausible",
            "Choose a period of a day to a year.",
            errors=[FieldError(pointer="/until", detail="Choose a day within a year of since.")],
        )
    organisation = organisation_of(uow)
    zone = uow.now.tzinfo
    begun = datetime.combine(since, time(), zone)
    ended = datetime.combine(until + timedelta(days=1), time(), zone)
    by_row: dict[tuple[UUID, UUID], list[Change]] = defaultdict(list)
    by_handoff: dict[tuple[UUID, UUID, UUID], list[Outcome]] = defaultdict(list)
    found = uow.store.outcomes.of_period(vault, organisation, side, begun, ended)
    for service, partner, outcome in found:
        by_handoff[service, partner, outcome.handoff_id].append(outcome)
    for (service, partner, _), taken in by_handoff.items():
        by_row[service, partner] += changes(taken, instruments())
    aims = _goals(uow, vault, organisation, side, begun, ended)
    counted = uow.store.outcomes.counted(organisation, side, begun, ended)
    if counted:
        uow.emit(
            RecordRead(about=organisation, what="measures", purpose=WHY, records=len(counted))
        )
    return [
        _row(one, by_row[one.service_id, one.partner], aims[one.service_id, one.partner])
        for one in counted
    ]


def _row(counted: Counted, changed: list[Change], goals: list[Goal]) -> Row:
    """Return what may be told of one service and partner, their people's goals included."""
    by_handoff: dict[UUID, list[Goal]] = defaultdict(list)
    for goal in goals:
        by_handoff[goal.handoff_id].append(goal)
    closer = [change for aims in by_handoff.values() if (change := change_of(aims))]
    counts = {**counted.counts, **counts_of(goals)}
    return told(replace(counted, counts=counts), [*changed, *closer])


def _goals(
    uow: UnitOfWork[Store],
    vault: Vault,
    organisation: UUID,
    side: Party,
    begun: datetime,
    ended: datetime,
) -> dict[tuple[UUID, UUID], list[Goal]]:
    by_row: dict[tuple[UUID, UUID], list[Goal]] = defaultdict(list)
    found = uow.store.goals.of_period(vault, organisation, side, begun, ended)
    for service, partner, goal in found:
        by_row[service, partner].append(goal)
    return by_row
