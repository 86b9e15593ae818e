"""Carry entries between the directory and files: ``onward directory export``, ``validate``, ``import``."""

import getpass
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from onward.cli.settings import Data
from onward.identity import Actor, Role
from onward.plurals import counted
from onward.private import write_private
from services.directory.cli.shared import directory_in, out
from services.directory.domain.organisations import OrganisationKind
from services.directory.domain.places import CapacityKind
from services.directory.exchange import reporting, writing
from services.directory.exchange.documents import Assumed, Read
from services.directory.exchange.files import File, FileError, read_file
from services.directory.exchange.importing import Outcome, Result, import_entries, listed_among
from services.directory.exchange.reading import read_entries

Source = Annotated[
    Path,
    typer.Argument(
        help="Open Referral UK as JSON, or the same as a table where the name ends in .csv.",
        exists=True,
        dir_okay=False,
    ),
]
ForOrganisations = Annotated[
    OrganisationKind | None,
    typer.Option(
        "--organisation-kind", help="What organisations are of which the file does not say it."
    ),
]
ForServices = Annotated[
    CapacityKind | None,
    typer.Option(
        "--service-kind", help="In which unit services count of which the file does not say it."
    ),
]


def write_out(
    file: Annotated[
        Path,
        typer.Argument(help="File to write: JSON, or a table where the name ends in .csv."),
    ],
    data: Data = None,
) -> None:
    """Write every organisation, programme and service to a file, as Open Referral UK.

    What the standard has no word for stands under "onward", so that importing the file elsewhere gives
    the same entries. Mailboxes are in it: it is not for the public. Places, agreements and accounts are not.
    """
    running = directory_in(data)
    try:
        with _progress("Entries") as seen, running.database.transaction() as uow:
            document = writing.export(uow.store, seen)
    finally:
        running.close()
    write = writing.as_table if _is_table(file) else writing.as_json
    write_private(file, write(document).decode(), end="")
    out.print(f"{file} holds {counted(len(document['services']), 'service')}.")


def validate(
    file: Source, organisation_kind: ForOrganisations = None, service_kind: ForServices = None
) -> None:
    """Check a file without importing it, and without a directory.

    Every mistake is told with its line and column and what to change. Exits with 1 when there is one.
    """
    found = _opened(file)
    assumed = Assumed(organisation_kind=organisation_kind, service_kind=service_kind)
    reads = _read(found, assumed)
    wrong = [error for read in reads for error in read.errors]
    _tell(reporting.mistakes(str(file), found, wrong))
    _tell(reporting.left_out(reads))
    good = sum(not read.errors for read in reads)
    out.print(f"{counted(len(reads), 'entry', 'entries')}, {good:,} without a mistake.")
    raise typer.Exit(1 if wrong else 0)


def read_in(
    file: Source,
    organisation_kind: ForOrganisations = None,
    service_kind: ForServices = None,
    data: Data = None,
) -> None:
    """Put the entries of a file into the directory: new ones are added, others changed where they differ.

    Importing a file again changes nothing. What cannot be is refused entry by entry, with its line and
    column and what to change; the others are imported. Exits with 1 when one was refused.
    """
    found = _opened(file)
    running = directory_in(data)
    outcomes: list[Outcome] = []
    by = Actor(principal=f"operator:{getpass.getuser()}", organisation=None, role=Role.OPERATOR)
    transactions = partial(running.database.transaction, actor=by)
    try:
        listed = listed_among(transactions, found)
        assumed = Assumed(
            organisation_kind=organisation_kind, service_kind=service_kind, listed=listed
        )
        reads = _read(found, assumed)
        with _progress("Importing", total=len(reads)) as seen:

            def keep(_: object, portion: Sequence[Outcome]) -> None:
                outcomes.extend(portion)
                seen(len(portion))

            import_entries(transactions, reads, keep)
    finally:
        running.close()
    _tell(reporting.changes(outcomes))
    wrong = [error for one in outcomes for error in one.errors]
    _tell(reporting.mistakes(str(file), found, wrong))
    _tell(reporting.left_out(reads))
    out.print(reporting.counts(outcomes) + ".")
    raise typer.Exit(1 if any(one.result is Result.REFUSED for one in outcomes) else 0)


def _opened(file: Path) -> File:
    """Return what *file* says; exit with 1 and the place where it is broken."""
    try:
        return read_file(file.read_bytes(), table=_is_table(file))
    except FileError as broken:
        out.print(f"{file}:{broken.at.line}:{broken.at.column}: {broken}")
        raise typer.Exit(1) from None


def _read(found: File, assumed: Assumed) -> list[Read]:
    with _progress("Reading", total=len(found.entries)) as seen:
        return list(read_entries(found, assumed, lambda: seen(1)))


@contextmanager
def _progress(text: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show a bar, and lend what moves it on."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task(text, total=total)
        yield lambda more: bar.update(task, advance=more)


def _tell(lines: Iterator[str]) -> None:
    for line in lines:
        out.print(line, markup=False)


def _is_table(file: Path) -> bool:
    return file.suffix.lower() == ".csv"
