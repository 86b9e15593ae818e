"""Act on deadlines: end what nobody answered, take back what nobody took up, remind of the rest."""

from uuid import UUID

from onward.contracts.referral import DeadlineReached
from onward.database import UnitOfWork
from services.referral.domain.deciding import decide
from services.referral.domain.effects import Command
from services.referral.domain.handoff import Handoff
from services.referral.domain.moves import Action, Party
from services.referral.domain.timing import Kind, running
from services.referral.handlers.news import note_moves
from services.referral.storage.deadlines import Reached
from services.referral.storage.steps import Made
from services.referral.storage.store import Store

ACTS = {Kind.EXPIRE: Action.EXPIRE, Kind.OFFER: Action.LAPSE}
"""What the platform does by itself; of every other deadline people are told."""


def act_on_deadlines(uow: UnitOfWork[Store], *, most: int) -> int:
    """Act on up to *most* deadlines whose moment has come; return how many there were.

    Each rung of each is acted on once: they are claimed, and written down as told, in this transaction.
    """
    reached = uow.store.deadlines.claim(uow.now, most=most)
    uow.store.deadlines.climb(reached)
    moved: dict[UUID, tuple[Handoff, Handoff]] = {}
    made: list[Made] = []
    for one in reached:
        handoff = moved[one.handoff.id][1] if one.handoff.id in moved else one.handoff
        if one.kind not in running(handoff.status, handoff.due):
            continue
        if one.kind not in ACTS:
            uow.emit(_told(one))
            continue
        move = _move(uow, handoff, ACTS[one.kind])
        moved[handoff.id] = (handoff, move.handoff)
        made.append(move)
    if made:
        uow.store.moved(*moved.values())
        note_moves(uow, *moved.values())
        uow.store.steps.add(*made)
    return len(reached)


def _move(uow: UnitOfWork[Store], handoff: Handoff, action: Action) -> Made:
    command = Command(action=action)
    decision = decide(handoff, command, by=Party.PLATFORM, at=uow.now)
    for event in decision.events:
        uow.emit(event)
    return Made(
        handoff=decision.handoff,
        command=command,
        by=Party.PLATFORM,
        actor=uow.actor,
        at=uow.now,
    )


def _told(one: Reached) -> DeadlineReached:
    return DeadlineReached(
        **one.handoff.told(),
        deadline_id=one.id,
        kind=one.kind.value,
        due_at=one.due_at,
        rung=one.rung,
    )
