"""``serve``, ``up``, ``migrate``, ``demo``: start the platform, or part of it."""

import json
import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from onward.cli.settings import environment, the_service
from onward.console import out
from onward.observability import configure_logging
from onward.service import installed, running
from onward.settings import SettingsError, read_settings

DEFAULT_PORT = 8080

Port = Annotated[int, typer.Option(help="Port on 127.0.0.1 for the pages and the API.")]


def serve(
    service: Annotated[str, typer.Argument(help="directory, referral, notification or audit.")],
    role: Annotated[
        str, typer.Option(help="all, web (HTTP only) or worker (events and timers only).")
    ] = "all",
) -> None:
    """Run one service on the RabbitMQ and PostgreSQL that ONWARD_… variables name."""
    from onward import runtime  # noqa: PLC0415 - Nameko and eventlet only where they serve

    if role not in runtime.ROLES:
        raise SettingsError(f"--role is one of {', '.join(runtime.ROLES)}.")
    declared = the_service(service)
    settings = read_settings(service, os.environ)
    configure_logging(settings.log_level)
    runtime.serve(running(declared, settings), role=role)


def migrate(
    service: Annotated[str | None, typer.Argument(help="One service; all without it.")] = None,
) -> None:
    """Bring the database of one service, or of all, to what this version needs."""
    from onward.migrate import upgrade  # noqa: PLC0415 - Alembic takes a while to import

    names = [service] if service else list(installed())
    for name in names:
        declared = the_service(name)
        variable = f"ONWARD_{name.upper()}_OWNER_DATABASE_URL"
        url = read_settings(name, {**_unused(), **environment(None)}).owner_database_url
        upgrade(declared, url)
        out.print(f"{name}: up to date ({variable if variable in os.environ else 'one role'})")


def up(
    data: Annotated[Path, typer.Option(help="Folder that keeps everything.")] = Path(".onward"),
    port: Port = DEFAULT_PORT,
) -> None:
    """Run the whole platform in this process and keep its data; stop it with Ctrl-C."""
    from onward.embedded import EmbeddedPlatform  # noqa: PLC0415 - as in serve
    from onward.runtime import asked_to_stop, wait_for_stop  # noqa: PLC0415

    configure_logging(os.environ.get("ONWARD_LOG_LEVEL", "warning"))
    asked = asked_to_stop()
    platform = EmbeddedPlatform(data.resolve(), port=port)
    platform.start()
    out.print(f"Onward answers at [bold]{platform.url}[/] and keeps its data in {data.resolve()}.")
    out.print("Make the first accounts with: onward directory seed --data", str(data))
    wait_for_stop(asked, *platform.containers)
    out.print("Stopping…")
    platform.stop()


def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="Stop when the scenario is over.")] = False,
    port: Port = DEFAULT_PORT,
    seed: Annotated[
        int | None, typer.Option(help="Make the same logins each time: for rehearsals only.")
    ] = None,
    credentials: Annotated[
        Path | None, typer.Option(help="Also write the logins here, as JSON.")
    ] = None,
) -> None:
    """Play one handoff from ward to flat on a fresh platform, verify its evidence, then serve it."""
    from onward.demo import play  # noqa: PLC0415 - as in serve

    configure_logging(os.environ.get("ONWARD_LOG_LEVEL", "error"))
    with tempfile.TemporaryDirectory(prefix="onward-demo-") as folder:
        held = play.play(
            Path(folder), once=once, port=port, seed=seed, credentials_file=credentials
        )
    if not held:
        raise typer.Exit(1)


def rehearse(
    base_url: Annotated[str, typer.Argument(help="Where the platform answers.")],
    credentials: Annotated[
        Path, typer.Option(help="Logins, as `onward directory seed` wrote them.")
    ],
    clock: Annotated[Path, typer.Option(help="The platform's ONWARD_CLOCK_OFFSET_FILE.")],
    receive: Annotated[
        str, typer.Option(help="HOST:MAIL:HOOK, where the platform delivers mail and webhooks.")
    ] = "127.0.0.1:2525:8025",
) -> None:
    """Play the demo's story against a platform that runs elsewhere, and check its evidence.

    For a fresh platform made for rehearsals: it makes referrals and lets days pass.
    """
    from onward.demo import play  # noqa: PLC0415 - as in serve

    host, mail, hook = receive.split(":")
    held = play.rehearse(
        base_url,
        logins=json.loads(credentials.read_text()),
        clock=clock,
        receivers=(host, int(mail), int(hook)),
    )
    if not held:
        raise typer.Exit(1)


def _unused() -> dict[str, str]:
    unused = "unused-by-commands-that-only-touch-the-database"
    return {
        "ONWARD_AMQP_URI": "amqp://127.0.0.1:1",
        "ONWARD_SECRET_KEY": unused,
        "ONWARD_SIGNING_KEY": unused,
    }
