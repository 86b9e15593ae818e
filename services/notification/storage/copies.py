"""What the directory has told of: organisations, services, and who watches over the audit log."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from onward.contracts.directory import OrganisationPublished, ServicePublished
from services.notification.storage import tables

_ORGANISATIONS = sa.text(
    """
    INSERT INTO organisations (id, name, active, mailbox)
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:names AS text[]), CAST(:active AS bool[]),
                         CAST(:mailboxes AS text[]))
    ON CONFLICT (id) DO UPDATE
    SET name = excluded.name, active = excluded.active, mailbox = excluded.mailbox
    """
)
_SERVICES = sa.text(
    """
    INSERT INTO services (id, name, recipient, mailbox)
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:names AS text[]), CAST(:recipients AS uuid[]),
                         CAST(:mailboxes AS text[]))
    ON CONFLICT (id) DO UPDATE
    SET name = excluded.name, recipient = excluded.recipient, mailbox = excluded.mailbox
    """
)
_WATCHERS = sa.text(
    """
    INSERT INTO watchers (organisation, seen_at)
    SELECT id, :now FROM unnest(CAST(:ids AS uuid[])) AS watcher (id)
    ON CONFLICT (organisation) DO UPDATE SET seen_at = excluded.seen_at
    """
)


class Copies:
    """Copies of the directory's entries; each event carries a whole entry, the newest one counts."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def keep_organisations(self, published: Sequence[OrganisationPublished]) -> None:
        """Remember the organisations, each given once."""
        self._connection.execute(
            _ORGANISATIONS,
            {
                "ids": [str(entry.organisation_id) for entry in published],
                "names": [entry.name for entry in published],
                "active": [entry.active for entry in published],
                "mailboxes": [entry.mailbox for entry in published],
            },
        )

    def keep_services(self, published: Sequence[ServicePublished]) -> None:
        """Remember the services, each given once."""
        self._connection.execute(
            _SERVICES,
            {
                "ids": [str(entry.service_id) for entry in published],
                "names": [entry.name for entry in published],
                "recipients": [str(entry.recipient) for entry in published],
                "mailboxes": [entry.mailbox for entry in published],
            },
        )

    def keep_watchers(self, organisations: Sequence[UUID], now: datetime) -> None:
        """Remember organisations whose auditors or operators are there to hear an alarm."""
        ids = [str(id_) for id_ in sorted(set(organisations))]
        self._connection.execute(_WATCHERS, {"ids": ids, "now": now})

    def open_queues(self, organisations: Sequence[UUID], now: datetime) -> None:
        """Tell the systems of these organisations on their queues from now on."""
        rows = [{"organisation": id_, "opened_at": now} for id_ in organisations]
        insert = pg.insert(tables.partner_queues).values(rows)
        self._connection.execute(insert.on_conflict_do_nothing())

    def close_queues(self, organisations: Sequence[UUID]) -> None:
        """Tell them there no longer."""
        queues = tables.partner_queues
        closed = sa.delete(queues).where(queues.c.organisation.in_(organisations))
        self._connection.execute(closed)

    def provider(self, service_id: UUID) -> UUID | None:
        """Return the organisation that answers for the service, None while the directory has not told."""
        services = tables.services
        return self._connection.scalar(
            sa.select(services.c.recipient).where(services.c.id == service_id)
        )

    def organisations(self) -> list[UUID]:
        """Return every organisation."""
        return list(self._connection.scalars(sa.select(tables.organisations.c.id)))

    def watchers(self) -> list[UUID]:
        """Return the organisations that hear an alarm outside the application too."""
        return list(self._connection.scalars(sa.select(tables.watchers.c.organisation)))

    def mailbox(self, organisation: UUID, service_id: UUID | None = None) -> str | None:
        """Return the mailbox the directory has for *organisation*: the service's, where it is its own."""
        known, services = tables.organisations, tables.services
        own = sa.and_(services.c.id == service_id, services.c.recipient == known.c.id)
        wanted = sa.select(sa.func.coalesce(services.c.mailbox, known.c.mailbox))
        joined = wanted.select_from(known).outerjoin(services, own)
        found: str | None = self._connection.scalar(
            joined.where(known.c.id == organisation, known.c.active)
        )
        return found

    def service_names(self, ids: Collection[UUID]) -> dict[UUID, str]:
        """Return the names of those of *ids* that the directory has told of."""
        services = tables.services
        wanted = sa.select(services.c.id, services.c.name).where(services.c.id.in_(ids))
        return {row.id: row.name for row in self._connection.execute(wanted)}

    def services_of(self, organisation: UUID) -> list[tuple[UUID, str]]:
        """Return the services that *organisation* answers for, by name."""
        services = tables.services
        wanted = sa.select(services.c.id, services.c.name).where(
            services.c.recipient == organisation
        )
        ordered = wanted.order_by(services.c.name, services.c.id)
        return [(row.id, row.name) for row in self._connection.execute(ordered)]
