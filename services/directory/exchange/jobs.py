"""Work through imports that were handed in, one at a time; a run that is cut off is taken up by the next."""

from collections.abc import Sequence
from functools import partial
from typing import Final

import structlog

from onward.database import Database, UnitOfWork
from onward.service import RunningService, Tick
from services.directory.domain.imports import Format, Line, Mistake
from services.directory.exchange.documents import Assumed, Read
from services.directory.exchange.files import File, FileError, read_file
from services.directory.exchange.importing import Outcome, import_entries, listed_among
from services.directory.exchange.pointing import Position
from services.directory.exchange.reading import read_entries
from services.directory.storage.imports import Held, LostError
from services.directory.storage.store import Store

AT_A_TIME: Final = 250
"""Entries that are read between two signs of life."""
MOST_TRIES: Final = 5
"""How often an import is taken up; the reason why it ended each time is in the log."""
GIVEN_UP: Final = "It was begun several times and never ended: send what is left in smaller files."
Where = dict[str, Position]
log = structlog.get_logger(__name__)


def carry_on(running: RunningService) -> None:
    """Work through every import that waits, or that whoever worked on it has left."""
    database: Database[Store] = running.database
    while True:
        with database.transaction() as uow:
            held = uow.store.imports.take(at=uow.now)
        if held is None:
            return
        if held.tries > MOST_TRIES:
            with database.transaction() as uow:
                uow.store.imports.finish(held, at=uow.now, problem=GIVEN_UP)
            continue
        try:
            work_through(database, held)
        except LostError:
            log.warning("import-lost", import_id=str(held.job.id))


def work_through(database: Database[Store], held: Held) -> None:
    """Put the file's entries into the directory, in the name of whoever handed it in.

    Raises `LostError` where another process has taken it over.
    """
    try:
        file = read_file(held.content, table=held.job.format is Format.CSV)
    except FileError as broken:
        with database.transaction() as uow:
            problem = f"Line {broken.at.line}, column {broken.at.column}: {broken}"
            uow.store.imports.finish(held, at=uow.now, problem=problem)
        return
    reads = _read(database, held, file)
    where = dict(file.locate([error.pointer for read in reads for error in read.errors]))
    import_entries(
        partial(database.transaction, actor=held.job.actor, correlation_id=held.job.id),
        reads,
        lambda uow, outcomes: _keep(uow, held, outcomes, _located(file, outcomes, where)),
        done=held.done,
    )
    with database.transaction() as uow:
        uow.store.imports.finish(held, at=uow.now)


def _read(database: Database[Store], held: Held, file: File) -> list[Read]:
    assumed = Assumed(
        organisation_kind=held.job.organisation_kind,
        service_kind=held.job.service_kind,
        listed=listed_among(database.transaction, file),
    )
    found: list[Read] = []
    for read in read_entries(file, assumed):
        if len(found) % AT_A_TIME == 0:
            with database.transaction() as uow:  # a sign of life, and a turn for everything else
                uow.store.imports.hold(held, at=uow.now)
        found.append(read)
    with database.transaction() as uow:
        uow.store.imports.hold(held, at=uow.now, total=len(found))
    return found


def _located(file: File, outcomes: Sequence[Outcome], where: Where) -> Where:
    """Return *where* the mistakes of *outcomes* stand; the file is gone through for what is new alone."""
    pointers = {error.pointer for one in outcomes for error in one.errors}
    if not pointers <= where.keys():
        where.update(file.locate(sorted(pointers - where.keys())))
    return where


def _keep(uow: UnitOfWork[Store], held: Held, outcomes: Sequence[Outcome], where: Where) -> None:
    """Write the report of a portion with the portion itself."""
    lines = [
        Line(
            number=one.number,
            kind=one.read.kind,
            entry_id=one.read.id,
            name=one.read.name,
            result=one.result.value,
            changed=one.changed,
            mistakes=tuple(
                Mistake(
                    line=where[error.pointer].line,
                    column=where[error.pointer].column,
                    pointer=error.pointer,
                    detail=error.detail,
                )
                for error in one.errors
            ),
            left_out=one.read.left_out,
        )
        for one in outcomes
    ]
    uow.store.imports.report(held, lines)
    uow.store.imports.hold(held, at=uow.now)


TICKS = (Tick(name="directory-import", every=1, run=carry_on),)
