"""Send lists that were handed in, some lines at a time, so that whoever waits sees how far they are."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from onward.contracts.access import AccessRefused
from onward.database import Database, UnitOfWork
from onward.errors import ConflictError, Refused
from onward.scope import act_for
from onward.service import RunningService, Tick
from services.referral.domain.handoff import Intent
from services.referral.domain.lists import HandedIn, Result
from services.referral.domain.routing import REFUSALS
from services.referral.handlers.listing import Line, refer_list, refused_line, without_twice
from services.referral.handlers.visibility import join_team
from services.referral.storage.lists import OnItsWay
from services.referral.storage.store import Store
from services.referral.storage.vault import Vault, vault_of
from services.referral.web.list_reading import read_lines

AT_A_TIME: Final = 5
"""Lines of one transaction: they are on their way, and in the report, or neither."""
MOST_TRIES: Final = 5
KEPT: Final = timedelta(days=30)
"""How long a report stays."""
GIVEN_UP: Final = ConflictError(
    "list-given-up",
    "This line could not be sent, for a reason of ours: refer this person by themself.",
)


def send_lists(running: RunningService) -> None:
    """Send what waits, the oldest list first. One that fails has its next turn after the others."""
    database: Database[Store] = running.database
    vault = vault_of(running.settings)
    while True:
        with database.transaction() as uow:
            job = uow.store.lists.next()
        if job is None:
            return
        try:
            with database.transaction(actor=job.actor, correlation_id=job.id) as uow:
                taken = uow.store.lists.take(vault, job.id)
                if taken is None:
                    return  # another process has it
                _send(uow, vault, taken)
        except Exception:
            with database.transaction() as uow:
                uow.store.lists.failed(job.id)
            raise


def forget_reports(running: RunningService) -> None:
    """Forget what became of lists that were through long ago."""
    with running.database.transaction() as uow:
        uow.store.lists.forget(before=uow.now - KEPT)


def _send(uow: UnitOfWork[Store], vault: Vault, taken: OnItsWay) -> None:
    job = taken.handed_in
    lines = read_lines(
        taken.text,
        service_id=job.service_id,
        intent=Intent.REFERRAL,
        organisation=job.organisation,
    )
    rest = list(without_twice(lines))[taken.done :]
    portion = rest[:AT_A_TIME] if taken.tries < MOST_TRIES else rest
    before = {one.code for one in uow.store.lists.results(job.id)}
    results = _results(uow, vault, taken, portion)
    for code in sorted({str(one.code) for one in results} & REFUSALS - before):
        uow.emit(AccessRefused(about=job.organisation, what="routing", code=code))
    uow.store.lists.report(job.id, results)
    if len(portion) == len(rest):
        uow.store.lists.finish(job.id, at=uow.now)


def _results(
    uow: UnitOfWork[Store], vault: Vault, taken: OnItsWay, portion: Sequence[Line]
) -> list[Result]:
    if taken.tries >= MOST_TRIES:
        return [refused_line(line.number, GIVEN_UP) for line in portion]
    try:
        _act_as(uow, taken.handed_in)
    except Refused as refusal:  # their time in the team has ended
        return [refused_line(line.number, refusal) for line in portion]
    return refer_list(uow, vault, portion, check_only=False)


def _act_as(uow: UnitOfWork[Store], job: HandedIn) -> None:
    act_for(uow.connection, job.organisation)
    if job.team:
        join_team(uow, job.team)


TICKS: Final = (
    Tick(name="lists", every=1.0, run=send_lists),
    Tick(name="list-reports", every=3600.0, run=forget_reports),
)
