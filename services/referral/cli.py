"""``onward referral``: look after the keys to people's records."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from onward.cli.settings import Data, environment, the_service
from onward.errors import ConflictError
from onward.identity import Actor, Role
from onward.plurals import counted
from onward.service import RunningService, running
from onward.settings import read_settings
from services.referral.handlers.rotating import Usage, rotate, usage
from services.referral.storage.vault import Vault, vault_of

app = typer.Typer(help="Look after the keys to people's records.", no_args_is_help=True)
keys = typer.Typer(
    help="The platform's keys (ONWARD_VAULT_KEYS, the newest first, then ONWARD_SECRET_KEY).",
    no_args_is_help=True,
)
app.add_typer(keys, name="keys")
out: Final = Console(highlight=False, soft_wrap=True)
BATCH: Final = 500


@keys.command("list")
def list_keys(data: Data = None) -> None:
    """Show how many people's keys each of the platform's keys wraps, and which are no longer used."""
    with _referral(data) as (service, vault):
        _show(_usage(service, vault), vault)


@keys.command("rotate")
def rotate_keys(
    batch: Annotated[int, typer.Option(min=1, max=5000, help="Keys per transaction.")] = BATCH,
    data: Data = None,
) -> None:
    """Wrap everybody's key under the newest key; safe while the service runs, and to begin again.

    Every running referral service has to know the newest key before: restart them with it first.
    """
    with _referral(data) as (service, vault):
        before = _usage(service, vault)
        _require_all(before, vault)
        done = 0
        with _bar(before.remaining) as bar:
            for made in _rotation(service, vault, batch):
                done += made
                bar.update(bar.task_ids[0], completed=done)
        after = _usage(service, vault)
        out.print(f"{counted(done, 'key')} wrapped anew.")
        _show(after, vault)
        if after.remaining:
            raise ConflictError(
                "keys-left",
                f"Keys not under the newest one: {after.remaining:,}. Some were made meanwhile by a"
                " service that was not restarted with it, or open under no key that is listed.",
            )


def _rotation(service: RunningService, vault: Vault, batch: int) -> Iterator[int]:
    begin = partial(service.database.transaction, actor=_operator())
    for made in rotate(begin, vault, batch=batch):
        yield made.done


def _require_all(found: Usage, vault: Vault) -> None:
    """Raise `ConflictError` ``vault-key-missing`` while a key is needed that is not listed."""
    missing = found.unlisted(vault.key_ids)
    if missing:
        named = ", ".join(key.hex() for key in missing)
        raise ConflictError(
            "vault-key-missing",
            f"Keys wrapped under {named}, which is not listed: {sum(missing.values()):,}."
            " Add it to ONWARD_VAULT_KEYS, or nobody can read those records.",
        )


def _show(found: Usage, vault: Vault) -> None:
    newest, *older = vault.key_ids
    out.print(f"{newest.hex()}  newest: wraps {found.under(newest):,}")
    for key in older:
        number, unsure = found.under(key), found.unnamed
        use = f"wraps {number:,}" if number or unsure else "wraps nothing any more"
        out.print(f"{key.hex()}  older: {use}")
    for key, number in found.unlisted(vault.key_ids).items():
        out.print(f"{key.hex()}  [bold red]not listed[/]: wraps {number:,}, which nobody can read")
    if found.unnamed:
        out.print(
            f"{found.unnamed:,} do not say under which: they are from before there was a choice"
        )


def _usage(service: RunningService, vault: Vault) -> Usage:
    with service.database.transaction(actor=_operator()) as uow:
        return usage(uow, vault)


@contextmanager
def _bar(total: int) -> Iterator[Progress]:
    columns = (TextColumn("Wrapping"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True, console=out) as drawn:
        drawn.add_task("Wrapping", total=total)
        yield drawn


@contextmanager
def _referral(data: Path | None) -> Iterator[tuple[RunningService, Vault]]:
    """Lend the referral service with its vault. Raises `SettingsError`, above all without the real secret."""
    unused = {"ONWARD_AMQP_URI": "amqp://127.0.0.1:1"}
    settings = read_settings("referral", {**unused, **environment(data)})
    service = running(the_service("referral"), settings)
    try:
        yield service, vault_of(settings)
    finally:
        service.close()


def _operator() -> Actor:
    """Return who is at this terminal: whoever may read the platform's secrets may ask."""
    return Actor(principal=f"operator:{getpass.getuser()}", organisation=None, role=Role.OPERATOR)
