"""Follow the place ledger: a held place is an offer, a queued one a wait; what is late is only noted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from onward.contracts import directory as told
from onward.contracts.base import Event
from onward.database import UnitOfWork
from onward.envelope import Envelope
from onward.errors import Poison
from onward.identity import Actor
from services.referral.domain.deciding import decide
from services.referral.domain.effects import Command
from services.referral.domain.handoff import Handoff, allowed_actions
from services.referral.domain.moves import Action, Party
from services.referral.domain.timing import is_over
from services.referral.handlers.news import note_moves
from services.referral.storage.copies import Claim
from services.referral.storage.steps import Made
from services.referral.storage.store import Store

LEDGER = Actor.service("directory")


def follow_ledger(uow: UnitOfWork[Store], envelopes: Sequence[Envelope]) -> None:
    """Note what the ledger says about each handoff's place, and move those it moves.

    A refusal moves nothing: the recipient sees it and decides anew. A place held for a handoff that
    has ended meanwhile is given back by the ledger itself, which hears of the end.
    """
    uow.store.copies.keep_claims([_claim(uow, envelope.event) for envelope in envelopes])
    wanted = [
        _Wanted(envelope=envelope, command=command)
        for envelope in envelopes
        if (command := _command(envelope.event)) is not None
    ]
    if wanted:
        _move(uow, wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A move that the ledger brings about."""

    envelope: Envelope
    command: Command


def _move(uow: UnitOfWork[Store], wanted: Iterable[_Wanted]) -> None:
    handoffs = uow.store.handoffs.lock(*(one.envelope.subject for one in wanted))
    changes: list[tuple[Handoff, Handoff]] = []
    made: list[Made] = []
    for one in wanted:
        handoff = handoffs.get(one.envelope.subject)
        if not handoff or one.command.action not in allowed_actions(handoff, Party.PLATFORM):
            continue
        decision = decide(handoff, one.command, by=Party.PLATFORM, at=uow.now)
        after = decision.handoff
        changes.append((handoff, after))
        made.append(
            Made(handoff=after, command=one.command, by=Party.PLATFORM, actor=LEDGER, at=uow.now)
        )
        for event in decision.events:
            uow.emit(event, cause=one.envelope)
    if changes:
        uow.store.moved(*changes)
        note_moves(uow, *changes)
        uow.store.steps.add(*made)


def _command(event: Event) -> Command | None:
    match event:
        case told.PlaceHeld():
            return Command(
                action=Action.OFFER,
                place_id=event.place_id,
                until=event.until,
                stay_ends=is_over(event.ends_on) if event.ends_on else None,
            )
        case told.PlaceQueued():
            return Command(action=Action.WAITLIST, position=event.position)
    return None


def _claim(uow: UnitOfWork[Store], event: Event) -> Claim:
    handoff_id, at = event.subject, uow.now
    match event:
        case told.PlaceHeld(place_id=place):
            return Claim(handoff_id=handoff_id, state="held", place_id=place, changed_at=at)
        case told.PlaceQueued(position=position):
            return Claim(handoff_id=handoff_id, state="queued", position=position, changed_at=at)
        case told.PlaceTaken(place_id=place):
            return Claim(handoff_id=handoff_id, state="taken", place_id=place, changed_at=at)
        case told.PlaceReleased(place_id=given_back, reason=code):
            return Claim(
                handoff_id=handoff_id,
                state="released",
                place_id=given_back,
                code=code,
                changed_at=at,
            )
        case told.PlaceRefused(code=code):
            return Claim(handoff_id=handoff_id, state="refused", code=code, changed_at=at)
    raise Poison("not-from-the-ledger")
