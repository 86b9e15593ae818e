"""Answer the questions that are asked of the log most, page by page or as a file with its manifest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from onward.database import Database, UnitOfWork
from onward.errors import FieldError, InvalidError, NotFoundError
from services.audit.domain.checkpoint import Checkpoint, log_id
from services.audit.domain.leaf import Entry
from services.audit.domain.reports import REPORTS, Report
from services.audit.domain.stalls import LONGEST, PERIOD, Period, Stall
from services.audit.handlers.notary import Notary
from services.audit.handlers.proving import sealed
from services.audit.handlers.reading import tell_read
from services.audit.handlers.writing import WRITERS, Row, require_writer, row_of
from services.audit.storage.entries import Filters
from services.audit.storage.store import Store

PAGE: Final = 1000
"""Rows of a file that are read at a time."""
STALLS: Final = 100
"""Rows of the report on where handoffs stall."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A report, what it was asked about, and the log it is answered from."""

    report: Report
    filters: Filters
    size: int
    """Leaves of the log that count: the same file comes again for the same size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a file is made of, to check that it is the one that was handed out."""

    name: str
    format: str
    rows: int
    sha256: bytes
    checkpoint: Checkpoint


def report_called(name: str) -> Report:
    """Return a report. Raises `NotFoundError`."""
    if name not in REPORTS:
        raise NotFoundError("report")
    return REPORTS[name]


def narrowed(report: Report, filters: Filters) -> Filters:
    """Return what *report* looks for within *filters*.

    Raises `InvalidError` when the filter that it needs is not there.
    """
    if report.needs and not any(getattr(filters, name) for name in report.needs):
        wanted = " or ".join(report.needs)
        raise InvalidError(
            "report-filter-missing",
            f"This report needs {wanted}.",
            errors=[FieldError(pointer=f"/{report.needs[0]}", detail=f"Give {wanted}.")],
        )
    return replace(filters, actions=report.actions, unpurposed=report.unpurposed)


def answer(
    uow: UnitOfWork[Store],
    report: Report,
    filters: Filters,
    notary: Notary,
    *,
    before: int | None,
    limit: int,
) -> Sequence[Entry]:
    """Return up to *limit* leaves that answer *report*, newest first, below number *before*."""
    found = uow.store.entries.search(narrowed(report, filters), before=before, limit=limit)
    _tell(uow, filters, notary, len(found))
    return found


def ask_for_file(
    uow: UnitOfWork[Store],
    report: Report,
    filters: Filters,
    notary: Notary,
    *,
    size: int | None,
    format_: str,
) -> tuple[Asked, Checkpoint]:
    """Return what a file is to hold, over *size* leaves or, by default, all there are now.

    The taking is on record. Raises `NotFoundError` when no checkpoint covers *size* leaves,
    `ConflictError` when the log is not sound, `InvalidError` for a format that cannot be written here.
    """
    require_writer(format_)
    checkpoint = sealed(uow, notary) if size is None else uow.store.checkpoints.over(size)
    if checkpoint is None:
        raise NotFoundError("checkpoint")
    asked = Asked(report=report, filters=narrowed(report, filters), size=checkpoint.size)
    _tell(uow, filters, notary, uow.store.entries.count(asked.filters, below=checkpoint.size))
    return asked, checkpoint


def file_of(database: Database[Store], asked: Asked, format_: str) -> Iterator[bytes]:
    """Yield the file, newest row first, reading `PAGE` rows at a time."""
    return WRITERS[format_](_pages(database, asked))


def _pages(database: Database[Store], asked: Asked) -> Iterator[list[Row]]:
    before = asked.size
    while True:
        with database.transaction() as uow:
            found = uow.store.entries.search(asked.filters, before=before, limit=PAGE)
        yield [row_of(entry) for entry in found]
        if len(found) < PAGE:
            return
        before = found[-1].number


def manifest_of(
    database: Database[Store], asked: Asked, checkpoint: Checkpoint, format_: str
) -> Manifest:
    """Return the manifest of that file, made anew from the log."""
    digest = sha256()
    for part in file_of(database, asked, format_):
        digest.update(part)
    with database.transaction() as uow:
        rows = uow.store.entries.count(asked.filters, below=asked.size)
    return Manifest(
        name=asked.report.name,
        format=format_,
        rows=rows,
        sha256=digest.digest(),
        checkpoint=checkpoint,
    )


def where_handoffs_stall(
    uow: UnitOfWork[Store], notary: Notary, *, since: datetime | None, until: datetime | None
) -> list[Stall]:
    """Return after which steps handoffs waited longest, by default over the last `PERIOD`.

    Raises `InvalidError` for a period that is none, or longer than `LONGEST`.
    """
    end = until or uow.now
    period = Period(since=since or end - PERIOD, until=end)
    if not timedelta(0) < period.until - period.since <= LONGEST:
        raise InvalidError(
            "report-period-unfit",
            f"Ask about a period that ends after it begins, of at most {LONGEST.days} days.",
            errors=[
                FieldError(pointer="/from", detail=f"At most {LONGEST.days} days before its end.")
            ],
        )
    found = uow.store.stalls.worst(period, now=uow.now, limit=STALLS)
    _tell(uow, Filters(), notary, len(found))
    return found


def _tell(uow: UnitOfWork[Store], filters: Filters, notary: Notary, records: int) -> None:
    about = filters.referral or uow.actor.organisation or log_id(notary.key.name)
    tell_read(uow, "report", records, about=about, referral=filters.referral)
