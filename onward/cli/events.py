"""``onward events``: what an integrator works with, over the public API and nothing else."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import httpx
import typer
from rich.progress import Progress

from onward.console import out
from onward.demo.client import Origin, System
from onward.errors import InvalidError
from onward.plurals import counted

app = typer.Typer(
    help="Hear events on this machine, make some up, and have them sent again.",
    no_args_is_help=True,
)
WEBHOOKS: Final = "/api/v1/webhooks"
SANDBOXES: Final = "/api/v1/sandboxes"
PAUSE: Final = 0.5
"""Seconds between two looks at what waits."""
PATIENCE: Final = 10.0
"""Seconds that the program forwarded to may take."""
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
    str, typer.Option(help="Id of one of your webhooks, or its address, as pull:laptop.")
]


@app.command()
def listen(
    credentials: Me,
    forward_to: Annotated[
        str | None, typer.Option(help="Pass each on to this address, signed as a webhook is.")
    ] = None,
    event: Annotated[
        list[str] | None, typer.Option(help="Only this kind; may be given again. All without it.")
    ] = None,
    name: Annotated[str, typer.Option(help="Tells your machine from a colleague's.")] = "laptop",
    stop_after: Annotated[int | None, typer.Option(min=1, help="End after so many.")] = None,
) -> None:
    """Show what your organisation hears from now on, until Ctrl-C; no public address is needed.

    What the program at --forward-to does not take is tried again, as for any webhook.
    """
    with _system(credentials) as system, _ear(system, f"pull:{name}", event or ["*"]) as webhook:
        out.print(f"Listening. Secret for checking signatures: {webhook['secret']}")
        left = stop_after
        for message, sort in _heard(system, webhook["id"], forward_to):
            out.print(f"{message['type']}  {message['headers']['webhook-id']}  {sort}")
            left = left and left - 1
            if left == 0:
                return


@app.command()
def trigger(
    kind: Annotated[str, typer.Argument(help="Such as referral.handoff-accepted.v1.")],
    credentials: Me,
    webhook: Webhook = "pull:laptop",
) -> None:
    """Send one webhook of yours an event of this kind, made up about nobody."""
    with _system(credentials) as system:
        sent = system.post(f"{WEBHOOKS}/{_id(system, webhook)}/test", {"type": kind})
        out.print(f"{sent['type']} is on its way as {sent['event_id']}.")


@app.command()
def replay(
    credentials: Me,
    since: Annotated[datetime, typer.Option(help="Moment, UTC, such as 2026-11-21T09:00:00.")],
    webhook: Webhook = "pull:laptop",
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
        yield system


@contextmanager
def _ear(system: System, address: str, events: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Have a webhook that is asked, for as long as this lasts; one left over is replaced."""
    for webhook in system.get(WEBHOOKS):
        if webhook["url"] == address:
            system.http.delete(f"{WEBHOOKS}/{webhook['id']}")
    made = system.post(WEBHOOKS, {"url": address, "events": list(events)})
    try:
        yield made
    except KeyboardInterrupt:
        out.print("Stopped.")
    finally:
        system.http.delete(f"{WEBHOOKS}/{made['id']}")


def _heard(
    system: System, webhook_id: str, forward_to: str | None
) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield each message with what became of it; what was said of one goes out with the next look."""
    settled: list[dict[str, Any]] = []
    while True:
        due = system.post(f"{WEBHOOKS}/{webhook_id}/pull", {"settled": settled})
        if not due and not settled:
            time.sleep(PAUSE)
        settled = []
        for message in due:
            outcome = _forward(message, forward_to) if forward_to else {"code": None}
            settled.append({"id": message["id"], **outcome})
            yield message, outcome["code"] or "taken"


def _forward(message: dict[str, Any], address: str) -> dict[str, Any]:
    """Pass *message* on; return what became of it, in the words of the delivery log."""
    begun = time.monotonic()
    try:
        answer = httpx.post(
            address,
            content=message["body"],
            headers=message["headers"],
            timeout=PATIENCE,
            trust_env=False,
        )
    except httpx.HTTPError as error:
        code = "timeout" if isinstance(error, httpx.TimeoutException) else "unreachable"
        return {"code": code}
    return {
        "code": None if answer.is_success else f"http-{answer.status_code}",
        "status_code": answer.status_code,
        "milliseconds": round((time.monotonic() - begun) * 1000),
    }


def _utc(moment: datetime) -> datetime:
    """Return *moment*, which is UTC where it names no zone."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _id(system: System, webhook: str) -> str:
    """Return the id of the webhook that is meant. Raises `InvalidError`."""
    for known in system.get(WEBHOOKS):
        if webhook in {known["id"], known["url"]}:
            return str(known["id"])
    raise InvalidError("webhook-unknown", f"Your organisation has no webhook {webhook}.")


def _watch(system: System, path: str, waiting: int) -> None:
    left = waiting
    with Progress(console=out) as progress:
        task = progress.add_task("Sending", total=waiting)
        while left:
            time.sleep(PAUSE)
            left = system.get(path)["waiting"]
            progress.update(task, completed=waiting - left)
