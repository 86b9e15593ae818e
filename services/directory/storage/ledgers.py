"""Keep the place ledgers: read under lock, decide elsewhere, write what has changed."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from onward import rows
from onward.planned import one_of, planned
from services.directory.domain.claims import Claim
from services.directory.domain.places import Opening, Place
from services.directory.domain.seats import Ledger
from services.directory.domain.services import ServiceStatus
from services.directory.storage.ledger_tables import claims, ledgers, place_changes, places
from services.directory.storage.reading import columns, read_all
from services.directory.storage.tables import services

_CLAIM = columns(claims, Claim)
_PLACE = columns(places, Place)
_CLAIM_FIELDS = [column.name for column in _CLAIM]
_PLACE_FIELDS = [column.name for column in _PLACE]
_KEY = ["handoff_id", "attempt"]
_LEDGERS = (
    sa.select(services.c.id, services.c.capacity_kind, services.c.status)
    .join(ledgers, ledgers.c.service_id == services.c.id)
    .where(services.c.id == one_of("services"))
)
_THERE = planned(_LEDGERS)
_LOCK = planned(_LEDGERS.order_by(services.c.id).with_for_update(of=ledgers))
_PLACES = planned(
    sa.select(places.c.service_id, *_PLACE)
    .where(places.c.service_id == one_of("services"))
    .order_by(places.c.number)
)
_OF_SERVICES = sa.select(claims.c.service_id, *_CLAIM).where(
    claims.c.service_id == one_of("services")
)
_ENDED = claims.c.ended_at.is_not(None)
# Two questions, an index for each: what ended lies in heaps of years that nobody wants to go through.
_CLAIMS = planned(
    sa.union_all(
        _OF_SERVICES.where(~_ENDED),
        _OF_SERVICES.where(_ENDED, claims.c.handoff_id == one_of("handoffs")),
    )
)


class Ledgers:
    """Ledgers by service."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def open(self, service_id: UUID) -> None:
        """Begin a ledger for a service, unless it has one."""
        self.open_all([service_id])

    def open_all(self, service_ids: Collection[UUID]) -> None:
        """Begin a ledger for each service that has none."""
        rows.complete(self._connection, ledgers, [{"service_id": id_} for id_ in service_ids])

    def lock(
        self, service_ids: Iterable[UUID], handoffs: Collection[UUID] = ()
    ) -> dict[UUID, Ledger]:
        """Return the ledgers of those services that have one, and keep others out until commit.

        Each holds its open claims, and whatever earlier claims *handoffs* had. Ledgers are locked
        in one order, so that two transactions do not wait for each other.
        """
        return self._read(_LOCK, service_ids, handoffs)

    def read(self, service_ids: Iterable[UUID]) -> dict[UUID, Ledger]:
        """Return the ledgers of those services that have one, as they stand now."""
        return self._read(_THERE, service_ids, ())

    def save(self, *changes: tuple[Ledger, Ledger], at: datetime) -> None:
        """Write what differs before and after: first what makes room, then who takes it.

        A place that shrinks is written last, when those on its last seats have moved up.
        """
        closed: list[dict[str, Any]] = []
        opened: list[dict[str, Any]] = []
        shrunk: list[tuple[UUID, Place]] = []
        for before, after in changes:
            there = {place.id: place for place in before.places}
            for place in after.places:
                earlier = there.get(place.id)
                if earlier is not None and place.seats < earlier.seats:
                    shrunk.append((after.service_id, place))
                elif earlier != place:
                    self._write_place(after.service_id, place)
                self._note_change(earlier, place, at)
            known = {claim.key: claim for claim in before.claims}
            for claim in after.claims:
                if known.get(claim.key) is not claim:
                    (opened if claim.is_open else closed).append(_row(after.service_id, claim))
        rows.keep(self._connection, claims, closed)
        rows.keep(self._connection, claims, opened)
        for service_id, place in shrunk:
            self._write_place(service_id, place)

    def close(self, service_id: UUID) -> None:
        """End a ledger without places: the service counts none any more."""
        self._connection.execute(sa.delete(ledgers).filter_by(service_id=service_id))

    def due(self, on: date, *, most: int) -> list[UUID]:
        """Return up to *most* services of which a place comes out of the pipeline on the day *on*."""
        wanted = sa.select(places.c.service_id).where(
            places.c.opening == Opening.PIPELINE, places.c.opens_on <= on
        )
        open_ones = wanted.join(services, services.c.id == places.c.service_id).where(
            services.c.status != ServiceStatus.CLOSED
        )
        return list(self._connection.scalars(open_ones.distinct().limit(most)))

    def service_of(self, place_id: UUID) -> UUID | None:
        """Return whose place it is, or None when there is none."""
        wanted = sa.select(places.c.service_id).filter_by(id=place_id)
        return self._connection.scalars(wanted).first()

    def history(self, place_id: UUID) -> list[Claim]:
        """Return everybody who had or was offered the place, the latest first."""
        wanted = sa.select(*_CLAIM).filter_by(place_id=place_id)
        latest = wanted.order_by(claims.c.held_at.desc(), *(claims.c[name] for name in _KEY))
        return read_all(self._connection, latest, Claim)

    def _read(
        self, wanted: sa.Select[Any], service_ids: Iterable[UUID], handoffs: Collection[UUID]
    ) -> dict[UUID, Ledger]:
        found = self._connection.execute(wanted, {"services": list(set(service_ids))}).all()
        if not found:
            return {}
        ids = [row.id for row in found]
        kept, made = self._places(ids), self._claims(ids, handoffs)
        return {
            row.id: Ledger.of(
                service_id=row.id,
                kind=row.capacity_kind,
                closed=row.status is ServiceStatus.CLOSED,
                places=tuple(kept[row.id]),
                claims=made[row.id],
            )
            for row in found
        }

    def _places(self, service_ids: Collection[UUID]) -> dict[UUID, list[Place]]:
        found: dict[UUID, list[Place]] = defaultdict(list)
        of = {"services": service_ids}
        for service_id, *values in self._connection.execute(_PLACES, of):
            found[service_id].append(Place(**dict(zip(_PLACE_FIELDS, values, strict=True))))
        return found

    def _claims(
        self, service_ids: Collection[UUID], handoffs: Collection[UUID]
    ) -> dict[UUID, list[Claim]]:
        found: dict[UUID, list[Claim]] = defaultdict(list)
        of = {"services": service_ids, "handoffs": list(handoffs)}
        for service_id, *values in self._connection.execute(_CLAIMS, of):
            found[service_id].append(Claim(**dict(zip(_CLAIM_FIELDS, values, strict=True))))
        return found

    def _write_place(self, service_id: UUID, place: Place) -> None:
        row = asdict(place)
        insert = pg.insert(places).values(service_id=service_id, **row)
        changed = {name: insert.excluded[name] for name in row if name not in {"id", "number"}}
        self._connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=changed))

    def _note_change(self, before: Place | None, after: Place, at: datetime) -> None:
        if before and (before.opening, before.seats) == (after.opening, after.seats):
            return
        mine = sa.select(sa.func.count()).select_from(place_changes).filter_by(place_id=after.id)
        self._connection.execute(
            sa.insert(place_changes).values(
                place_id=after.id,
                number=mine.scalar_subquery() + 1,
                at=at,
                opening=after.opening,
                seats=after.seats,
            )
        )


def _row(service_id: UUID, claim: Claim) -> dict[str, Any]:
    return {"service_id": service_id} | {name: getattr(claim, name) for name in Claim.__slots__}
