"""Webhook endpoints and their sealed secrets."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from onward.planned import later, planned
from services.notification.domain.endpoints import Endpoint, EndpointStatus
from services.notification.storage import tables

_t = tables.endpoints
_FIELDS = [field.name for field in fields(Endpoint)]
_COLUMNS = [_t.c[name] for name in _FIELDS]
SEALED = (*_FIELDS, "secret", "old_secret")
"""What `sealed_of` reads."""
_SENT_TO = _t.c.url.not_like("pull:%")
_ALIVE = _t.c.status != EndpointStatus.DELETED.value

_ASKED = sa.bindparam("asked", type_=sa.Uuid)
_SECRETS = planned(
    sa.select(*(_t.c[name] for name in SEALED)).where(
        _t.c.id == _ASKED, _t.c.status == EndpointStatus.ENABLED.value
    )
)
_LOCK = planned(sa.select(_t.c.id).where(_t.c.id == _ASKED).with_for_update(key_share=True))
_WELL = sa.text("UPDATE endpoints SET failures = 0 WHERE id = :asked AND failures > 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """The sealed secrets of one endpoint."""

    current: bytes
    old: bytes | None
    """Signs too until the endpoint's `old_signs_until`."""


class Endpoints:
    """Where partners' systems are told."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def add(self, endpoint: Endpoint, *, secret: bytes) -> None:
        """Store a new endpoint with its sealed *secret*; a second one with its URL breaks a unique index."""
        values = {field.name: getattr(endpoint, field.name) for field in fields(Endpoint)}
        values |= {"events": list(endpoint.events), "status": endpoint.status.value}
        self._connection.execute(sa.insert(_t).values(**values, secret=secret))

    def of(self, organisation: UUID) -> list[Endpoint]:
        """Return the organisation's endpoints, oldest first."""
        mine = sa.select(*_COLUMNS).where(_t.c.organisation == organisation, _ALIVE)
        rows = self._connection.execute(mine.order_by(_t.c.created_at, _t.c.id)).mappings()
        return [_endpoint(row) for row in rows]

    def lock_all(self, organisation: UUID) -> None:
        """Let nobody else add an endpoint to *organisation* until commit."""
        self._connection.execute(
            sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"endpoints {organisation}")))
        )

    def lock(self, id_: UUID) -> None:
        """Let nobody switch the endpoint on or off until commit; new messages to it may still be made."""
        later(self._connection, _LOCK, {"asked": id_})

    def one(self, id_: UUID, *, organisation: UUID, lock: bool = False) -> Endpoint | None:
        """Return the endpoint if it is the organisation's, locked until commit where asked."""
        wanted = sa.select(*_COLUMNS).where(_t.c.id == id_, _t.c.organisation == organisation)
        found = wanted.where(_ALIVE)
        row = self._connection.execute(found.with_for_update() if lock else found).mappings()
        first = row.first()
        return None if first is None else _endpoint(first)

    def secrets(self, id_: UUID) -> tuple[Endpoint, Secrets] | None:
        """Return an enabled endpoint with what its messages are signed with."""
        row = self._connection.execute(_SECRETS, {"asked": id_}).mappings().first()
        return None if row is None else sealed_of(row)

    def rotate(self, id_: UUID, *, secret: bytes, now: datetime) -> None:
        """Sign with *secret* from now on, and for a while with the one before too."""
        self._set(id_, old_secret=_t.c.secret, secret=secret, rotated_at=now)

    def enable(self, id_: UUID) -> None:
        """Send to it again."""
        self._set(id_, status=EndpointStatus.ENABLED.value, disabled_code=None, failures=0)

    def disable(self, id_: UUID, *, code: str) -> None:
        """Send nothing to it any more, because of *code*."""
        self._set(id_, status=EndpointStatus.DISABLED.value, disabled_code=code)

    def delete(self, id_: UUID) -> None:
        """Forget its secrets; its delivery log stays."""
        self._set(id_, status=EndpointStatus.DELETED.value, secret=None, old_secret=None)

    def count_failure(self, id_: UUID, *, attempt: int) -> int | None:
        """Count that the *attempt*-th attempt at a message failed; return how many did so in a row.

        None where as many have failed before: other messages, tried as often or less, add nothing. None
        also where its owner asks for what waits: they see it fail.
        """
        more = sa.update(_t).where(_t.c.id == id_, _t.c.failures < attempt)
        failures = sa.case((_SENT_TO, _t.c.failures))
        counted = more.values(failures=_t.c.failures + 1).returning(failures)
        failed: int | None = self._connection.execute(counted).scalar_one_or_none()
        return failed

    def well(self, id_: UUID) -> None:
        """Start counting failures again at nought."""
        later(self._connection, _WELL, {"asked": id_})

    def _set(self, id_: UUID, **values: Any) -> None:
        self._connection.execute(sa.update(_t).where(_t.c.id == id_).values(**values))


def sealed_of(row: sa.RowMapping | Mapping[str, Any]) -> tuple[Endpoint, Secrets]:
    """Return the endpoint that *row*, a mapping of `SEALED`, tells of, and its secrets."""
    old = bytes(row["old_secret"]) if row["old_secret"] else None
    own = {name: row[name] for name in _FIELDS}
    return _endpoint(own), Secrets(current=bytes(row["secret"]), old=old)


def _endpoint(row: Any) -> Endpoint:
    known = {"events": tuple(row["events"]), "status": EndpointStatus(row["status"])}
    return Endpoint(**{**row, **known})
