"""Remember which partners' systems may act, and for whom, as the directory tells it."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from onward import tables
from onward.contracts.directory import AccountChanged
from onward.database import UnitOfWork
from onward.envelope import Envelope

PREFIX: Final = "system:"
"""Begins the principal of a system; the client id follows, which is its user name on the broker too."""
CLOSED: Final = "closed"
_t = tables.known_systems


def remember_systems(uow: UnitOfWork[Any], envelopes: Sequence[Envelope]) -> None:
    """Handle `AccountChanged`: let the systems that were opened in, and the closed ones no more."""
    for envelope in envelopes:
        if isinstance(event := envelope.event, AccountChanged):
            remember_system(uow.connection, event)


def remember_system(connection: sa.Connection, event: AccountChanged) -> None:
    """Remember one change; for the service that tells it. Those of people are passed over."""
    if not event.principal.startswith(PREFIX):
        return
    client_id = event.principal.removeprefix(PREFIX)
    if event.change == CLOSED:
        connection.execute(sa.delete(_t).where(_t.c.client_id == client_id))
        return
    insert = pg.insert(_t).values(client_id=client_id, organisation=event.organisation_id)
    connection.execute(insert.on_conflict_do_nothing())


def is_known(connection: sa.Connection, client_id: str, organisation: UUID) -> bool:
    """Tell whether the system may act for *organisation*."""
    found = sa.select(_t.c.client_id).filter_by(client_id=client_id, organisation=organisation)
    return connection.execute(found).first() is not None
