"""Keep what the directory tells: organisations, services, agreements, and who has which place."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from onward import rows
from onward.planned import planned
from services.referral.domain.routing import Agreement, Service
from services.referral.domain.timing import Policy
from services.referral.storage.tables import agreements, claims, organisations, services

_POLICY: Final = tuple(field.name for field in fields(Policy))

_SERVICE: Final = planned(sa.select(services).where(services.c.id == sa.bindparam("wanted")))
_OFFERED: Final = planned(
    sa.select(services, agreements)
    .join_from(
        services,
        agreements,
        sa.and_(
            agreements.c.from_organisation == sa.bindparam("sender"),
            agreements.c.to_organisation == services.c.recipient,
        ),
        isouter=True,
    )
    .where(services.c.id == sa.bindparam("wanted"))
    .order_by(agreements.c.id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """An organisation as the directory last published it."""

    id: UUID
    name: str
    kind: str
    active: bool
    phone: str | None = None
    sandbox: UUID | None = None
    """What it was made up for; None for a real one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A service, and what a sender has agreed with its recipient, whenever that holds."""

    service: Service
    agreements: Sequence[Agreement]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the place ledger last said about a handoff's place."""

    handoff_id: UUID
    state: str
    """``held``, ``queued``, ``taken``, ``released`` or ``refused``."""
    place_id: UUID | None = None
    position: int | None = None
    code: str | None = None
    changed_at: datetime


_CLAIM: Final = tuple(field.name for field in fields(Claim))


class Copies:
    """Local copies of what another service owns."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def keep_organisations(self, published: Sequence[Organisation]) -> None:
        """Write organisations as they are now."""
        self._keep(organisations, [asdict(one) for one in published])

    def keep_services(self, published: Sequence[Service]) -> None:
        """Write services as they are now."""
        self._keep(services, [_service_row(one) for one in published])

    def keep_agreements(self, published: Sequence[Agreement]) -> None:
        """Write agreements as they are now."""
        self._keep(agreements, [asdict(one) for one in published])

    def keep_claims(self, said: Sequence[Claim]) -> None:
        """Write what the ledger says now."""
        self._keep(claims, [{name: getattr(one, name) for name in _CLAIM} for one in said])

    def service(self, service_id: UUID) -> Service | None:
        """Return one service, or None."""
        row = self._connection.execute(_SERVICE, {"wanted": service_id}).first()
        return _service(row) if row else None

    def offered(self, service_id: UUID, sender: UUID) -> Offered | None:
        """Return one service, or None, and the agreements that may open *sender*'s way to it."""
        asked = {"wanted": service_id, "sender": sender}
        found = [tuple(row) for row in self._connection.execute(_OFFERED, asked)]
        if not found:
            return None
        width = len(services.c)
        there = [row[width:] for row in found if row[width] is not None]
        return Offered(service=_service(found[0]), agreements=[_agreement(row) for row in there])

    def active_services(self) -> list[Service]:
        """Return every real service that takes referrals, by name."""
        made_up = sa.select(organisations.c.id).where(organisations.c.sandbox.is_not(None))
        wanted = sa.select(services).filter_by(status="active").order_by(services.c.name)
        wanted = wanted.where(services.c.recipient.not_in(made_up))
        return [_service(row) for row in self._connection.execute(wanted)]

    def agreement(self, agreement_id: UUID) -> Agreement | None:
        """Return one agreement, or None."""
        wanted = sa.select(agreements).filter_by(id=agreement_id)
        row = self._connection.execute(wanted).first()
        return _agreement(row) if row else None

    def agreements_from(self, sender: UUID) -> list[Agreement]:
        """Return the agreements of one organisation with any other."""
        wanted = sa.select(agreements).filter_by(from_organisation=sender).order_by("id")
        return [_agreement(row) for row in self._connection.execute(wanted)]

    def names(self, ids: Iterable[UUID]) -> dict[UUID, str]:
        """Return the names of those organisations and services of *ids* that we have heard of."""
        wanted = list(set(ids))
        both = sa.union_all(
            sa.select(organisations.c.id, organisations.c.name).where(
                organisations.c.id.in_(wanted)
            ),
            sa.select(services.c.id, services.c.name).where(services.c.id.in_(wanted)),
        )
        return {row.id: row.name for row in self._connection.execute(both)}

    def phones(self, ids: Iterable[UUID]) -> dict[UUID, str]:
        """Return the public numbers of those organisations of *ids* that have one."""
        wanted = sa.select(organisations.c.id, organisations.c.phone).where(
            organisations.c.id.in_(list(set(ids))), organisations.c.phone.is_not(None)
        )
        return {row.id: row.phone for row in self._connection.execute(wanted)}

    def kind(self, organisation: UUID) -> str | None:
        """Return what kind of organisation it is, or None where we have not heard of it yet."""
        return self._connection.scalar(
            sa.select(organisations.c.kind).where(organisations.c.id == organisation)
        )

    def is_made_up(self, organisation: UUID) -> bool:
        """Tell whether an organisation is a sandbox's: so are the people it refers."""
        wanted = sa.select(organisations.c.sandbox).where(organisations.c.id == organisation)
        return self._connection.scalar(wanted) is not None

    def are_apart(self, one: UUID, other: UUID) -> bool:
        """Tell whether two organisations are in different sandboxes, or only one of them is in any."""
        wanted = sa.select(organisations.c.id, organisations.c.sandbox).where(
            organisations.c.id.in_([one, other])
        )
        inside = {row.id: row.sandbox for row in self._connection.execute(wanted)}
        return inside.get(one) != inside.get(other)

    def claims(self, handoff_ids: Iterable[UUID]) -> dict[UUID, Claim]:
        """Return what the ledger said about each of *handoff_ids* it said anything about."""
        wanted = sa.select(claims).where(claims.c.handoff_id.in_(list(handoff_ids)))
        return {row.handoff_id: _claim(row) for row in self._connection.execute(wanted)}

    def _keep(self, table: sa.Table, published: list[dict[str, Any]]) -> None:
        rows.keep(self._connection, table, published)


def _service_row(service: Service) -> dict[str, Any]:
    row = asdict(service)
    policy: dict[str, Any] = row.pop("policy")
    return row | policy


def _service(row: Sequence[Any]) -> Service:
    """Return the service whose columns *row* begins with."""
    values = dict(zip(services.c.keys(), row, strict=False))
    policy = Policy(**{name: values.pop(name) for name in _POLICY})
    return Service(**values, policy=policy)


def _agreement(row: Sequence[Any]) -> Agreement:
    return Agreement(**dict(zip(agreements.c.keys(), row, strict=True)))


def _claim(row: sa.Row[Any]) -> Claim:
    return Claim(**row._mapping)  # noqa: SLF001
