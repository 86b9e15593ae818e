"""``onward demo``: a fresh platform, the seed partnership, the story with a progress bar, its evidence."""

import json
import socket
import tempfile
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from onward.clock import OffsetClock
from onward.console import out
from onward.demo.client import Origin
from onward.demo.evidence import Evidence
from onward.demo.receivers import Receivers
from onward.demo.scenario import Scenario
from onward.embedded import EmbeddedPlatform
from onward.errors import OnwardError
from onward.runtime import asked_to_stop, wait_for_stop

SEEDS = "onward.seeds"
PRIVATE = 0o600
SWIFT = {"ONWARD_RATE_PER_SECOND": "1000", "ONWARD_RATE_BURST": "1000"}
"""One machine plays everybody at once; the allowance is for organisations that share a platform."""


@dataclass(slots=True)
class Demo:
    """One demo on one platform."""

    folder: Path
    port: int
    out: Console = field(default=out)

    def play(self, *, once: bool, seed: int | None, credentials_file: Path | None) -> bool:
        """Play, report, and serve until stopped unless *once*; tell whether all of it held."""
        receivers = Receivers()
        receivers.start()
        platform = self._platform(receivers)
        try:
            logins = self._seed(platform, seed, credentials_file)
            held = self._story(platform, receivers, logins)
            if not once:
                self._serve(platform, logins)
        finally:
            platform.stop()
            receivers.stop()
        return held

    def _platform(self, receivers: Receivers) -> EmbeddedPlatform:
        port = self.port if _is_free(self.port) else _free_port()
        settings = {
            "ONWARD_SMTP_URL": receivers.smtp_url,
            "ONWARD_WEBHOOK_ALLOW": receivers.hook_origin,
            **SWIFT,
        }
        platform = EmbeddedPlatform(self.folder, port=port, settings=settings)
        with self.out.status("Starting PostgreSQL and the four services…"):
            platform.start()
        if port != self.port:
            self.out.print(f"Port {self.port} is taken; using {port}.")
        self.out.print(f"Onward is up at [bold]{platform.url}[/].")
        return platform

    def _seed(
        self, platform: EmbeddedPlatform, seed: int | None, file: Path | None
    ) -> dict[str, Any]:
        (point,) = entry_points(group=SEEDS)
        made: dict[str, Any] = point.load()(platform.running[point.name], seed)
        logins = {"base_url": platform.url, **made}
        if file:
            file.touch(mode=PRIVATE)
            file.write_text(json.dumps(logins, indent=2))
        return logins

    def _story(
        self, platform: EmbeddedPlatform, receivers: Receivers, logins: dict[str, Any]
    ) -> bool:
        scenario = Scenario(
            origin=Origin(platform.url),
            logins={person["username"]: person for person in logins["people"]},
            clock=platform.clock,
            receivers=receivers,
        )
        return tell(scenario, self.folder, self.out)

    def _serve(self, platform: EmbeddedPlatform, logins: dict[str, Any]) -> None:
        table = Table(
            "username", "password", "role", "organisation", title="Logins, made for this run"
        )
        for person in logins["people"]:
            table.add_row(
                *(person[name] for name in ("username", "password", "role", "organisation"))
            )
        self.out.print(table)
        self.out.print(
            f"Open [bold]{platform.url}[/] and sign in. Stop with Ctrl-C; nothing is kept."
        )
        self.out.print(f"Other commands see it with: --data {self.folder}")
        wait_for_stop(asked_to_stop(), *platform.containers)
        self.out.print("Stopping…")


def tell(scenario: Scenario, folder: Path, out: Console) -> bool:
    """Tell the story and check its evidence, with a progress bar; tell whether all of it held."""
    evidence = Evidence(scenario=scenario, folder=folder)
    steps = (*scenario.steps(), *evidence.steps())
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    try:
        with Progress(*columns, console=out, transient=True) as progress:
            task = progress.add_task("The story", total=len(steps))
            for step in steps:
                progress.console.print(f"  [green]✓[/] {step()}")
                progress.advance(task)
    except (OnwardError, LookupError) as error:
        out.print(f"  [bold red]✗ {error}[/]")
        return False
    finally:
        scenario.close()
    table = Table(
        "when", "what", "who", "organisation", title="Sam's trail, as the auditor sees it"
    )
    for line in evidence.trail:
        table.add_row(*line)
    out.print(table)
    out.print("[bold green]All of it held.[/]")
    return True


def play(
    folder: Path, *, once: bool, port: int, seed: int | None, credentials_file: Path | None
) -> bool:
    """Play the demo on data below *folder*; tell whether all of it held. Raises `ServerError`."""
    return Demo(folder=folder, port=port).play(
        once=once, seed=seed, credentials_file=credentials_file
    )


def rehearse(
    base_url: str, *, logins: dict[str, Any], clock: Path, receivers: tuple[str, int, int]
) -> bool:
    """Play the story on the platform at *base_url*; tell whether all of it held.

    *receivers* is the host, mail port and webhook port that the platform delivers to.
    """
    listening = Receivers(*receivers)
    listening.start()
    scenario = Scenario(
        origin=Origin(base_url),
        logins={person["username"]: person for person in logins["people"]},
        clock=OffsetClock(clock),
        receivers=listening,
    )
    try:
        with tempfile.TemporaryDirectory() as folder:
            return tell(scenario, Path(folder), out)
    finally:
        listening.stop()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
