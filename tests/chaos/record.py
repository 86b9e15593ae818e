"""Write down what a campaign played and counted: ``docs/chaos.md``."""

import os
import platform
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.promises import Counted

PLACE = Path(__file__).parents[2] / "docs" / "chaos.md"

PAGE = """\
# What was broken, and what came of it

Written by `make chaos` on {day}; {cores} cores, load {load:.1f}, {system}, Python {python}.
The four services ran as processes of their own on RabbitMQ {rabbit} and PostgreSQL {postgres}, each
server private to the campaign. People handed others over through the HTTP API the whole time, and tried
again until it worked. After each rehearsal the services' own databases were compared: everything that was
told, ever, against everything that every service had heard.

| rehearsal | times | handoffs | processes or servers killed | seconds |
|---|---|---|---|---|
{rows}

| promise | found |
|---|---|
| events told | {events:,} |
| deliveries owed to the services that hear them | {deliveries:,} |
| lost | {lost} |
| handled twice | {doubled} |
| out of their line's order | {disordered} |
| leaves in the audit log, one per event, every checkpoint still proved | {leaves:,} |
| unreadable messages parked, as they should be | {parked} |
| rehearsals that failed | {failed} |

A crash is `kill -9` in effect: the process ends at a named point (`onward/crashpoints.py`) without
flushing or closing anything. Each service dies at each of the {points} points in every seed.
How the promises are checked: `tests/chaos/promises.py`.
"""


@dataclass(slots=True)
class Tally:
    """What rehearsals of one kind came to."""

    times: int = 0
    handoffs: int = 0
    kills: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Record:
    """What a campaign has played so far."""

    tallies: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    counted: Counted | None = None
    since: float = field(default_factory=time.monotonic)

    def add(self, what: str, counted: Counted, *, handoffs: int, kills: int) -> None:
        """Note a rehearsal that went well."""
        now = time.monotonic()
        tally = self.tallies[what]
        tally.times += 1
        tally.handoffs += handoffs
        tally.kills += kills
        tally.seconds += now - self.since
        self.since, self.counted = now, counted

    def write(self, *, failed: int, points: int, rabbit: str, postgres: str) -> None:
        """Write the page; with failures the totals are those of the last rehearsal that held."""
        if self.counted is None:
            return
        rows = [
            f"| {what} | {tally.times} | {tally.handoffs:,} | {tally.kills:,} | {tally.seconds:.0f} |"
            for what, tally in self.tallies.items()
        ]
        PLACE.write_text(
            PAGE.format(
                day=time.strftime("%d %B %Y", time.gmtime()),
                cores=os.cpu_count(),
                load=os.getloadavg()[2],
                system=platform.system(),
                python=platform.python_version(),
                rabbit=rabbit,
                postgres=postgres,
                rows="\n".join(rows),
                events=self.counted.events,
                deliveries=self.counted.deliveries,
                lost=self.counted.lost,
                doubled=self.counted.doubled,
                disordered=self.counted.disordered,
                leaves=self.counted.leaves,
                parked=self.counted.parked,
                failed=failed,
                points=points,
            )
        )
