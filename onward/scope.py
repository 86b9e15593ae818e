"""Tell PostgreSQL on whose behalf a transaction reads and writes: what its row-level security goes by.

Policies compare a row's organisations with the setting ``onward.organisation``. A transaction that has not
said sees and changes nothing. What is said travels with BEGIN and ends with the transaction (ADR 0022).
"""

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from onward.wire import Wire

PLATFORM: Final = "*"
"""Every row: for what the platform does by itself, and what a rule lets somebody do beyond their own rows."""
_SAY: Final = "SET LOCAL onward.organisation = %s"


def act_as_platform(connection: sa.Connection) -> None:
    """Let this transaction see and change every row from here on."""
    _say(connection, PLATFORM)


def act_for(connection: sa.Connection, organisation: UUID | None) -> None:
    """Let this transaction see and change *organisation*'s rows only; none where there is none."""
    _say(connection, str(organisation) if organisation else "")


def _say(connection: sa.Connection, whom: str) -> None:
    wire: object = connection.connection.dbapi_connection
    if isinstance(wire, Wire):
        wire.later(_SAY, (whom,))
    else:
        connection.exec_driver_sql(_SAY, (whom,))
