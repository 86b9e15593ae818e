"""The delivery promises, checked in the services' own databases once the dust has settled.

I1 nothing accepted is lost. I2 nothing has its effect twice. I3 each line keeps its order. I4 the audit log
holds every event once and proves it.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from onward import tables
from onward.embedded_folder import SETTINGS_FILE
from onward.topology import HEARS
from services.audit.storage import tables as audit
from tests.support.platforms import Platform
from tests.support.waiting import eventually

SETTLED_SECONDS = 120.0

Line = tuple[str, str, UUID]


class Told(NamedTuple):
    """One event, as its teller's outbox has it."""

    id: UUID
    line: Line
    sequence: int
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What was found, for the record."""

    events: int
    """Told by any service."""
    deliveries: int
    """Owed to the services that hear them."""
    leaves: int
    parked: int
    lost: int
    """Deliveries that had no effect."""
    doubled: int
    """Events with more than one leaf."""
    disordered: int
    """Leaves before that of their predecessor in the line."""


class Records:
    """The four databases, read as their owners."""

    def __init__(self, platform: Platform) -> None:
        environ = platform.environ
        if platform.data:
            environ = json.loads((platform.data / SETTINGS_FILE).read_text())
        self._engines = {
            name: sa.create_engine(
                environ[f"ONWARD_{name.upper()}_OWNER_DATABASE_URL"], poolclass=sa.pool.NullPool
            )
            for name in HEARS
        }

    def rows(self, service: str, query: sa.Select[Any]) -> list[Any]:
        """Return what *query* finds in the database of *service*."""
        with self._engines[service].connect() as connection:
            return list(connection.execute(query))

    def outbox(self, service: str) -> list[Told]:
        """Return everything *service* told, in its order."""
        box = tables.outbox.c
        query = sa.select(box.id, box.stream, box.subject, box.sequence, box.key)
        return [
            Told(row.id, (service, row.stream, row.subject), row.sequence, row.key)
            for row in self.rows(service, query.order_by(box.position))
        ]

    def unsent(self) -> int:
        """Return how many events no broker has confirmed."""
        query = sa.select(tables.outbox.c.id).where(tables.outbox.c.sent_at.is_(None))
        return sum(len(self.rows(service, query)) for service in HEARS)

    def parked(self, service: str) -> list[Any]:
        """Return what *service* could not handle, decided or not."""
        row = tables.parked.c
        open_ = row.status.in_(("waiting", "retrying", "parked"))
        return self.rows(service, sa.select(row.event_id, row.code, row.status).where(open_))

    def handled(self, service: str) -> set[UUID]:
        """Return the events that had their effect in *service*."""
        return {row.event_id for row in self.rows(service, sa.select(tables.inbox.c.event_id))}

    def leaves(self) -> list[Any]:
        """Return the audit log, in its order."""
        leaf = audit.leaves.c
        query = sa.select(leaf.event_id, leaf.hash).order_by(leaf.number)
        return self.rows("audit", query)


class Promises:
    """Everything that was told on a platform, and what became of it."""

    def __init__(self, platform: Platform) -> None:
        self.records = Records(platform)
        self.poisoned: Counter[str] = Counter()
        """How many messages each service has to have parked."""

    def hold(self) -> Counted:
        """Wait until nothing is under way and see every promise kept."""
        self.settle()
        self._nothing_but_rubbish_is_parked()
        self._lines_are_whole()
        self._the_log_is_proved()
        counted = self._count()
        assert (counted.lost, counted.doubled, counted.disordered) == (0, 0, 0), counted
        return counted

    def settle(self, within: float = SETTLED_SECONDS) -> None:
        """Wait until nothing is under way."""
        eventually(self._settled, within=within, why="everything told is handled")

    def _count(self) -> Counted:
        leaves = [leaf.event_id for leaf in self.records.leaves()]
        owed = {service: self._expected(service) for service in HEARS}
        return Counted(
            events=len(self.told),
            deliveries=sum(map(len, owed.values())),
            leaves=len(leaves),
            parked=sum(len(self.records.parked(service)) for service in HEARS),
            lost=sum(len(owed[service] - self.records.handled(service)) for service in HEARS),
            doubled=len(leaves) - len(set(leaves)),
            disordered=self._disordered(leaves),
        )

    def _disordered(self, leaves: Sequence[UUID]) -> int:
        by_id = {event.id: event for event in self.told}
        reached: Counter[Line] = Counter()
        wrong = 0
        for event in (by_id[leaf] for leaf in leaves if leaf in by_id):
            wrong += event.sequence != reached[event.line] + 1
            reached[event.line] = event.sequence
        return wrong

    @cached_property
    def told(self) -> list[Told]:
        """Every event of every service."""
        return [event for service in HEARS for event in self.records.outbox(service)]

    def _settled(self) -> bool:
        self.__dict__.pop("told", None)
        assert self.records.unsent() == 0
        for service in HEARS:
            missing = self._expected(service) - self.records.handled(service)
            assert not missing, f"{service} has not handled {len(missing)} events"
        return True

    def _expected(self, service: str) -> set[UUID]:
        streams = HEARS[service]
        return {event.id for event in self.told if streams == ("#",) or event.line[1] in streams}

    def _nothing_but_rubbish_is_parked(self) -> None:
        for service in HEARS:
            assert self.records.handled(service) >= self._expected(service), service
            parked = self.records.parked(service)
            assert len(parked) == self.poisoned[service], (service, parked)

    def _lines_are_whole(self) -> None:
        numbers: dict[Line, list[int]] = defaultdict(list)
        for event in self.told:
            numbers[event.line].append(event.sequence)
        for line, found in numbers.items():
            assert found == list(range(1, len(found) + 1)), line

    def _the_log_is_proved(self) -> None:
        (tree,) = self.records.rows("audit", sa.select(audit.tree))
        signed = self.records.rows("audit", sa.select(audit.checkpoints))
        leaves = self.records.leaves()  # last: what is told meanwhile only adds to them
        hashes = [leaf.hash for leaf in leaves]
        for checkpoint in signed:
            assert merkle_root(hashes[: checkpoint.size]) == checkpoint.root
        assert len(hashes) >= tree.size >= len(self.told)
        assert {event.id for event in self.told} <= {leaf.event_id for leaf in leaves}

    def journey(self, referral: UUID | str) -> list[str]:
        """Return the names of what the referral service told about one referral, in order."""
        return [
            event.key.split(".")[1]
            for event in self.records.outbox("referral")
            if event.line[1:] == ("referral", UUID(str(referral)))
        ]

    def places(self, handoff: UUID | str) -> list[str]:
        """Return the names of what the directory told about one handoff's place, in order."""
        return [
            event.key.split(".")[1]
            for event in self.records.outbox("directory")
            if event.line[1:] == ("directory", UUID(str(handoff)))
        ]


def merkle_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes, as RFC 6962 defines it in 2.1."""
    if len(hashes) < 2:
        return hashes[0] if hashes else hashlib.sha256().digest()
    split = 1 << (len(hashes) - 1).bit_length() - 1
    left, right = merkle_root(hashes[:split]), merkle_root(hashes[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()
