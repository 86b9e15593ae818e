"""Move a handoff on behalf of whoever asks: check the version, decide, write, tell."""

from dataclasses import replace
from uuid import UUID

from onward.database import UnitOfWork
from onward.errors import NotFoundError, StaleVersionError
from onward.ids import new_id
from services.referral.domain.deciding import decide
from services.referral.domain.effects import Command
from services.referral.domain.handoff import Handoff, allowed_actions
from services.referral.domain.moves import Action, Party
from services.referral.handlers.news import note_moves
from services.referral.handlers.visibility import organisation_of
from services.referral.storage.handoffs import Locked
from services.referral.storage.steps import Made
from services.referral.storage.store import Store
from services.referral.storage.vault import Seal, Vault


def act(
    uow: UnitOfWork[Store], vault: Vault, handoff_id: UUID, version: int, command: Command
) -> Handoff:
    """Take *command* on a handoff that was read as *version*; return it as it is then.

    Raises `NotFoundError`, `StaleVersionError`, or what `decide` raises.
    """
    found = uow.store.handoffs.lock_one(handoff_id)
    parties = found.handoff.parties(organisation_of(uow)) if found else ()
    if found is None or not parties:
        raise NotFoundError("handoff")
    handoff = found.handoff
    if handoff.version != version:
        raise StaleVersionError(handoff.version)
    by = _side(handoff, command.action, parties)
    complete = _completed(command, found)
    decision = decide(handoff, complete, by=by, at=uow.now)
    uow.store.moved((handoff, decision.handoff))
    note_moves(uow, (handoff, decision.handoff))
    uow.store.steps.add(
        Made(handoff=decision.handoff, command=complete, by=by, actor=uow.actor, at=uow.now),
        seal=_seal(uow, vault, handoff) if complete.sentence else None,
    )
    for event in decision.events:
        uow.emit(event)
    return decision.handoff


def _side(handoff: Handoff, action: Action, parties: tuple[Party, ...]) -> Party:
    """Return the side that may take *action*, where the organisation stands on both."""
    able = (party for party in parties if action in allowed_actions(handoff, party))
    return next(able, parties[0])


def _completed(command: Command, found: Locked) -> Command:
    """Return *command* with what only we know."""
    if command.action in {Action.ASK, Action.ANSWER}:
        return replace(command, message_id=new_id())
    if command.action is Action.ACCEPT:
        return replace(command, needs_place=found.has_ledger)
    return command


def _seal(uow: UnitOfWork[Store], vault: Vault, handoff: Handoff) -> Seal:
    key = uow.store.people.key(vault, handoff.person_id)
    return key.seal(organisation=handoff.sender, about=handoff.referral_id)
