"""``onward partner``: let partners' systems in, change their secrets, shut them out."""

import getpass
import json
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

import typer

from onward.broker_users import BrokerUsers, virtual_host
from onward.cli.settings import Data
from onward.errors import ConflictError
from onward.identity import Actor, Role
from onward.private import write_private
from onward.service import RunningService
from onward.settings import Settings, SettingsError
from onward.topology import INTAKE, partner_queue
from services.directory.cli.shared import directory_in, out
from services.directory.handlers import partners as use_cases
from services.directory.handlers import sandboxes as use_sandboxes
from services.directory.handlers import tidying as use_tidying
from services.directory.handlers.partners import Registered

AMQP, AMQPS = 5672, 5671
"""Ports where none is named (IANA)."""
app = typer.Typer(
    help="Let partners' systems in over HTTPS and the broker, and shut them out.",
    no_args_is_help=True,
)
Which = Annotated[str, typer.Argument(help="Client id of the system.")]
File = Annotated[
    Path | None,
    typer.Option("--credentials", help="File for the secret, JSON, readable by you alone."),
]


@app.command()
def add(
    organisation: Annotated[UUID, typer.Argument(help="Id of the organisation it acts for.")],
    name: Annotated[str, typer.Option(help="What people call the system.")],
    data: Data = None,
    credentials: File = None,
    *,
    live: Annotated[bool, typer.Option("--live", help="For real people's data.")] = False,
) -> None:
    """Register a system, with a user and a queue on the broker, and tell its secret once.

    The broker's part needs ONWARD_AMQP_MANAGEMENT_URL; without it the system has HTTPS and webhooks.
    """
    running = directory_in(data)
    _require_new(credentials)
    with running.database.transaction(actor=_operator()) as uow:
        made = use_cases.register(
            uow, organisation_id=organisation, name=name, live=live, on_broker=_has_broker(running)
        )
    _let_in(running, made)
    _tell(running, made, credentials)


@app.command()
def sandbox(
    organisation: Annotated[UUID, typer.Argument(help="Id of the organisation it is for.")],
    credentials: Annotated[
        Path,
        typer.Option(
            help="File for the keys of the side that refers; the other side's beside it."
        ),
    ],
    data: Data = None,
) -> None:
    """Open a sandbox: two made-up organisations with services, agreements and a system for each.

    Nothing that happens there is told to anybody outside, and its time passes when told to.
    """
    running = directory_in(data)
    other_side = credentials.with_stem(f"{credentials.stem}-other-side")
    _require_new(credentials, other_side)
    with running.database.transaction(actor=_operator()) as uow:
        opened = use_sandboxes.open_sandbox(uow, organisation, on_broker=_has_broker(running))
    more = {
        "sandbox": str(opened.sandbox.id),
        "services": {one.name: str(one.id) for one in opened.services},
    }
    for made, file in ((opened.refers, credentials), (opened.receives, other_side)):
        _let_in(running, made)
        _tell(running, made, file, **more)


@app.command(name="close-sandbox")
def close_sandbox(
    sandbox_id: Annotated[
        UUID, typer.Argument(help="Id of the sandbox, as the files with its keys hold it.")
    ],
    data: Data = None,
) -> None:
    """Close a sandbox: its systems are shut out, on the broker too, and what was tried out in it goes.

    Of one that was closed over HTTPS it takes away what the broker still has, as `tidy` does of all.
    """
    running = directory_in(data)
    with running.database.transaction(actor=_operator()) as uow:
        closed = use_sandboxes.close_sandbox(uow, sandbox_id)
        systems = use_sandboxes.systems_in(uow, closed)
    with _broker(running) as broker:
        if broker:
            for system in systems:
                broker.shut_out(system.client_id)
            for organisation in closed.organisations:
                broker.take_queue_away(organisation)
    out.print(f"{sandbox_id} is closed. Tokens its systems have run out within five minutes.")


