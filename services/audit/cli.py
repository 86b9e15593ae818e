"""``onward audit``: take evidence out of the log, and check evidence wherever it is."""

import getpass
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from onward.cli.settings import Data, environment, the_service
from onward.database import UnitOfWork
from onward.errors import OnwardError
from onward.identity import Actor, Role
from onward.service import RunningService, running
from onward.settings import SettingsError, read_settings
from services.audit.domain.checkpoint import is_true
from services.audit.handlers import exporting, proving
from services.audit.handlers.notary import notary_of
from services.audit.storage.store import Store
from services.audit.verifier import onward_verify
from services.audit.verifier.onward_verify import CheckFailedError, Key, WrongUseError

app = typer.Typer(
    help="Take evidence out of the audit log, and check evidence without trusting anybody.",
    no_args_is_help=True,
)
out = Console(highlight=False, soft_wrap=True)
WRONG_USE = 2


class EvidenceError(OnwardError):
    """The evidence is not as it was signed; the text says what is wrong, and where."""


@app.command()
def verify(
    bundle: Annotated[
        Path, typer.Argument(help="The exported file.", exists=True, dir_okay=False)
    ],
    key: Annotated[
        str | None,
        typer.Option(
            help="The log's public key, or a file that holds it. Without it the key of this"
            " platform's own log is taken, which needs its settings."
        ),
    ] = None,
    held: Annotated[
        Path | None,
        typer.Option(help="An older checkpoint that you kept.", exists=True, dir_okay=False),
    ] = None,
    proof: Annotated[
        Path | None,
        typer.Option(
            help="The answer of /api/v1/audit/proofs?from=OLDER&to=NEWER.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    data: Data = None,
) -> None:
    """Check a bundle: every leaf, its place in the signed log, and that none is missing.

    Works offline. Prints what held and exits with 0; prints the first leaf that is wrong, and how,
    and exits with 1. The same check, as one file that needs nothing of Onward, is in
    services/audit/verifier/onward_verify.py.
    """
    try:
        public = Key.parse(onward_verify.key_text(key) if key else _own_key(data))
        result = onward_verify.verify_file(bundle, public, held=held, proof=proof)
    except CheckFailedError as failure:
        raise EvidenceError(f"BAD: {failure}.") from None
    except WrongUseError as wrong:
        out.print(str(wrong))
        raise typer.Exit(WRONG_USE) from None
    for line in onward_verify.story(result):
        out.print(line)


@app.command()
def export(
    referral: Annotated[UUID, typer.Option(help="Id of the referral whose evidence is wanted.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write, JSON lines.")],
    data: Data = None,
) -> None:
    """Write the evidence of one referral to a file: leaves, proofs, signed checkpoint."""
    service = _audit(data)
    try:
        with service.database.transaction(actor=_operator()) as uow:
            _require_own_key(service, uow)
            made = exporting.export_trail(uow, referral, notary_of(service))
    finally:
        service.close()
    output.write_bytes(made.content)
    out.print(f"{made.export.leaves} leaves, proved by a checkpoint over {made.export.size:,}.")


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
