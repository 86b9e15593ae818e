"""``onward audit``: take evidence out of the log, and check evidence wherever it is."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar

from onward.cli.settings import Data, environment, the_service
from onward.database import UnitOfWork
from onward.errors import OnwardError
from onward.identity import Actor, Role
from onward.plurals import counted
from onward.service import RunningService, running
from onward.settings import SettingsError, read_settings
from onward_verifier.files import check_file, key_text, take_print
from onward_verifier.findings import CheckFailedError, WrongUseError
from onward_verifier.logs import LogResult, Progress, verify_log
from onward_verifier.notes import COSIGNATURE, Key
from onward_verifier.telling import story
from services.audit.domain.checkpoint import is_true
from services.audit.handlers import exporting, handing_over, proving, reconciling
from services.audit.handlers.handing_over import Opening
from services.audit.handlers.notary import notary_of
from services.audit.storage.store import Store

app = typer.Typer(
    help="Take evidence out of the audit log, and check evidence without trusting anybody.",
    no_args_is_help=True,
)
out = Console(highlight=False, soft_wrap=True)
WRONG_USE = 2
CORES = os.cpu_count() or 1


class EvidenceError(OnwardError):
    """The evidence is not as it was signed; the text says what is wrong, and where."""


Held = Annotated[
    Path | None,
    typer.Option(help="An older checkpoint that you kept.", exists=True, dir_okay=False),
]
Proof = Annotated[
    Path | None,
    typer.Option(
        help="With --held and a bundle: the answer of /api/v1/audit/proofs?from=OLDER&to=NEWER.",
        exists=True,
        dir_okay=False,
    ),
]
LogKey = Annotated[
    str | None,
    typer.Option(
        help="The log's public key, or a file that holds it. Without it the key of this"
        " platform's own log is taken, which needs its settings."
    ),
]
WitnessKeys = Annotated[
    list[str] | None,
    typer.Option(
        help="The key of a witness, or a file that holds it, that must have countersigned a"
        " bundle's log. May be given more than once."
    ),
]


@app.command()
def verify(  # noqa: PLR0913 - one option each
    file: Annotated[
        Path | None, typer.Argument(help="An exported bundle or log.", exists=True, dir_okay=False)
    ] = None,
    key: LogKey = None,
    held: Held = None,
    proof: Proof = None,
    witness: WitnessKeys = None,
    pdf: Annotated[
        Path | None, typer.Option(help="Where to write the PDF of a bundle that held.")
    ] = None,
    *,
    everything: Annotated[
        bool,
        typer.Option("--all", help="Check this platform's whole log, as its database holds it."),
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Processes to check a whole log with.")] = CORES,
    data: Data = None,
) -> None:
    """Check a bundle or a whole log: every leaf, its place in the signed tree, and that none is missing.

    A file is checked offline. Prints what held and exits with 0; prints the first leaf that is wrong,
    and how, and exits with 1. `onward-verify` is the same check, installable without Onward.
    """
    if everything == (file is not None):
        raise typer.BadParameter("Name a file, or give --all.")
    with _verdict(), _bar("Checking") as shown:
        public = Key.parse(key_text(key) if key else _own_key(data))
        seers = [Key.parse(key_text(each), COSIGNATURE) for each in witness or ()]
        held_up = (
            _verify_own(public, held, jobs, shown, data)
            if file is None
            else check_file(
                file, public, held=held, proof=proof, witnesses=seers, jobs=jobs, progress=shown
            )
        )
        if pdf:
            take_print(held_up, pdf)
    for line in story(held_up):
        out.print(line)


@contextmanager
def _verdict() -> Iterator[None]:
    """Turn what the verifier finds into how a command ends."""
    try:
        yield
    except CheckFailedError as failure:
        raise EvidenceError(f"BAD: {failure}.") from None
    except WrongUseError as wrong:
        out.print(str(wrong))
        raise typer.Exit(WRONG_USE) from None


def _verify_own(
    public: Key, held: Path | None, jobs: int, shown: Progress, data: Path | None
) -> LogResult:
    kept = [held.read_text(errors="replace")] if held else []
    with _whole_log(data) as (opening, parts):
        return verify_log(opening.lines, parts, public, held=kept, jobs=jobs, progress=shown)


@contextmanager
def _whole_log(data: Path | None) -> Iterator[tuple[Opening, Iterator[bytes]]]:
    service = _audit(data)
    try:
        with service.database.transaction(actor=_operator()) as uow:
            _require_own_key(service, uow)
            opening = handing_over.open_log(uow, notary_of(service))
        yield opening, handing_over.leaf_lines(service.database, opening.checkpoint.size)
    finally:
        service.close()


@contextmanager
def _bar(what: str) -> Iterator[Progress]:
    """Draw how far something has come, from when it first says so until it is done."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, transient=True) as drawn:
        task = drawn.add_task(what, visible=False)
        yield lambda done, total: drawn.update(task, completed=done, total=total, visible=True)


