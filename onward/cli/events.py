"""``onward events``: what an integrator works with, over the public API and nothing else."""

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import httpx
import typer
from rich.progress import Progress

from onward.cli.listening import PAUSE, WEBHOOKS, heard, listening, this_machine, until_stopped
from onward.console import out
from onward.demo.client import Origin, System, UnexpectedError
from onward.errors import InvalidError
from onward.plurals import counted

app = typer.Typer(
    help="Hear events on this machine, make some up, and have them sent again.",
    no_args_is_help=True,
)
SANDBOXES: Final = "/api/v1/sandboxes"
HERE: Final = this_machine()
Me = Annotated[
    Path,
    typer.Option(
        "--credentials",
        help="File with client_id, client_secret and token_url, as `onward partner add` writes it.",
        exists=True,
        dir_okay=False,
    ),
]
Webhook = Annotated[
    str, typer.Option(help="Id of one of your webhooks, or its address; else this machine's.")
]


def _address(given: str | None) -> str | None:
    """Return *given* if a program can be called there. Raises `typer.BadParameter`."""
    if given is None:
        return None
    try:
        address = httpx.URL(given)
    except httpx.InvalidURL:
        address = httpx.URL()
    if address.scheme not in {"http", "https"} or not address.host:
        raise typer.BadParameter("Give an address such as http://127.0.0.1:3000/hooks.")
    return given


@app.command()
def listen(
    credentials: Me,
    forward_to: Annotated[
        str | None,
        typer.Option(
            help="Pass each on to this address, signed as a webhook is.", callback=_address
        ),
    ] = None,
    event: Annotated[
        list[str] | None, typer.Option(help="Only this kind; may be given again. All without it.")
    ] = None,
    name: Annotated[
        str, typer.Option(help="Tells your machine from a colleague's; else the machine's own.")
    ] = HERE,
    stop_after: Annotated[int | None, typer.Option(min=1, help="End after so many.")] = None,
) -> None:
    """Show what your organisation hears from now on, until Ctrl-C; no public address is needed.

    What --forward-to does not take is tried again. The secret stays: it is kept beside your credentials.
    """
    memory = credentials.with_stem(f"{credentials.stem}-listening")
    with (
        until_stopped(),
        _system(credentials) as system,
        listening(system, f"pull:{name}", event or ["*"], memory=memory) as ear,
        closing(heard(system, ear, forward_to)) as messages,
    ):
        out.print(f"Listening. Secret for checking signatures: {ear.secret}")
        left = stop_after
        for message, sort in messages:
            out.print(f"{message['type']}  {message['headers']['webhook-id']}  {sort}")
            left = left and left - 1
            if left == 0:
                return


@app.command()
def trigger(
    kind: Annotated[str, typer.Argument(help="Such as referral.handoff-accepted.v1.")],
    credentials: Me,
    webhook: Webhook = f"pull:{HERE}",
) -> None:
    """Send one webhook of yours an event of this kind, made up about nobody."""
    with _system(credentials) as system:
        sent = system.post(f"{WEBHOOKS}/{_id(system, webhook)}/test", {"type": kind})
        out.print(f"{sent['type']} is on its way as {sent['event_id']}.")


@app.command()
def replay(
    credentials: Me,
    since: Annotated[datetime, typer.Option(help="Moment, UTC, such as 2026-11-21T09:00:00.")],
    webhook: Webhook = f"pull:{HERE}",
    *,
    wait: Annotated[bool, typer.Option(help="Show how it goes on, until nothing waits.")] = True,
) -> None:
    """Have one webhook of yours sent again whatever was for it since a moment."""
    with _system(credentials) as system:
        path = f"{WEBHOOKS}/{_id(system, webhook)}/replay"
        waiting = system.post(path, {"since": _utc(since).isoformat()})["waiting"]
        out.print(f"{counted(waiting, 'message')} to send again.")
        if wait and waiting:
            _watch(system, path, waiting)


@app.command(name="pass-time")
def pass_time(
    credentials: Me,
    hours: Annotated[int, typer.Option(help="How many hours are to pass.", min=1)],
) -> None:
    """Let time pass in your sandbox: what is due by then there comes due now."""
    with _system(credentials) as system:
        inside = json.loads(credentials.read_text()).get("sandbox")
        if inside is None:
            raise InvalidError(
                "not-in-a-sandbox",
                f"{credentials} is not of a sandbox: see `onward partner sandbox`.",
            )
        passed = system.post(f"{SANDBOXES}/{inside}/time", {"hours": hours})
        out.print(f"{counted(hours, 'hour')} passed there, {passed['hours_passed']} in all.")


@contextmanager
def _system(credentials: Path) -> Iterator[System]:
    """Return a client that has the credentials' rights. Raises `InvalidError` where they are none."""
    try:
        me = json.loads(credentials.read_text())
        address = urlsplit(me["token_url"])
        origin = Origin(f"{address.scheme}://{address.netloc}")
        system = System(origin, me["client_id"], me["client_secret"])
    except (ValueError, KeyError, TypeError):
        raise InvalidError(
            "credentials-unreadable",
            f"{credentials} has to be JSON with client_id, client_secret and token_url.",
        ) from None
    with system:
        try:
            yield system
        except httpx.TransportError as error:
            raise UnexpectedError(f"{origin.base_url} does not answer: {error}") from None


def _utc(moment: datetime) -> datetime:
    """Return *moment*, which is UTC where it names no zone."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _id(system: System, webhook: str) -> str:
    """Return the id of the webhook that is meant. Raises `InvalidError`."""
    mine = system.get(WEBHOOKS)
    for known in mine:
        if webhook in {known["id"], known["url"]}:
            return str(known["id"])
    there = ", ".join(known["url"] for known in mine) or "none"
    raise InvalidError(
        "webhook-unknown",
        f"Your organisation has no webhook {webhook}. It has: {there}."
        " One for this machine is there after `onward events listen`; --webhook names another.",
    )


def _watch(system: System, path: str, waiting: int) -> None:
    left = waiting
    with Progress(console=out) as progress:
        task = progress.add_task("Sending", total=waiting)
        while left:
            time.sleep(PAUSE)
            left = system.get(path)["waiting"]
            progress.update(task, completed=waiting - left)