@app.command()
def tidy(data: Data = None) -> None:
    """Take off the broker what is left there of systems that were shut out over HTTPS, or with their sandbox.

    Safe to repeat, such as every night. Needs ONWARD_AMQP_MANAGEMENT_URL.
    """
    running = directory_in(data)
    with _broker(running) as broker:
        if broker is None:
            raise SettingsError("Set ONWARD_AMQP_MANAGEMENT_URL: the broker's users are tidied.")
        with running.database.transaction(actor=_operator()) as uow:
            taken = use_tidying.tidy(uow, broker)
    for system in taken:
        out.print(f"{system.client_id} has no user on the broker any more.")
    if not taken:
        out.print("Nothing is left over.")


@app.command()
def rotate(which: Which, data: Data = None, credentials: File = None) -> None:
    """Give a system a new secret, on the broker too; the old one opens nothing any more.

    It also mends what an interrupted `add` left undone.
    """
    running = directory_in(data)
    with running.database.transaction(actor=_operator()) as uow:
        made = use_cases.renew_secret(uow, which, on_broker=_has_broker(running))
    _let_in(running, made)
    _tell(running, made, credentials)


@app.command()
def disable(which: Which, data: Data = None) -> None:
    """Shut a system out: no more tokens, no user on the broker, no open connection there."""
    running = directory_in(data)
    with running.database.transaction(actor=_operator()) as uow:
        closed = use_cases.close_system(uow, which)
        last = not use_cases.has_open_systems(uow, closed.organisation_id)
    with _broker(running) as broker:
        if broker:
            broker.shut_out(closed.client_id)
            if last:
                broker.take_queue_away(closed.organisation_id)
    out.print(f"{closed.client_id} is shut out. Tokens it has run out within five minutes.")


def _require_new(*files: Path | None) -> None:
    """Raise `ConflictError` rather than write over another system's secret, which nobody is told again."""
    for file in files:
        if file and file.exists():
            raise ConflictError(
                "file-there", f"{file} is there already: name another, or move it."
            )


def _let_in(running: RunningService, made: Registered) -> None:
    with _broker(running) as broker:
        if broker and made.secret:
            system = made.system
            broker.let_in(system.client_id, made.secret, system.organisation_id)


def _broker(running: RunningService) -> Any:
    """Return a context with the broker's users, with None where no broker can be asked."""
    settings = running.settings
    if settings.amqp_management_url is None:
        return nullcontext(None)
    return BrokerUsers(settings.amqp_management_url, settings.amqp_uri)


def _has_broker(running: RunningService) -> bool:
    return running.settings.amqp_management_url is not None


def _tell(
    running: RunningService, made: Registered, credentials: Path | None, **more: Any
) -> None:
    system, origin = made.system, running.settings.public_url
    told: dict[str, Any] = {
        "client_id": system.client_id,
        "client_secret": made.secret,
        "organisation": str(system.organisation_id),
        "base_url": origin,
        "token_url": f"{origin}/api/v1/oauth/token",
        **more,
    }
    if _has_broker(running):
        told["amqp"] = _broker_for(running.settings, system.organisation_id)
    if credentials:
        write_private(credentials, json.dumps(told, indent=2))
        out.print(f"{system.client_id} is let in; its secret is in {credentials}.")
    else:
        out.print(json.dumps(told, indent=2))
    out.print(f"How to go on, with examples that run: {origin}/docs#partners")


def _broker_for(settings: Settings, organisation: UUID) -> dict[str, Any]:
    """Return how a partner's system gets to the broker: where partners find it, else where we do."""
    within = urlsplit(settings.amqp_uri.split(";")[0])
    address = urlsplit(settings.amqp_partner_url) if settings.amqp_partner_url else within
    tls = address.scheme == "amqps"
    return {
        "host": address.hostname,
        "port": address.port or (AMQPS if tls else AMQP),
        "tls": tls,
        "authority": settings.amqp_partner_authority,
        "virtual_host": virtual_host(settings.amqp_uri),
        "exchange": INTAKE.name,
        "routing_key": f"{organisation}.<event name>",
        "queue": partner_queue(organisation).name,
        "seal_to": f"{settings.public_url}/.well-known/jwks.json",
    }


def _operator() -> Actor:
    """Return who is at this terminal: whoever may read the database's password may decide."""
    return Actor(principal=f"operator:{getpass.getuser()}", organisation=None, role=Role.OPERATOR)
