"""Keep accounts: workers, their sessions, partners' systems, and how often somebody tried to get in."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from onward.errors import NotFoundError, StaleVersionError
from services.directory.domain.accounts import PartnerSystem, SignIn, Worker
from services.directory.storage.account_tables import (
    attempts,
    partner_systems,
    sign_ins,
    used_assertions,
    workers,
)
from services.directory.storage.reading import columns, read_all, read_first

_WORKER = columns(workers, Worker)
_SYSTEM = columns(partner_systems, PartnerSystem)
_SIGN_IN = columns(sign_ins, SignIn)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How often a key was tried since its window began."""

    count: int
    since: datetime


class Accounts:
    """Workers and systems by name."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def add_worker(self, worker: Worker, password_hash: str, *, at: datetime) -> bool:
        """Write a new worker; tell whether the username was free."""
        insert = pg.insert(workers).values(
            **asdict(worker), password_hash=password_hash, changed_at=at
        )
        made = insert.on_conflict_do_nothing(index_elements=["username"]).returning(workers.c.id)
        return self._connection.execute(made).first() is not None

    def change_worker(self, worker: Worker, *, at: datetime) -> None:
        """Write a newer version over the one before."""
        self._connection.execute(
            sa.update(workers).filter_by(id=worker.id).values(**asdict(worker), changed_at=at)
        )

    def set_password(self, worker_id: UUID, password_hash: str) -> None:
        """Keep another digest of a worker's password."""
        self._connection.execute(
            sa.update(workers).filter_by(id=worker_id).values(password_hash=password_hash)
        )

    def worker_named(self, username: str) -> tuple[str, Worker] | None:
        """Return the digest of the password of *username*, and the worker who has it."""
        wanted = sa.select(*_WORKER, workers.c.password_hash).filter_by(username=username)
        row = self._connection.execute(wanted).mappings().first()
        if row is None:
            return None
        values = dict(row)
        return values.pop("password_hash"), Worker(**values)

    def worker(self, worker_id: UUID) -> Worker:
        """Return a worker. Raises `NotFoundError`."""
        wanted = sa.select(*_WORKER).filter_by(id=worker_id)
        found = read_first(self._connection, wanted, Worker)
        if found is None:
            raise NotFoundError("worker")
        return found

    def lock_worker(self, worker_id: UUID, version: int) -> Worker:
        """Return a worker to be changed. Raises `NotFoundError` or `StaleVersionError`."""
        wanted = sa.select(*_WORKER).filter_by(id=worker_id).with_for_update()
        found = read_first(self._connection, wanted, Worker)
        if found is None:
            raise NotFoundError("worker")
        if found.version != version:
            raise StaleVersionError(found.version)
        return found

    def workers(
        self, *, organisation: UUID | None, after: str | None, limit: int
    ) -> Sequence[Worker]:
        """Return workers by username, from behind *after* on; of one organisation, or of all."""
        wanted = sa.select(*_WORKER).order_by(workers.c.username).limit(limit)
        if organisation:
            wanted = wanted.filter_by(organisation_id=organisation)
        if after:
            wanted = wanted.where(workers.c.username > after)
        return read_all(self._connection, wanted, Worker)

    def begin(self, sign_in: SignIn, *, at: datetime) -> None:
        """Note that a session has begun."""
        self._connection.execute(sa.insert(sign_ins).values(**asdict(sign_in), started_at=at))

    def end(self, session_id: UUID, *, at: datetime) -> SignIn | None:
        """Note that a session is over; return it, or None when it was over before."""
        wanted = sa.update(sign_ins).where(
            sign_ins.c.session_id == session_id, sign_ins.c.ended_at.is_(None)
        )
        ended = wanted.values(ended_at=at).returning(*_SIGN_IN)
        return read_first(self._connection, ended, SignIn)

    def end_all(self, *, at: datetime, **whose: UUID) -> list[SignIn]:
        """Note that every session of a worker or an organisation (by its column) is over.

        Return those that were not before.
        """
        wanted = sa.update(sign_ins).filter_by(**whose).where(sign_ins.c.ended_at.is_(None))
        ended = wanted.values(ended_at=at).returning(*_SIGN_IN)
        return read_all(self._connection, ended, SignIn)

    def has_open_systems(self, organisation_id: UUID) -> bool:
        """Tell whether the organisation has a system that is not closed."""
        found = sa.select(partner_systems.c.client_id).filter_by(
            organisation_id=organisation_id, active=True
        )
        return self._connection.execute(found).first() is not None

    def systems_of(self, organisations: Collection[UUID]) -> list[PartnerSystem]:
        """Return every system of some organisations, closed ones too."""
        wanted = sa.select(*_SYSTEM).where(partner_systems.c.organisation_id.in_(organisations))
        return read_all(
            self._connection, wanted.order_by(partner_systems.c.client_id), PartnerSystem
        )

    def closed_among(self, client_ids: Collection[str]) -> list[PartnerSystem]:
        """Return those of some systems that are shut out."""
        wanted = sa.select(*_SYSTEM).where(
            partner_systems.c.client_id.in_(client_ids), ~partner_systems.c.active
        )
        return read_all(
            self._connection, wanted.order_by(partner_systems.c.client_id), PartnerSystem
        )

    def add_system(self, system: PartnerSystem, *, at: datetime) -> bool:
        """Write a new system; tell whether its id was free."""
        insert = pg.insert(partner_systems).values(**asdict(system), changed_at=at)
        made = insert.on_conflict_do_nothing().returning(partner_systems.c.client_id)
        return self._connection.execute(made).first() is not None

    def change_system(self, system: PartnerSystem, *, at: datetime) -> None:
        """Write a system anew."""
        self._connection.execute(
            sa.update(partner_systems)
            .filter_by(client_id=system.client_id)
            .values(**asdict(system), changed_at=at)
        )

    def system(self, client_id: str) -> PartnerSystem | None:
        """Return a system, or None."""
        wanted = sa.select(*_SYSTEM).filter_by(client_id=client_id)
        return read_first(self._connection, wanted, PartnerSystem)

    def lock_system(self, client_id: str) -> PartnerSystem:
        """Return a system to be changed. Raises `NotFoundError`."""
        wanted = sa.select(*_SYSTEM).filter_by(client_id=client_id).with_for_update()
        found = read_first(self._connection, wanted, PartnerSystem)
        if found is None:
            raise NotFoundError("partner system")
        return found

    def systems(self, *, after: str | None, limit: int) -> Sequence[PartnerSystem]:
        """Return systems by id, from behind *after* on."""
        wanted = sa.select(*_SYSTEM).order_by(partner_systems.c.client_id).limit(limit)
        if after:
            wanted = wanted.where(partner_systems.c.client_id > after)
        return read_all(self._connection, wanted, PartnerSystem)

    def use_assertion(self, client_id: str, jti: str, *, expires_at: datetime) -> bool:
        """Note that a signed assertion was used; tell whether this was the first time."""
        insert = pg.insert(used_assertions).values(
            client_id=client_id, jti=jti, expires_at=expires_at
        )
        made = insert.on_conflict_do_nothing().returning(used_assertions.c.jti)
        return self._connection.execute(made).first() is not None

    def try_once(self, key: bytes, *, at: datetime, window_began: datetime) -> Tried:
        """Count one more try of *key*; a window that began before *window_began* starts anew."""
        insert = pg.insert(attempts).values(key=key, count=1, since=at)
        over = attempts.c.since < window_began
        counted = insert.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "count": sa.case((over, 1), else_=attempts.c["count"] + 1),
                "since": sa.case((over, at), else_=attempts.c.since),
            },
        )
        counts = counted.returning(attempts.c["count"], attempts.c.since)
        return Tried(**self._connection.execute(counts).mappings().one())

    def forgive(self, key: bytes) -> None:
        """Forget the tries of *key*."""
        self._connection.execute(sa.delete(attempts).filter_by(key=key))

    def take_back(self, key: bytes) -> None:
        """Do not count the last try of *key* after all."""
        fewer = sa.func.greatest(attempts.c["count"] - 1, 0)
        self._connection.execute(sa.update(attempts).filter_by(key=key).values(count=fewer))

    def forget(self, *, before: datetime, sessions_before: datetime) -> None:
        """Remove what no longer matters: old tries, expired assertions, sessions long over."""
        self._connection.execute(sa.delete(attempts).where(attempts.c.since < before))
        expired = used_assertions.c.expires_at < before
        self._connection.execute(sa.delete(used_assertions).where(expired))
        over = sign_ins.c.ends_at < sessions_before
        self._connection.execute(sa.delete(sign_ins).where(over))