@app.command()
def export(
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write, JSON lines.")],
    referral: Annotated[
        UUID | None, typer.Option(help="Id of the referral whose evidence is wanted.")
    ] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="The whole log.")] = False,
    data: Data = None,
) -> None:
    """Write evidence to a file: of one referral, or the whole log; signed, to be checked elsewhere."""
    if referral is not None and not everything:
        output.write_bytes(_bundle(referral, data))
    elif everything and referral is None:
        _write_log(output, data)
    else:
        raise typer.BadParameter("Give --referral or --all.")


def _bundle(referral: UUID, data: Path | None) -> bytes:
    service = _audit(data)
    try:
        with service.database.transaction(actor=_operator()) as uow:
            _require_own_key(service, uow)
            made = exporting.export_trail(uow, referral, notary_of(service))
    finally:
        service.close()
    leaves = counted(made.export.leaves, "leaf", "leaves")
    out.print(f"{leaves}, proved by a checkpoint over {made.export.size:,}.")
    return made.content


def _write_log(output: Path, data: Path | None) -> None:
    done = 0
    with _whole_log(data) as (opening, parts), output.open("wb") as file, _bar("Writing") as shown:
        size = opening.checkpoint.size
        file.writelines(opening.lines)
        for part in parts:
            file.write(part)
            done = min(done + handing_over.PART, size)
            shown(done, size)
    leaves, checkpoints = counted(size, "leaf", "leaves"), len(opening.lines) - 1
    out.print(f"{leaves} in all, and {counted(checkpoints, 'checkpoint')} over them.")


@app.command()
def checkpoint(data: Data = None) -> None:
    """Sign the log as it is now, and print the checkpoint. Keep it: whoever holds it binds us."""
    service = _audit(data)
    try:
        with service.database.transaction(actor=_operator()) as uow:
            _require_own_key(service, uow)
            typer.echo(proving.sealed(uow, notary_of(service)).note, nl=False)
    finally:
        service.close()


@app.command()
def completeness(data: Data = None) -> None:
    """Hold the log against the services' own records: exits with 1 when it has no leaf of something."""
    service = _audit(data)
    try:
        with service.database.transaction(actor=_operator()) as uow:
            report = reconciling.completeness(uow)
    finally:
        service.close()
    for count in report.counts:
        out.print(f"{count.kind:<10} {count.found:,} of {count.stated:,} stated have their leaf")
    for book in report.books:
        out.print(
            f"{'book':<10} {counted(book.sent, 'handoff')} named, {book.total:,} held by the service"
        )
    for claim in report.missing:
        out.print(f"missing    {claim.kind}, handoff {claim.handoff} of referral {claim.referral}")
    if not report.is_complete:
        raise EvidenceError("BAD: the log and the services' own records are apart.")
    out.print("GOOD: everything that was stated has its leaf, or is on its way.")


@app.command()
def key(data: Data = None) -> None:
    """Print the log's public key. Give it to partners once, by a way they trust."""
    typer.echo(_own_key(data))


def _own_key(data: Path | None) -> str:
    service = _audit(data)
    try:
        return str(notary_of(service).key)
    finally:
        service.close()


def _audit(data: Path | None) -> RunningService:
    """Return the audit service. Raises `SettingsError`, above all without the real signing key."""
    unused = {
        "ONWARD_AMQP_URI": "amqp://127.0.0.1:1",
        "ONWARD_SECRET_KEY": "unused-by-commands-that-only-use-the-database",
    }
    settings = read_settings("audit", {**unused, **environment(data)})
    return running(the_service("audit"), settings)


def _require_own_key(service: RunningService, uow: UnitOfWork[Store]) -> None:
    """Raise `SettingsError` when the signing key is not that of the log: it would look forged."""
    latest = uow.store.checkpoints.latest()
    if latest and not is_true(latest, notary_of(service).key):
        raise SettingsError("ONWARD_SIGNING_KEY is not the one this log was signed with.")


def _operator() -> Actor:
    """Return who is at this terminal: whoever may read the database's password may ask."""
    return Actor(principal=f"operator:{getpass.getuser()}", organisation=None, role=Role.OPERATOR)
